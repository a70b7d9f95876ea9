"""The events API: sites and programs tell what happened, as the Segment HTTP API defines it. Mounted under /v1/."""

import asyncio
import json
import logging
from importlib.resources import files

from django.db import Error as DatabaseError

from beizai.base.errors import BeizaiError, Forbidden, Invalid, Unavailable
from beizai.edge.gate import Gate
from beizai.edge.http import NOT_FOUND, Answer, Receive, Scope, Send, send_answer
from beizai.edge.known_keys import KnownKeys
from beizai.events import calls
from beizai.events.arrivals import Told
from beizai.events.calls.request import digest, too_large
from beizai.events.keys import Known

logger = logging.getLogger(__name__)
PREFIX = "/v1/"
SCRIPT = "beizai.js"
_KIND_OF = {f"{PREFIX}{kind}": kind for kind in calls.KINDS} | {f"{PREFIX}batch": "", f"{PREFIX}import": ""}
_AT_ONCE = 2_000  # requests under way; more are asked to come again
_SECONDS = 15.0  # for a request to come in and to be durable
_DONE = b'{"success":true}'
_HEADERS = (
    (b"content-type", b"application/json"),
    (b"content-length", str(len(_DONE)).encode()),
    (b"cache-control", b"no-store"),
)
_ALLOWED = (
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"authorization, content-type, content-encoding"),
    (b"access-control-max-age", b"86400"),
)
_AGAIN = ((b"retry-after", b"2"),)
_KEPT = ((b"cache-control", b"public, max-age=3600"), (b"access-control-allow-origin", b"*"))


class Collector:
    """The ASGI application. One per process."""

    def __init__(self) -> None:
        self._keys = KnownKeys()
        self._gate = Gate()
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"")[:300]
        kind = _KIND_OF.get(scope["path"])
        if kind is None or scope["method"] != "POST":
            await send_answer(send, _aside(scope, origin, kind is not None), head=scope["method"] == "HEAD")
            return
        refusal = await self._taken(kind, headers, origin, receive)
        if refusal is not None:
            await send_answer(send, refusal, head=False)
            return
        cors = [(b"access-control-allow-origin", origin)] if origin else []
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *cors]})
        await send({"type": "http.response.body", "body": _DONE})

    async def _taken(
        self, kind: str, headers: dict[bytes, bytes], origin: bytes, receive: Receive
    ) -> Answer | None:
        """None where the request is durable, else why it is not taken."""
        if self._under_way >= _AT_ONCE:
            return _refusal(503, Unavailable("Busy.", code="busy"), origin)
        self._under_way += 1
        try:
            async with asyncio.timeout(_SECONDS):
                await self._take(kind, headers, origin, receive)
        except Invalid as error:
            return _refusal(400, error, origin)
        except Forbidden as error:
            return _refusal(403 if error.code == "origin" else 401, error, origin)
        except (Unavailable, DatabaseError, TimeoutError):
            logger.exception("events were not taken")
            return _refusal(503, Unavailable("Please try again.", code="unavailable"), origin)
        finally:
            self._under_way -= 1
        return None

    async def _take(self, kind: str, headers: dict[bytes, bytes], origin: bytes, receive: Receive) -> None:
        given = headers.get(b"authorization")
        key = await self._keys.by_header(given[:1000].decode("latin-1")) if given else None
        body = await _body(receive)
        if b"gzip" in headers.get(b"content-encoding", b""):
            body = calls.unzip(body)
        heads = calls.heads(body, single=bool(kind))
        if key is None:
            key = await self._keys.by_text(heads.write_key or "")
        _heeds(key, origin)
        source = key.source_id
        told = Told(key.key_id, source, key.in_browser, self._keys.now(), kind, body)
        await self._gate.take(told, [digest(source, one) for one in heads.message_ids if one])


def _heeds(key: Known, origin: bytes) -> None:
    if not origin:
        return
    if not key.in_browser:
        raise Forbidden("This key is for programs, not for pages.", code="origin")
    if not key.heeds(origin.decode("latin-1").casefold()):
        raise Forbidden("This key is not heeded from this site.", code="origin")


async def _body(receive: Receive) -> bytes:
    """The whole body; Invalid past 500 kB."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > calls.REQUEST_BYTES:
            raise too_large()
        return body
    gathered = bytearray(body)
    while message.get("more_body"):
        message = await receive()
        gathered += message.get("body", b"")
        if len(gathered) > calls.REQUEST_BYTES:
            raise too_large()
    if message["type"] == "http.disconnect":
        raise Invalid("The request broke off.", code="invalid_json")
    return bytes(gathered)


def _aside(scope: Scope, origin: bytes, is_call: bool) -> Answer:
    """What is no call: a browser asking whether it may, the script for pages, anything else."""
    if scope["path"] == PREFIX + SCRIPT and scope["method"] in ("GET", "HEAD"):
        return Answer(200, _script(), "text/javascript; charset=utf-8", headers=_KEPT)
    if not is_call:
        return NOT_FOUND
    if scope["method"] == "OPTIONS":
        return Answer(204, headers=((b"access-control-allow-origin", origin or b"*"), *_ALLOWED))
    return Answer(405, b"Not allowed.\n", headers=((b"allow", b"OPTIONS, POST"),))


def _script() -> bytes:
    return files("beizai.edge").joinpath(SCRIPT).read_bytes()


def _refusal(status: int, error: BeizaiError, origin: bytes) -> Answer:
    told = {"success": False, "code": error.code, "message": error.message}
    cors = ((b"access-control-allow-origin", origin),) if origin else ()
    again = _AGAIN if status == 503 else ()
    return Answer(status, json.dumps(told).encode(), "application/json", headers=(*cors, *again))


application = Collector()
