"""What people did with the mail: opened, clicked, said no more; what machines did is told apart."""

from dataclasses import dataclass
from typing import Any

from beizai.events.book import Book

KINDS = ("opened", "clicked", "unsubscribed", "complained")


@dataclass(frozen=True)
class Response:
    """One kind of response. Who has not allowed tracking is counted without a name: by events, not by people."""

    people: int = 0  # with a name, at least once by a person
    machines_only: int = 0  # with a name, and only by machines
    unnamed: int = 0  # events by a person without a name
    machine_events: int = 0


@dataclass(frozen=True)
class Responses:
    """All kinds, up to the time the report is asked for."""

    opened: Response
    clicked: Response
    unsubscribed: Response
    complained: Response


NOTHING_YET = Responses(Response(), Response(), Response(), Response())


def responses(book: Book, campaign_id: int) -> Responses:
    """Counted from the campaign's events; what carries no verdict is a person's doing."""
    event = book.events.filter((book.events.campaign_id == campaign_id) & book.events.kind.isin(KINDS))
    machine = (event.verdict == "machine").fill_null(False)
    each = event.group_by(["kind", "customer_id"]).agg(by_person=(~machine).sum(), by_machine=machine.sum())
    named = each.customer_id.notnull()
    counted = each.group_by("kind").agg(
        people=(named & (each.by_person > 0)).sum(),
        machines_only=(named & (each.by_person == 0)).sum(),
        unnamed=(each.by_person * (~named).cast("int64")).sum(),
        machine_events=each.by_machine.sum(),
    )
    found = {row.pop("kind"): row for row in book.arrow(counted).to_pylist()}
    return Responses(**{kind: _response(found.get(kind, {})) for kind in KINDS})


def _response(row: dict[str, Any]) -> Response:
    return Response(**{name: int(value) for name, value in row.items()})
