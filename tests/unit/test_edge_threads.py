"""The bridge between the server and the pages of forms: what is sent arrives whole, large answers go out in pieces."""

import asyncio
import threading

from django.conf import settings
from django.http import FileResponse, HttpResponse

from beizai.edge.threads import InThreads

SCOPE = {
    "type": "http", "method": "POST", "path": "/f/é/", "query_string": b"a=1", "client": ("192.0.2.1", 5), "server": ("s", 80),
    "headers": [(b"content-type", b"text/plain"), (b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"x-one", b"1")],
}  # fmt: skip


def asked(respond, pieces=(b"ab", b"c")):
    """Sends a request whose body comes in pieces; the environ the pages saw, and the messages that went out."""
    seen, sent, left = {}, [], [*pieces]

    def handler(environ, start):
        seen.update(environ, body=environ["wsgi.input"].read(), thread=threading.current_thread().name)
        response = respond()
        start(f"{response.status_code} OK", list(response.items()))
        return response

    async def receive():
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message):
        sent.append(message)

    asyncio.run(InThreads(handler)(SCOPE, receive, send))
    return seen, sent


def test_a_request_arrives_whole_in_a_thread():
    seen, sent = asked(lambda: HttpResponse("done", status=201))
    assert seen["body"] == b"abc"
    assert (seen["CONTENT_LENGTH"], seen["HTTP_COOKIE"], seen["HTTP_X_ONE"]) == ("3", "a=1;b=2", "1")
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/f/é/"
    assert seen["REMOTE_ADDR"] == "192.0.2.1"
    assert seen["thread"].startswith("forms")
    assert sent[0]["status"] == 201
    assert sent[1]["body"] == b"done"


def test_a_file_goes_out_in_pieces_and_is_closed(tmp_path):
    path = tmp_path / "guide.pdf"
    path.write_bytes(b"x" * 10_000)
    opened = path.open("rb")
    _seen, sent = asked(lambda: FileResponse(opened))
    assert b"".join(message.get("body", b"") for message in sent) == b"x" * 10_000
    assert len(sent) > 3
    assert opened.closed
    assert settings.configured
