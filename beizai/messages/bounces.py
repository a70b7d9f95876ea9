"""Bounces: what a mail server's refusal means for the mail, and for the address."""

from datetime import datetime

from beizai.base.contact_points import normal_email
from beizai.base.errors import Invalid
from beizai.channels.driver import Outcome, Verdict
from beizai.consent import ledger as consent
from beizai.messages.models import Message, State

HARD, POLICY, REFUSED, GAVE_UP = "hard_bounce", "refused_by_policy", "refused_by_server", "gave_up"


def reason_of(outcome: Outcome) -> str:
    """The code of a refusal: a wrong address, the server's policy, another refusal, or put off once too often."""
    if outcome.verdict is Verdict.LATER:
        return GAVE_UP
    if outcome.nobody_there:
        return HARD
    return POLICY if outcome.status.startswith("5.7.") else REFUSED


def bounced(row: Message, outcome: Outcome, *, at: datetime) -> None:
    """Enters a refusal for good into the row (not saved); a wrong address is never written to again.

    A policy that refuses us (5.7.x) or a full mailbox is not the person's doing: the address stays in use.
    """
    row.state, row.reason, row.in_history = State.BOUNCED, reason_of(outcome), False
    if row.reason == HARD and row.address:
        evidence = {"campaign": row.campaign_id, "code": outcome.code, "status": outcome.status}
        consent.suppress(row.channel, _normal(row), "hard_bounce", at=at, evidence=evidence)


def _normal(row: Message) -> str:
    try:
        return normal_email(row.address) if row.channel == "email" else row.address
    except Invalid:
        return row.address
