"""The book's own rules of joining: thresholds, shared contact points, which value a joint card shows."""

import secrets
from collections.abc import Mapping, Sequence

from beizai.base.errors import Invalid
from beizai.customers.models import AttributeDefinition, AttributeKind
from beizai.identity.models import MatchRules
from beizai.identity.survivorship import Survives
from beizai.sources.models import Source

COLUMNS = (
    "name",
    "given_name",
    "family_name",
    "country",
    "language",
    "birthday_on",
    "postal_address",
    "branch_id",
)
USUAL = {name: Survives.KEPT for name in ("name", "given_name", "family_name", "branch_id")}
_WHOLE_TEXT = ("postal_address",)  # of the columns, these can hold several values at once


def rules() -> MatchRules:
    """The rules as they stand."""
    return MatchRules.objects.filter(pk=1).first() or MatchRules(pk=1)


def survives(field: str, found: MatchRules) -> Survives:
    """The rule of a field: a column of the card, or "fact:KEY"."""
    said = found.survivorship.get(field)
    return Survives(said) if said in list(Survives) else USUAL.get(field, Survives.LATEST)


def may_join(field: str, kinds: Mapping[str, str]) -> bool:
    """Whether a field can show several values at once."""
    kind, _, key = field.partition(":")
    if kind != "fact":
        return field in _WHOLE_TEXT
    return (
        kinds.get(key) == AttributeKind.TEXT
        or kinds.get(key) not in AttributeKind.values
        or _is_list(kinds[key])
    )


def _is_list(kind: str) -> bool:
    return kind in ("choices", "many_choices", "records")


def change(
    *,
    merge_above: float | None = None,
    review_above: float | None = None,
    join_by_itself: bool | None = None,
    shared_by: int | None = None,
    survivorship: Mapping[str, str] | None = None,
    source_order: Sequence[int] | None = None,
) -> MatchRules:
    """Changes some of the rules; what is None stays. Joint cards show the new answer when they are next refreshed."""
    found = rules()
    for name, value in (
        ("merge_above", merge_above),
        ("review_above", review_above),
        ("join_by_itself", join_by_itself),
        ("shared_by", shared_by),
    ):
        if value is not None:
            setattr(found, name, value)
    _check_thresholds(found)
    if survivorship is not None:
        found.survivorship = _checked(survivorship)
    if source_order is not None:
        known = set(Source.objects.filter(pk__in=list(source_order)).values_list("pk", flat=True))
        found.source_order = [number for number in source_order if number in known]
    found.save()
    return found


def draw_stamp() -> None:
    """Who belongs to whom has changed: what was counted before is counted anew."""
    stamp = secrets.randbelow(2**52) + 1
    if not MatchRules.objects.filter(pk=1).update(stamp=stamp):
        MatchRules.objects.create(pk=1, stamp=stamp)


def _check_thresholds(found: MatchRules) -> None:
    if not 0 <= found.review_above <= found.merge_above <= 1:
        raise Invalid(
            "Pairs cannot be shown from {review} and joined from {merge} on.",
            review=found.review_above,
            merge=found.merge_above,
            hint="Both lie between 0 and 1, and the first is not above the second.",
        )
    if not 1 <= found.shared_by <= 1000:
        raise Invalid(
            "A contact point cannot count as shared from {cards} cards on.",
            cards=found.shared_by,
            hint="Give a number from 1 to 1000.",
        )


def _checked(survivorship: Mapping[str, str]) -> dict[str, str]:
    fields = {*COLUMNS, *(f"fact:{key}" for key in AttributeDefinition.objects.values_list("key", flat=True))}
    for field, rule in survivorship.items():
        if field not in fields or rule not in list(Survives):
            raise Invalid(
                "“{field}” cannot follow the rule “{rule}”.",
                field=field,
                rule=rule,
                hint="Fields: {fields}. Rules: {rules}.",
                fields=", ".join(sorted(fields)),
                rules=", ".join(Survives),
            )
    return dict(survivorship)
