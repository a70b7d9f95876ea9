"""Unsubscribing: a page to confirm for people, one POST for mail programs, and no further mail from that moment."""

from datetime import datetime

from beizai.base.errors import NotFound
from beizai.base.tokens import Token
from beizai.edge import pages
from beizai.edge.hits import put
from beizai.edge.http import NOT_FOUND, Answer, Request
from beizai.edge.office import Facts, Office, in_thread
from beizai.events.happenings import Happening
from beizai.events.inbox import Message
from beizai.tracking import links
from beizai.tracking.withdrawing import withdraw

ONE_CLICK = "List-Unsubscribe=One-Click"  # RFC 8058


async def show(request: Request, rest: str, office: Office) -> Answer:
    """The page with the button. Scanners follow links, so a GET changes nothing."""
    facts = await office.facts()
    try:
        token = links.read_unsubscribe(facts.keys, rest)
    except NotFound:
        return NOT_FOUND
    words = pages.language(request.header("accept-language"))
    return pages.ask(facts, words, ONE_CLICK, links.preferences_url(facts.keys, "", token))


async def carry_out(request: Request, rest: str, office: Office) -> Answer:
    """Withdraws the permission and answers 200, the same however often it is asked (RFC 8058: no cookie, no redirect).

    The event goes to the inbox first, then the withdrawal into the consent ledger of the office, from where
    `may_contact` refuses at once. Were the office locked, the answer is 503 and nothing was promised; the
    event is kept all the same, and on its way to the lake it is carried into the ledger (tracking/withdrawing.py).
    """
    facts = await office.facts()
    try:
        token = links.read_unsubscribe(facts.keys, rest)
    except NotFound:
        return NOT_FOUND
    words = pages.language(request.header("accept-language"))
    if token.recipient_id:
        now = facts.now()
        await put(_event(token, facts, now))
        await in_thread(
            lambda: withdraw(
                token.recipient_id,
                at=now,
                words=pages.said(words),
                evidence={"campaign_id": token.campaign_id, "by": ONE_CLICK},
                simulated=facts.simulated,
            )
        )
    return pages.done(facts, words)


def _event(token: Token, facts: Facts, now: datetime) -> Message:
    return Happening(
        id=f"unsubscribed:{token.campaign_id}:{token.recipient_id}",
        kind="unsubscribed",
        occurred_at=now,
        received_at=now,
        customer_id=token.recipient_id,
        campaign_id=token.campaign_id,
        simulated=facts.simulated,
    ).message()
