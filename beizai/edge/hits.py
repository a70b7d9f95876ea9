"""A click leads on and an open shows nothing: both are in the inbox before the answer."""

import asyncio
import base64
import uuid

from beizai.base import clock, home
from beizai.base.errors import NotFound, Unavailable
from beizai.base.tokens import Token
from beizai.edge.http import NOT_FOUND, Answer, Request
from beizai.edge.office import Facts, Office
from beizai.events import inbox, unkept
from beizai.events.happenings import Happening
from beizai.tracking import links
from beizai.tracking.verdict import network_of

PATIENCE_SECONDS = 5.0
_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_UNSAFE = frozenset(range(0x21)) | {0x7F}


async def click(request: Request, rest: str, office: Office) -> Answer:
    """Leads to the target the campaign itself lists under this number, and to nowhere else."""
    facts = await office.facts()
    try:
        found = links.read_click(facts.keys, rest)
    except NotFound:
        return NOT_FOUND
    target = await office.target(found.token.campaign_id, found.link_no)
    if target is None:
        return NOT_FOUND
    await _write_down("clicked", request, found.token, facts, link_no=found.link_no)
    location = "".join(
        f"%{byte:02X}" if byte in _UNSAFE or byte > 0x7E else chr(byte) for byte in target.encode()
    )
    return Answer(302, b"", headers=((b"location", location.encode()),))


async def opened(request: Request, rest: str, office: Office) -> Answer:
    """One transparent point of a picture."""
    facts = await office.facts()
    try:
        token = links.read_open(facts.keys, rest)
    except NotFound:
        return NOT_FOUND
    await _write_down("opened", request, token, facts)
    return Answer(200, _PIXEL, "image/gif")


async def _write_down(
    kind: str, request: Request, token: Token, facts: Facts, *, link_no: int | None = None
) -> None:
    """Durable on return. A test mail (recipient 0) is not written down.

    Where the inbox fails, the customer is led on all the same; the hit is logged and counted as not kept, which
    the check-up shows: a lost count is better than a lost customer.
    """
    if token.recipient_id == 0:
        return
    now = facts.now()
    message = Happening(
        id=f"{kind}:{uuid.uuid4().hex}",
        kind=kind,
        occurred_at=now,
        received_at=now,
        customer_id=token.recipient_id,
        campaign_id=token.campaign_id,
        link_no=link_no,
        props=_raw(request),
        simulated=facts.simulated,
    ).message()
    try:
        await put(message)
    except (Unavailable, TimeoutError):
        unkept.note(home.current(), kind, token.campaign_id, at=clock.machine_now())


async def put(message: inbox.Message) -> int:
    """Waits until the inbox has the message for good; how many were new (0 or 1)."""
    future = asyncio.wrap_future(inbox.current().submit([message]))
    return await asyncio.wait_for(future, PATIENCE_SECONDS)


def _raw(request: Request) -> dict[str, str]:
    """What the verdict is worked out from, and nothing that names the person's machine."""
    found = {
        "method": request.method,
        "ua": request.header("user-agent"),
        "net": network_of(request.client),
        "purpose": " ".join(
            value
            for name in ("purpose", "sec-purpose", "x-moz", "x-purpose")
            if (value := request.header(name))
        ),
    }
    return {name: value for name, value in found.items() if value}
