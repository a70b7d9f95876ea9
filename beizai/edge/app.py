"""Where the links in mails arrive: clicks, openings, unsubscribing. Mounted under /t/."""

import logging
from collections.abc import Awaitable, Callable

from django.db import Error as DatabaseError

from beizai.base.errors import Unavailable
from beizai.edge import hits, unsubscribe
from beizai.edge.http import (
    MAX_PATH,
    NOT_FOUND,
    Answer,
    Receive,
    Request,
    Scope,
    Send,
    TooLarge,
    request_of,
    send_answer,
    timely_body,
)
from beizai.edge.office import Office
from beizai.tracking.links import CLICK_PATH, OPEN_PATH, UNSUBSCRIBE_PATH

logger = logging.getLogger(__name__)
_AT_ONCE = 2_000  # requests under way; more are asked to come again
Handler = Callable[[Request, str, Office], Awaitable[Answer]]

_ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", CLICK_PATH): hits.click,
    ("HEAD", CLICK_PATH): hits.click,
    ("GET", OPEN_PATH): hits.opened,
    ("HEAD", OPEN_PATH): hits.opened,
    ("GET", UNSUBSCRIBE_PATH): unsubscribe.show,
    ("HEAD", UNSUBSCRIBE_PATH): unsubscribe.show,
    ("POST", UNSUBSCRIBE_PATH): unsubscribe.carry_out,
}
_PREFIX = len(CLICK_PATH)
_BUSY = Answer(503, b"Busy, please try again.\n", headers=((b"retry-after", b"2"),))
_TOO_LARGE = Answer(413, b"Too large.\n")


class Edge:
    """The ASGI application. One per process: it remembers the shop and the campaigns' links."""

    def __init__(self) -> None:
        self._office = Office()
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if self._under_way >= _AT_ONCE:
            await send_answer(send, _BUSY, head=False)
            return
        self._under_way += 1
        try:
            answer = await self._answer(scope, receive)
        finally:
            self._under_way -= 1
        await send_answer(send, answer, head=scope["method"] == "HEAD")

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path = scope["path"]
        handler = _ROUTES.get((scope["method"], path[:_PREFIX]))
        if handler is None or len(path) > MAX_PATH:
            return NOT_FOUND if len(path) > MAX_PATH else _not_allowed(path)
        try:
            if scope["method"] == "POST":
                await timely_body(receive)
            return await handler(request_of(scope), path[_PREFIX:], self._office)
        except TooLarge:
            return _TOO_LARGE
        except (Unavailable, DatabaseError, TimeoutError):
            logger.exception("the edge could not answer")
            return _BUSY


def _not_allowed(path: str) -> Answer:
    allowed = sorted({method for method, prefix in _ROUTES if prefix == path[:_PREFIX]})
    return (
        Answer(405, b"Not allowed.\n", headers=((b"allow", ", ".join(allowed).encode()),))
        if allowed
        else NOT_FOUND
    )


application = Edge()
