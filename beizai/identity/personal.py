"""What the joining of cards holds of a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model, Q

from beizai.base.keeping import Stays
from beizai.base.personal import Holding, register
from beizai.identity import models


def _merges(customer_id: int) -> Sequence[Mapping[str, Any]]:
    rows = models.MergedCard.objects.filter(customer_id=customer_id).order_by("pk")
    return [
        dict(row) for row in rows.values("merge__card_id", "merge__rule", "merge__at", "merge__undone_at")
    ]


def _erase_merges(customer_id: int, at: datetime) -> int:
    part_of = models.Merge.objects.filter(Q(card_id=customer_id) | Q(cards__customer_id=customer_id))
    numbers = list(part_of.values_list("pk", flat=True).distinct())
    return models.Merge.objects.filter(pk__in=numbers).update(evidence={}, stayed=[])


def _proposals(customer_id: int) -> Sequence[Mapping[str, Any]]:
    rows = models.Proposal.objects.filter(Q(left_id=customer_id) | Q(right_id=customer_id)).order_by("pk")
    return [dict(row) for row in rows.values("left_id", "right_id", "probability", "state", "proposed_at")]


def _erase_proposals(customer_id: int, at: datetime) -> int:
    return models.Proposal.objects.filter(Q(left_id=customer_id) | Q(right_id=customer_id)).delete()[0]


def _rows(model: type[Model], *fields: str) -> Any:
    def give_out(customer_id: int) -> list[dict[str, Any]]:
        rows = model._default_manager.filter(customer_id=customer_id)
        return [dict(row) for row in rows.values(*fields)]

    return give_out


def _erase(model: type[Model]) -> Any:
    def erase(customer_id: int, at: datetime) -> int:
        return model._default_manager.filter(customer_id=customer_id).delete()[0]

    return erase


def _stays(customer_id: int, at: datetime) -> int:
    return 0


register(
    Holding(
        "identity_mergedcard",
        "which cards were taken for one person, and when",
        _merges,
        _erase_merges,
        kept_because="The numbers stay, so that what is kept under each still finds its card; the evidence goes.",
        kept=Stays.AS_THE_CARD,
    )
)
register(
    Holding(
        "identity_belonging",
        "which card a number belongs to",
        _rows(models.Belonging, "card_id", "since_at"),
        _stays,
        kept_because="By numbers alone; without it a part of the person would be a card again.",
        kept=Stays.PROOF,
    )
)
register(
    Holding(
        "identity_touched",
        "that the card was joined or taken apart",
        _rows(models.Touched, "id"),
        _stays,
        kept_because="A number alone, from which copies for analysis learn what to read anew.",
        kept=Stays.MADE_ANEW,
    )
)
register(
    Holding(
        "identity_owncard",
        "what the card said by itself",
        _rows(models.OwnCard, "own"),
        _erase(models.OwnCard),
        kept=Stays.AS_THE_CARD,
    )
)
register(
    Holding(
        "identity_proposal",
        "cards that may be the same person",
        _proposals,
        _erase_proposals,
        kept=Stays.AS_THE_CARD,
    )
)
register(
    Holding(
        "identity_anonymousjoin",
        "which visits without a name were theirs",
        _rows(models.AnonymousJoin, "anonymous_id", "at"),
        _erase(models.AnonymousJoin),
        kept=Stays.AS_THE_CARD,
    )
)
