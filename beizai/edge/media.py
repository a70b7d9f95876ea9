"""The pictures of mails, as mail readers fetch them. Mounted under /media/."""

import asyncio
import re
from pathlib import Path

from beizai.base import home
from beizai.edge.http import NOT_FOUND, Answer, Receive, Scope, Send, send_answer

PREFIX = "/media/"
_KINDS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,120}\.(?:png|jpe?g|gif|webp)")
_LARGEST = 10_000_000
_KEEP = ((b"cache-control", b"public, max-age=604800"),)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the picture of this name in the uploads, or 404. Names with a folder in them are not names."""
    if scope["method"] not in ("GET", "HEAD"):
        await send_answer(
            send, Answer(405, b"Not allowed.\n", headers=((b"allow", b"GET, HEAD"),)), head=False
        )
        return
    name = str(scope["path"]).removeprefix(PREFIX)
    answer = await asyncio.to_thread(_picture, name) if _NAME.fullmatch(name) else NOT_FOUND
    await send_answer(send, answer, head=scope["method"] == "HEAD")


def _picture(name: str) -> Answer:
    path = home.current().uploads / name
    try:
        if path.is_symlink() or path.stat().st_size > _LARGEST:
            return NOT_FOUND
        return Answer(200, path.read_bytes(), _KINDS[Path(name).suffix], headers=_KEEP)
    except OSError:
        return NOT_FOUND
