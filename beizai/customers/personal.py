"""What the cards hold of a person."""

from datetime import datetime
from typing import Any

from django.db.models import Model, Q

from beizai.base import keeping
from beizai.base.keeping import Stays
from beizai.base.personal import GiveOut, Holding, register
from beizai.customers import models, photos


def _rows(
    model: type[Model], customer_id: int, *fields: str, where: str = "customer_id"
) -> list[dict[str, Any]]:
    return list(model._default_manager.filter(**{where: customer_id}).values(*fields))


def _erase_from(model: type[Model], where: str = "customer_id") -> Any:
    def erase(customer_id: int, at: datetime) -> int:
        return model._default_manager.filter(**{where: customer_id}).delete()[0]

    return erase


def _give_out_of(model: type[Model], fields: tuple[str, ...]) -> GiveOut:
    def give_out(customer_id: int) -> list[dict[str, Any]]:
        return _rows(model, customer_id, *fields)

    return give_out


_TABLES: tuple[tuple[type[Model], str, tuple[str, ...]], ...] = (
    (models.ExternalId, "their numbers in other books", ("source__name", "value")),
    (
        models.ContactPoint,
        "addresses and numbers",
        ("channel", "value", "source__name", "added_at", "ended_at"),
    ),
    (models.FactChange, "what the card said before", ("field", "old", "new", "at")),
    (models.Tag, "words staff put on the card", ("tag", "added_at")),
    (models.Note, "notes of staff", ("text", "at")),
    (
        models.ProposedTie,
        "ties something spoke for",
        ("kind", "other_name", "evidence", "proposed_at", "accepted"),
    ),
    (models.ServedAt, "at which branches they were served", ("branch__name", "how", "since_at")),
    (models.SearchWords, "the words the card is found by", ("words",)),
    (
        models.Standing,
        "where they stand: stage, type, tier, spending",
        ("as_of", "stage", "type", "tier", "spent_minor"),
    ),
)


def _forget_history(changes: Any) -> None:
    """What cards said goes, with the pictures nothing names any more."""
    gone = list(changes.filter(field__startswith="fact:").values_list("customer_id", "field", "old", "new"))
    changes.delete()
    for customer_id, field, *values in gone:
        pictures = [value for value in values if isinstance(value, dict) and value.get("file")]
        if pictures:
            facts = (
                models.Customer.objects.filter(pk=customer_id).values_list("facts", flat=True).first() or {}
            )
            left = models.FactChange.objects.filter(customer_id=customer_id, field=field)
            named = [facts.get(field.removeprefix("fact:"), {}).get("v")]
            named += [value for pair in left.values_list("old", "new") for value in pair]
            for value in pictures:
                if value not in named:
                    photos.forget(value)


_HISTORY = keeping.by_age(
    "card_history",
    "what a card said before it was changed",
    models.FactChange.objects.all,
    age="at",
    counted_from="changed",
    keep_days=None,
    least_days=365,
    out=_forget_history,
)

for _model, _what, _fields in _TABLES:
    register(
        Holding(
            table=_model._meta.db_table,
            what=_what,
            give_out=_give_out_of(_model, _fields),
            erase=_erase_from(_model),
            kept=_HISTORY if _model is models.FactChange else Stays.AS_THE_CARD,
        )
    )


def _give_ties(customer_id: int) -> list[dict[str, Any]]:
    rows = models.Tie.objects.filter(Q(customer_id=customer_id) | Q(other_id=customer_id))
    return [dict(row) for row in rows.values("kind", "since_on")]


def _erase_ties(customer_id: int, at: datetime) -> int:
    return models.Tie.objects.filter(Q(customer_id=customer_id) | Q(other_id=customer_id)).delete()[0]


def _erase_card(customer_id: int, at: datetime) -> int:
    """The card, and the pictures it and its history named."""
    said = models.Customer.objects.filter(pk=customer_id).values_list("facts", flat=True).first() or {}
    changes = models.FactChange.objects.filter(customer_id=customer_id, field__startswith="fact:")
    values = [fact.get("v") for fact in said.values()]
    values += [value for pair in changes.values_list("old", "new") for value in pair]
    gone = models.Customer.objects.filter(pk=customer_id).delete()[0]
    for value in values:
        photos.forget(value)
    return gone


register(
    Holding("customers_tie", "whom they know in the book", _give_ties, _erase_ties, kept=Stays.AS_THE_CARD)
)
register(
    Holding(
        "customers_customer",
        "the card: name, address, what they told",
        lambda customer_id: _rows(
            models.Customer,
            customer_id,
            "name",
            "country",
            "language",
            "birthday_on",
            "postal_address",
            "facts",
            where="id",
        ),
        _erase_card,
        kept=Stays.AS_THE_CARD,
    )
)
