"""The filters of the customers' list: in the address, as chips in plain words, and as the rule of a segment."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from beizai.base import money
from beizai.base.errors import Invalid
from beizai.consent.asking import permitted_q
from beizai.consent.models import Purpose
from beizai.customers import begins, belonging  # noqa: F401  (begins registers the lookups)
from beizai.customers.models import ContactPoint, Tag
from beizai.office import labels, wording
from beizai.office.frame import frame
from beizai.staff.models import Branch

_DAYS = ("30", "90", "180", "365", "730")


@dataclass(frozen=True)
class Paths:
    """How the columns of the card and of its standing are reached from the rows of the list.

    `passing`: the list is walked along the index of its order, filters are looked at on the way (many match);
    else the filters lead and the order is made of what they find (few match). `ordered` is the column of the order.
    """

    card: str
    standing: str
    id: str
    ordered: str = ""
    passing: bool = False

    def on(self, column: str, lookup: str = "") -> str:
        """The path of a column in a condition: "tier", "last_order_on__passing__gte"."""
        owner = self.card if column in ("country", "created_at", "branch_id") else self.standing
        walked = "__passing" if self.passing and column != self.ordered else ""
        return f"{owner}{column}{walked}{f'__{lookup}' if lookup else ''}"


FROM_STANDING = Paths(card="customer__", standing="", id="customer_id")
FROM_CARD = Paths(card="", standing="standing__", id="pk")


@dataclass(frozen=True)
class Filter:
    """One filter that is on: its words, the address without it, its condition, its node of a segment's rule (None: none)."""

    name: str
    words: str
    without: str
    condition: Callable[[Paths], Q]
    rule: Mapping[str, Any] | None


@dataclass(frozen=True)
class _Kind:
    """A filter that can be set: how its value is read from the address, put into words, asked, written as a rule."""

    words: Callable[[str], str]
    condition: Callable[[str, Paths], Q]
    rule: Callable[[str], Mapping[str, Any] | None]
    valid: Callable[[str], bool]


def active(params: QueryDict) -> list[Filter]:
    """The filters the address asks for, in a fixed order; what cannot be read is left out."""
    return list(_active(params))


def _active(params: QueryDict) -> Iterator[Filter]:
    for name, kind in _kinds().items():
        value = params.get(name, "").strip()
        if value and kind.valid(value):
            yield Filter(
                name,
                kind.words(value),
                _without(params, name),
                lambda paths, kind=kind, value=value: kind.condition(value, paths),  # type: ignore[misc]
                kind.rule(value),
            )


def _without(params: QueryDict, name: str) -> str:
    kept = params.copy()
    for gone in (name, "after", "before", "from"):
        kept.pop(gone, None)
    return f"?{kept.urlencode()}"


def as_segment(filters: list[Filter]) -> str:
    """The address of the segment builder with these filters as its rule; "" where one of them is none."""
    rules = [one.rule for one in filters]
    if not rules or None in rules:
        return ""
    rule = rules[0] if len(rules) == 1 else {"all": rules}
    return "/segments/new/?" + urlencode({"rule": json.dumps(rule, ensure_ascii=False)})


def _kinds() -> dict[str, _Kind]:
    return {
        "tier": _label("tier", labels.tiers()),
        "stage": _label("stage", labels.stages()),
        "type": _label("type", labels.types()),
        "bought": _Kind(
            _bought_words, _bought, lambda value: {"recency": {"op": "at_most", "days": int(value)}}, _is_days
        ),
        "silent": _Kind(
            _silent_words,
            _silent,
            lambda value: {"recency": {"op": "more_than", "days": int(value)}},
            _is_days,
        ),
        "never": _Kind(
            lambda value: _("Has not bought yet"),
            lambda value, paths: Q(**{f"{paths.standing}last_order_on__isnull": True}),
            lambda value: {"never_bought": {}},
            lambda value: value == "1",
        ),
        "spent": _Kind(_spent_words, _spent, _spent_rule, _is_amount),
        "write": _Kind(_write_words, _may_write, _write_rule, lambda value: value in ("yes", "no")),
        "reach": _Kind(
            _reach_words, _reach, lambda value: None, lambda value: value in ("email", "phone", "messenger")
        ),
        "tag": _Kind(
            lambda value: _("Tag “%(tag)s”") % {"tag": value},
            _tagged,
            lambda value: {"tag": {"name": value}},
            lambda value: len(value) <= 60,
        ),
        "country": _Kind(
            lambda value: _("Lives in %(country)s") % {"country": country_name(value)},
            lambda value, paths: Q(**{paths.on("country"): value.upper()}),
            lambda value: {"attribute": {"name": "country", "op": "is", "value": value.upper()}},
            lambda value: len(value) == 2,
        ),
        "branch": _Kind(
            lambda value: _("At home at %(branch)s") % {"branch": _branch(value)},
            lambda value, paths: Q(**{paths.on("branch_id"): int(value)}),
            lambda value: {"attribute": {"name": "branch", "op": "is", "value": _branch(value)}},
            lambda value: bool(_branch(value)),
        ),
        "added": _Kind(_added_words, _added, _added_rule, _is_days),
    }


def _branch(value: str) -> str:
    """The name of the branch of this number; "" where there is none."""
    found = (
        Branch.objects.filter(pk=int(value))
        if value.isdecimal() and len(value) < 10
        else Branch.objects.none()
    )
    return found.values_list("name", flat=True).first() or ""


def _label(name: str, words: dict[str, str]) -> _Kind:
    return _Kind(
        lambda value: words[value],
        lambda value, paths: Q(**{paths.on(name): value}),
        lambda value: {name: {"one_of": [value]}},
        lambda value: value in words,
    )


def _is_days(value: str) -> bool:
    return value.isdecimal() and 0 < int(value) < 20_000


def _ago(value: str) -> Any:
    return frame().today - timedelta(days=int(value))


def _bought_words(value: str) -> str:
    days = int(value)
    return ngettext("Bought in the last %(n)s day", "Bought in the last %(n)s days", days) % {
        "n": wording.number(days)
    }


def _bought(value: str, paths: Paths) -> Q:
    return Q(**{paths.on("last_order_on", "gte"): _ago(value)})


def _silent_words(value: str) -> str:
    days = int(value)
    return ngettext("Silent for more than %(n)s day", "Silent for more than %(n)s days", days) % {
        "n": wording.number(days)
    }


def _silent(value: str, paths: Paths) -> Q:
    return Q(**{paths.on("last_order_on", "lt"): _ago(value)})


def _tagged(value: str, paths: Paths) -> Q:
    tagged = Tag.objects.filter(tag=value)
    numbers = tagged.values_list("customer_id", flat=True)
    if paths.passing:
        own = Q(Exists(tagged.filter(customer_id=OuterRef(paths.id))))
    else:
        own = Q(**{f"{paths.id}__in": numbers})
    return own | belonging.of_joined(numbers, paths.id)


def _amount(value: str) -> int:
    return money.to_minor(value.replace(",", "."), frame().shop.currency)


def _is_amount(value: str) -> bool:
    try:
        return 0 < _amount(value) < 10**15
    except Invalid:
        return False


def _spent_words(value: str) -> str:
    return _("Spent at least %(amount)s in 12 months") % {"amount": wording.headline(_amount(value))}


def _spent(value: str, paths: Paths) -> Q:
    return Q(**{paths.on("spent_12m_minor", "gte"): _amount(value)})


def _spent_rule(value: str) -> Mapping[str, Any]:
    return {
        "orders": {"measure": "spent_minor", "op": "at_least", "value": _amount(value), "within_days": 365}
    }


def _write_words(value: str) -> str:
    return _("May be written to by email") if value == "yes" else _("May not be written to by email")


def _may_write(value: str, paths: Paths) -> Q:
    """Who may be sent offers by email, by the rule of `may_contact`."""
    asked = permitted_q("email", Purpose.MARKETING, frame().now, key=paths.id, country=f"{paths.card}country")
    return asked if value == "yes" else ~asked


def _write_rule(value: str) -> Mapping[str, Any]:
    rule = {"may_contact": {"channel": "email", "purpose": "marketing"}}
    return rule if value == "yes" else {"not": rule}


def _reach_words(value: str) -> str:
    return {"email": _("Has an email"), "phone": _("Has a phone"), "messenger": _("Has a messenger")}[value]


def _reach(value: str, paths: Paths) -> Q:
    live = ContactPoint.objects.filter(channel=value, ended_at=None)
    own = Q(Exists(live.filter(customer_id=OuterRef(paths.id))))
    return own | belonging.of_joined(live.values_list("customer_id", flat=True), paths.id)


def _added_words(value: str) -> str:
    days = int(value)
    return ngettext("Added in the last %(n)s day", "Added in the last %(n)s days", days) % {
        "n": wording.number(days)
    }


def _added(value: str, paths: Paths) -> Q:
    return Q(**{paths.on("created_at", "gte"): frame().now - timedelta(days=int(value))})


def _added_rule(value: str) -> Mapping[str, Any]:
    return {"attribute": {"name": "created_on", "op": "within_days", "value": int(value)}}


def country_name(code: str) -> str:
    """The country in the reader's language; an unknown code as it stands."""
    from babel import Locale

    return str(Locale.parse(frame().locale).territories.get(code.upper(), code.upper()))


class FilterForm(forms.Form):
    """The list of fields behind "Add a filter"."""

    all_optional = True

    tier = forms.ChoiceField(label=gettext_lazy("Tier"), required=False)
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), required=False)
    type = forms.ChoiceField(label=gettext_lazy("Type"), required=False)
    bought = forms.ChoiceField(label=gettext_lazy("Bought in the last"), required=False)
    silent = forms.ChoiceField(label=gettext_lazy("Silent for more than"), required=False)
    spent = forms.CharField(required=False, max_length=20)
    write = forms.ChoiceField(label=gettext_lazy("May be written to by email"), required=False)
    reach = forms.ChoiceField(label=gettext_lazy("Can be reached by"), required=False)
    tag = forms.CharField(label=gettext_lazy("Tag"), required=False, max_length=60)
    country = forms.CharField(label=gettext_lazy("Country (two letters)"), required=False, max_length=2)
    added = forms.ChoiceField(label=gettext_lazy("Added in the last"), required=False)
    branch = forms.ChoiceField(label=gettext_lazy("At home at"), required=False)

    def __init__(self, params: QueryDict, *, contact_points: bool) -> None:
        super().__init__(initial={name: params.get(name, "") for name in self.base_fields})
        any_one = ("", _("any"))
        days = [
            any_one,
            *(
                (n, ngettext("%(n)s day", "%(n)s days", int(n)) % {"n": wording.number(int(n))})
                for n in _DAYS
            ),
        ]
        choices = {
            "tier": [any_one, *labels.tiers().items()],
            "stage": [any_one, *labels.stages().items()],
            "type": [any_one, *labels.types().items()],
            "bought": days,
            "silent": days,
            "added": days,
            "write": [any_one, ("yes", _("yes")), ("no", _("no"))],
            "reach": [any_one, ("email", _("Email")), ("phone", _("Phone")), ("messenger", _("Messenger"))],
        }
        for name, options in choices.items():
            self.fields[name].choices = options  # type: ignore[attr-defined]
        self.fields["spent"].label = _("Spent in 12 months, at least (%(sign)s)") % {
            "sign": wording.currency_symbol()
        }
        branches = [(str(number), name) for number, name in Branch.objects.values_list("pk", "name")]
        self.fields["branch"].choices = [any_one, *sorted(branches, key=lambda one: one[1])]  # type: ignore[attr-defined]
        if not branches:
            del self.fields["branch"]
        if not contact_points:
            del self.fields["reach"]
