"""The pictures of mails: given to anybody who has their name, and nothing else is."""

import asyncio

import pytest

from beizai.base.home import Home
from beizai.edge import media


def fetch(path: str, method: str = "GET") -> tuple[int, bytes]:
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": method, "path": path, "headers": []}
    asyncio.run(media.application(scope, receive, send))
    return int(str(sent[0]["status"])), bytes(sent[1]["body"])  # type: ignore[call-overload]


def test_a_picture_is_given_by_its_name(home: Home) -> None:
    (home.uploads / "basket.png").write_bytes(b"picture")
    assert fetch("/media/basket.png") == (200, b"picture")


@pytest.mark.parametrize(
    "path", ["/media/../keys/signing.key", "/media/none.png", "/media/a/b.png", "/media/office.db", "/media/"]
)
def test_nothing_else_is(home: Home, path: str) -> None:
    assert fetch(path)[0] == 404


def test_a_link_out_of_the_uploads_is_not_followed(home: Home) -> None:
    (home.uploads / "key.png").symlink_to(home.keys / "signing.key")
    assert fetch("/media/key.png")[0] == 404
