"""The office's own logs as what happened: new cards, changes, decisions, merges, erasures, each in the order it was written.

Nothing is written for webhooks where these things happen: the rows are there anyhow, committed with what they tell of,
and each endpoint has its place in every log. A crash loses nothing, and without an endpoint nobody looks.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Model, QuerySet

from beizai.consent.models import ConsentEntry, Decision, ErasureCertificate
from beizai.customers.models import AttributeDefinition, Customer, FactChange
from beizai.identity.models import Merge, MergedCard
from beizai.imports.models import Import
from beizai.staff.models import AuditEntry
from beizai.webhooks import kinds, settled
from beizai.webhooks.facts import Fact, said
from beizai.webhooks.models import LogPosition, ToldImport, WebhookEndpoint

_DECIDED = {
    Decision.GRANTED: kinds.GRANTED,
    Decision.WITHDRAWN: kinds.WITHDRAWN,
    Decision.REFUSED: kinds.REFUSED,
}
_JOINED = {"cards.merged": kinds.MERGED, "cards.unmerged": kinds.UNMERGED}


@dataclass(frozen=True)
class Log:
    """One log: its table, what can be told of it, its rows that are told one by one, and the facts some of them are."""

    name: str
    model: type[Model]
    tells: frozenset[str]
    rows: Callable[[], QuerySet[Any]]
    facts: Callable[[list[Any]], Iterable[Fact]]


def _cards(rows: list[Customer]) -> Iterable[Fact]:
    for row in rows:
        yield Fact(f"card:{row.pk}", kinds.CREATED, row.created_at, row.pk, {"source": row.source.name})


def _changes(rows: list[FactChange]) -> Iterable[Fact]:
    """What one hand changed of a card at one moment is one fact; what a card said when it was made is none."""
    sensitive = set(AttributeDefinition.objects.filter(sensitive=True).values_list("key", flat=True))
    for _, some in groupby(rows, key=lambda row: (row.customer_id, row.at, row.source_id)):
        group = list(some)
        first = group[0]
        changed = sorted({name for row in group if (name := _field(row.field, sensitive))})
        if changed and first.at != first.customer.created_at:
            data = {"changed": changed, "source": first.source.name}
            yield Fact(f"change:{first.pk}", kinds.UPDATED, first.at, first.customer_id, data)


def _field(field: str, sensitive: Collection[str]) -> str:
    """What changed, by its name; "" for a sensitive attribute. Of tags and ties, which may say much, that alone."""
    what, _, key = field.partition(":")
    if what == "fact":
        return "" if key in sensitive else field
    return field if what == "contact" else what


def _consents(rows: list[ConsentEntry]) -> Iterable[Fact]:
    for row in rows:
        yield Fact(
            f"consent:{row.pk}", _DECIDED[Decision(row.decision)], row.at, row.customer_id, decision(row)
        )


def decision(row: ConsentEntry) -> Mapping[str, Any]:
    """A decision without its words and its proof."""
    return {
        "consent_id": row.pk,
        "purpose": row.purpose,
        "channel": row.channel,
        "topic": row.topic,
        "decision": row.decision,
        "basis": row.basis,
        "expires_at": said(row.expires_at) if row.expires_at else None,
    }


def _merges(rows: list[AuditEntry]) -> Iterable[Fact]:
    for row in rows:
        card, number = row.detail.get("card"), row.detail.get("merge")
        if number is None:
            same = Merge.objects.filter(card_id=card, at=row.at).order_by("pk")
            number = same.values_list("pk", flat=True).first()
        joined = list(
            MergedCard.objects.filter(merge_id=number)
            .order_by("customer_id")
            .values_list("customer_id", flat=True)
        )
        data = {"merge_id": number, "joined": joined or row.detail.get("cards", [])}
        yield Fact(f"merge:{row.pk}", _JOINED[row.action], row.at, card, data)


def _erasures(rows: list[ErasureCertificate]) -> Iterable[Fact]:
    for row in rows:
        data = {"numbers": row.document.get("numbers", []), "certificate_id": row.pk}
        yield Fact(f"erasure:{row.pk}", kinds.ERASED, row.at, row.customer_id, data)


LOGS = (
    Log(
        "cards",
        Customer,
        frozenset({kinds.CREATED}),
        lambda: Customer.objects.filter(import_id=None).select_related("source"),
        _cards,
    ),
    Log(
        "changes",
        FactChange,
        frozenset({kinds.UPDATED}),
        lambda: FactChange.objects.filter(import_id=None).select_related("customer", "source"),
        _changes,
    ),
    Log(
        "consents",
        ConsentEntry,
        frozenset(_DECIDED.values()),
        lambda: ConsentEntry.objects.filter(import_id=None),
        _consents,
    ),
    Log(
        "merges",
        AuditEntry,
        frozenset(_JOINED.values()),
        lambda: AuditEntry.objects.filter(action__in=_JOINED),
        _merges,
    ),
    Log("erasures", ErasureCertificate, frozenset({kinds.ERASED}), ErasureCertificate.objects.all, _erasures),
)
OF_IMPORTS = frozenset({kinds.IMPORTED, kinds.CONSENT_IMPORTED, kinds.UNDONE})


def begin_now(endpoint: WebhookEndpoint, *, known: Collection[str] = ()) -> None:
    """The endpoint is told what happens from now on; logs of which it was told some kinds before (`known`) go on."""
    for log in LOGS:
        if not log.tells & set(known):
            LogPosition.objects.update_or_create(
                endpoint=endpoint, log=log.name, defaults={"last_id": settled.highest(log.model)}
            )
    if not OF_IMPORTS & set(known):
        _imports_are_told(endpoint)


def _imports_are_told(endpoint: WebhookEndpoint) -> None:
    past = Import.objects.exclude(state=Import.State.COMING_IN).values_list("pk", "state")
    ToldImport.objects.bulk_create(
        (ToldImport(endpoint=endpoint, import_id=number, state=state, done=True) for number, state in past),
        batch_size=500,
        ignore_conflicts=True,
    )
