"""The position: for whom, in which category, against whom the shop stands, beside pictures of who really buys."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beizai.base.errors import BeizaiError
from beizai.customers import facts
from beizai.customers.models import Position
from beizai.measurement import fit
from beizai.measurement.fit import Fit, Group, Picture
from beizai.office import refusals, wording
from beizai.office.customers import filters
from beizai.office.frame import frame
from beizai.office.home.kept import Kept
from beizai.office.permissions import needs, person
from beizai.office.tabs import hang, tabs
from beizai.segments.models import Segment
from beizai.staff import audit
from beizai.staff.roles import May

hang("customers", "position", gettext_lazy("Position"), "position", May.SEE_VALUE, place=80)

_kept: dict[int, Kept[Fit]] = {}


class PositionForm(forms.Form):
    """The sentences of a position, and by what the buyers are looked at beside them."""

    for_whom = forms.CharField(
        label=gettext_lazy("For whom the shop is"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    category = forms.CharField(
        label=gettext_lazy("In which category it stands"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    against = forms.CharField(
        label=gettext_lazy("Against whom, and what it does better"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    segment = forms.ChoiceField(label=gettext_lazy("The segment of those you mean"), required=False)
    attributes = forms.MultipleChoiceField(
        label=gettext_lazy("Look at the buyers by"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Segment.objects.order_by("name").values_list("name", flat=True)
        self.fields["segment"].choices = [("", _("none")), *((one, one) for one in names)]  # type: ignore[attr-defined]
        given = {fit.AGE: _("Age, from the birthday"), fit.COUNTRY: _("Country")}
        own = [(one.key, one.label) for one in facts.definitions()]
        self.fields["attributes"].choices = [  # type: ignore[attr-defined]
            *((key, words) for key, words in given.items() if key not in dict(own)),
            *own,
        ]


def _fit(held: Position) -> Kept[Fit]:
    """The pictures of the position that holds, kept for some minutes where the book is large."""
    if held.pk not in _kept:
        _kept.clear()
        _kept[held.pk] = Kept(lambda now: fit.fit(held, now))
    return _kept[held.pk]


@needs(May.SEE_VALUE)
def position(request: HttpRequest) -> HttpResponse:
    """The position as it was written last, and how well the book fits it."""
    held = fit.latest()
    found = _fit(held).get(frame().now) if held else None
    context = {
        "position": held,
        "fit": found,
        "head": _head(held, found),
        "pictures": [_shown(one, found.buyers) for one in found.pictures] if found else [],
        "earlier": Position.objects.select_related("user").order_by("-pk")[1:6] if held else [],
        "tabs": tabs(person(request), "customers", "position"),
    }
    return render(request, "office/customers/position.html", context)


def _head(held: Position | None, found: Fit | None) -> str:
    """The finding: how much of the sales comes from those the shop means."""
    if held is None or found is None:
        return _("For whom is the shop?")
    if found.meant is None or not found.buyers or not found.spent_minor:
        return _("For whom the shop is, and who buys")
    return _("%(people)s of the buyers and %(sales)s of the sales are those you mean") % {
        "people": wording.percent(found.meant / found.buyers),
        "sales": wording.percent((found.meant_spent_minor or 0) / found.spent_minor),
    }


def _shown(picture: Picture, buyers: int) -> dict[str, Any]:
    """One picture in words: each group with its share of the buyers known in it, and of their sales."""
    known = picture.known or 1
    spent = sum(group.spent_minor for group in picture.groups) or 1
    most = max((group.people / known for group in picture.groups), default=1.0) or 1.0
    return {
        "label": _label(picture),
        "known": _("known of %(share)s of the buyers")
        % {"share": wording.percent(picture.known / (buyers or 1))},
        "groups": [
            {
                "words": _group(picture, group),
                "people": group.people,
                "share": group.people / known,
                "width": round(100 * group.people / known / most),
                "sales": group.spent_minor / spent,
            }
            for group in picture.groups
        ],
    }


def _label(picture: Picture) -> str:
    if picture.definition is not None:
        return picture.definition.label
    return _("Age") if picture.key == fit.AGE else _("Country")


def _group(picture: Picture, group: Group) -> str:
    if group.value == fit.OTHER:
        return _("others")
    if group.low is not None and group.high is not None:
        return _range(picture, group.low, group.high)
    if picture.definition is None and picture.key == fit.COUNTRY:
        return filters.country_name(group.value)
    return {"yes": _("yes"), "no": _("no")}.get(group.value, group.value)


def _range(picture: Picture, low: float, high: float) -> str:
    if picture.definition is None:
        if high >= 200:
            return _("%(low)s and older") % {"low": wording.number(low)}
        return _("%(low)s to %(high)s") % {"low": wording.number(low), "high": wording.number(high - 1)}
    if picture.definition.kind == "money":
        return _("%(low)s to %(high)s") % {"low": wording.money(int(low)), "high": wording.money(int(high))}
    digits = 0 if low.is_integer() and high.is_integer() else 1
    words = wording.number(low, digits)
    if high != low:
        words = _("%(low)s to %(high)s") % {"low": words, "high": wording.number(high, digits)}
    return f"{words} {picture.definition.unit}".strip()


@needs(May.SEE_VALUE, May.EDIT_CAMPAIGNS)
def write(request: HttpRequest) -> HttpResponse:
    """Writes the position anew; the earlier ones stay."""
    held = fit.latest()
    fields = ("for_whom", "category", "against", "attributes", "segment")
    initial = {name: getattr(held, name) for name in fields} if held else None
    form = PositionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            fit.write(**form.cleaned_data, now=frame().now, user=person(request))
        except BeizaiError as error:
            form.add_error(None, refusals.in_words(error))
        else:
            audit.record("position.kept", at=frame().now, user=person(request))
            messages.success(request, _("The position is kept; the earlier ones stay below it."))
            return redirect("position")
    return render(request, "office/customers/position_form.html", {"form": form})
