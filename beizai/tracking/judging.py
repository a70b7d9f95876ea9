"""What is kept of an open or a click: with its person where they allow that, otherwise only counted."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from beizai.consent.models import Purpose
from beizai.consent.rules import may_contact_many
from beizai.events.refining import Row
from beizai.tracking import delivery
from beizai.tracking.verdict import Hit, verdicts

KINDS = ("opened", "clicked")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def refine(rows: list[Row]) -> list[Row]:
    """Judges opens and clicks on their way to the lake, then takes out everybody who did not allow tracking.

    What is taken out is the customer and the raw request; campaign, link, time, verdict and reason stay and
    are counted without a person.
    """
    hits = [hit_of(row) for row in rows]
    delivered = delivery.times(
        (hit.campaign_id, hit.customer_id) for hit in hits if hit.campaign_id and hit.customer_id
    )
    found = verdicts(hits, delivered_at=lambda campaign, customer: delivered.get((campaign, customer)))
    allowed = _who_allows(hits)
    return [
        _kept(row | {"verdict": one.who, "reason": str(one.reason)}, row.get("customer_id") in allowed)
        for row, one in zip(rows, found, strict=True)
    ]


def hit_of(row: Row) -> Hit:
    """The raw hit in a row of the inbox (`occurred_at` in microseconds since 1970) or of the lake (a naive UTC time)."""
    raw: dict[str, Any] = json.loads(row.get("props") or "{}")
    at = row["occurred_at"]
    return Hit(
        kind=row["kind"],
        at=at.replace(tzinfo=UTC) if isinstance(at, datetime) else _EPOCH + timedelta(microseconds=at),
        method=str(raw.get("method", "GET")),
        user_agent=str(raw.get("ua", "")),
        network=str(raw.get("net", "")),
        purpose=str(raw.get("purpose", "")),
        link_no=row.get("link_no"),
        campaign_id=row.get("campaign_id"),
        customer_id=row.get("customer_id"),
    )


def _who_allows(hits: list[Hit]) -> set[int]:
    ids = sorted({hit.customer_id for hit in hits if hit.customer_id is not None})
    if not ids:
        return set()
    answers = may_contact_many(ids, "email", Purpose.TRACKING, max(hit.at for hit in hits))
    return {customer_id for customer_id, answer in answers.items() if answer.allowed}


def _kept(row: Row, with_person: bool) -> Row:
    return row if with_person else row | {"customer_id": None, "props": None}
