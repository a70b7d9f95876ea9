"""Changing a card: what it says, its notes, tags, addresses and ties; and what it said before."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from beizai.base.errors import Invalid, NotFound
from beizai.customers import belonging, cards, facts, history, points, remarks, search
from beizai.customers.models import (
    AttributeDefinition,
    AttributeKind,
    Channel,
    ContactPoint,
    Customer,
    Tag,
)
from beizai.office import refusals
from beizai.office.customers import answering
from beizai.office.customers.listing import display_name
from beizai.office.customers.reach import channel_name
from beizai.office.customers.timeline import changes_in_words
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.sources.register import office
from beizai.staff.models import Branch
from beizai.staff.roles import May


class EditForm(forms.Form):
    """The card's own columns; the book's attributes come after them."""

    all_optional = True

    name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=200)
    given_name = forms.CharField(label=gettext_lazy("Given name"), required=False, max_length=100)
    family_name = forms.CharField(label=gettext_lazy("Family name"), required=False, max_length=100)
    birthday_on = forms.DateField(
        label=gettext_lazy("Birthday"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=gettext_lazy("Country (two letters)"),
        required=False,
        error_messages={"invalid": gettext_lazy("Use two letters, such as FR or CN.")},
    )
    language = forms.CharField(label=gettext_lazy("Language (such as fr)"), required=False, max_length=10)
    postal_address = forms.CharField(
        label=gettext_lazy("Postal address"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    branch_id = forms.TypedChoiceField(
        label=gettext_lazy("Branch"), required=False, coerce=int, empty_value=None
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, definitions: list[AttributeDefinition], card: Customer, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        branches = list(Branch.objects.values_list("pk", "name"))
        if branches:
            self.fields["branch_id"].choices = [("", "–"), *branches]  # type: ignore[attr-defined]
        else:
            del self.fields["branch_id"]
        for one in definitions:
            has_picture = one.kind == AttributeKind.PHOTO and one.key in card.facts
            self.fields.update(answering.fields(one, has_picture))

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    @property
    def fact_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(answering.PREFIX)]


def _initial(card: Customer, definitions: list[AttributeDefinition]) -> dict[str, Any]:
    own: dict[str, Any] = {field: getattr(card, field) for field in cards.FIELDS}
    told = answering.initial(card, definitions, frame().shop.currency)
    return own | told | {"revision": card.revision}


@needs(May.EDIT_CUSTOMERS)
def edit(request: HttpRequest, customer_id: int) -> HttpResponse:
    """What the card says; saved with its history, refused where somebody else was quicker."""
    card = cards.get(customer_id)
    definitions = facts.definitions()
    form = EditForm(
        request.POST or None,
        request.FILES or None,
        initial=_initial(card, definitions),
        definitions=definitions,
        card=card,
    )
    if request.method == "POST" and form.is_valid() and _save(request, card, form, definitions):
        messages.success(request, _("The card is changed; what it said before is in its history."))
        return redirect("customer", customer_id)
    return render(
        request,
        "office/customers/edit.html",
        {"card": card, "form": form, "name": display_name(card, person(request))},
    )


def _save(
    request: HttpRequest, card: Customer, form: EditForm, definitions: list[AttributeDefinition]
) -> bool:
    here = frame()
    values: dict[str, Any] = {}
    for one in definitions:
        try:
            values[one.key] = answering.read(one, form.cleaned_data, card, here.shop.currency)
        except Invalid as error:
            form.add_error(answering.field_name(one), refusals.in_words(error))
    if form.errors:
        return False
    columns = {field: form.cleaned_data[field] for field in cards.FIELDS if field in form.cleaned_data}
    try:
        cards.edit(
            card.pk,
            columns,
            new_facts=values,
            revision=form.cleaned_data["revision"],
            source=office(here.now),
            now=here.now,
            user=person(request),
        )
    except Invalid as error:
        form.add_error(None, refusals.in_words(error))
        return False
    return True


@needs(May.SEE_CUSTOMERS, May.SEE_NAMES)
def history_page(request: HttpRequest, customer_id: int) -> HttpResponse:
    """What the card said before."""
    card = cards.get(customer_id)
    rows = history.of(customer_id)
    if not person_sees_points(request):
        rows = [row for row in rows if not row.field.startswith("contact:")]
    context = {"card": card, "name": display_name(card, person(request)), "changes": changes_in_words(rows)}
    return render(request, "office/customers/history.html", context)


def person_sees_points(request: HttpRequest) -> bool:
    """Whether contact points may be shown to this person."""
    from beizai.staff.roles import may

    return may(person(request), May.SEE_CONTACT_POINTS)


@require_POST
@needs(May.EDIT_CUSTOMERS)
def note(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Keeps a note."""
    remarks.note(
        cards.get(customer_id).pk, request.POST.get("text", ""), now=frame().now, user=person(request)
    )
    messages.success(request, _("The note is on the card."))
    return redirect("customer", customer_id)


@needs(May.EDIT_CUSTOMERS)
def tags(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The words staff put on the card."""
    card = cards.get(customer_id)
    here = frame()
    if request.method == "POST":
        if request.POST.get("remove"):
            remarks.remove_tag(
                customer_id,
                request.POST["remove"],
                source=office(here.now),
                now=here.now,
                user=person(request),
            )
        else:
            remarks.add_tag(
                customer_id,
                request.POST.get("tag", ""),
                source=office(here.now),
                now=here.now,
                user=person(request),
            )
        return redirect("customer_tags", customer_id)
    used = Tag.objects.order_by("tag").values_list("tag", flat=True).distinct()[:100]
    context = {
        "card": card,
        "name": display_name(card, person(request)),
        "tags": sorted(
            set(Tag.objects.filter(customer_id__in=belonging.ids_of(card.pk)).values_list("tag", flat=True))
        ),
        "used": list(used),
    }
    return render(request, "office/customers/tags.html", context)


class PointForm(forms.Form):
    """A new way to reach a customer."""

    channel = forms.ChoiceField(label=gettext_lazy("Kind"))
    value = forms.CharField(label=gettext_lazy("Address or number"), max_length=254)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [
            (channel, channel_name(channel).capitalize())
            for channel in Channel.values
            if channel != Channel.SMS
        ]
        self.fields["channel"].choices = kinds  # type: ignore[attr-defined]


@needs(May.EDIT_CUSTOMERS, May.SEE_CONTACT_POINTS)
def points_page(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Adds a way to reach them, or ends one."""
    card = cards.get(customer_id)
    ended = request.POST.get("end", "")
    form = PointForm(request.POST if request.method == "POST" and not ended else None)
    if ended:
        point = ContactPoint.objects.filter(
            customer_id__in=belonging.ids_of(customer_id), pk=int(ended) if ended.isdecimal() else 0
        ).first()
        if point is None:
            raise NotFound("This address is not on the card.")
        points.end(point, source=office(frame().now), now=frame().now, user=person(request))
        cards.touched(customer_id, frame().now)
        return redirect("customer_points", customer_id)
    if form.is_bound and form.is_valid() and _add_point(request, card, form):
        return redirect("customer", customer_id)
    context = {
        "card": card,
        "name": display_name(card, person(request)),
        "form": form,
        "points": [
            {
                "id": point.pk,
                "channel": point.channel,
                "words": channel_name(point.channel),
                "value": point.value,
                "at": point.added_at,
            }
            for point in ContactPoint.objects.filter(
                customer_id__in=belonging.ids_of(card.pk), ended_at=None
            ).order_by("channel", "pk")
        ],
    }
    return render(request, "office/customers/points.html", context)


def _add_point(request: HttpRequest, card: Customer, form: PointForm) -> bool:
    here = frame()
    try:
        points.add(
            card,
            form.cleaned_data["channel"],
            form.cleaned_data["value"],
            source=office(here.now),
            now=here.now,
            user=person(request),
            country=here.shop.country,
        )
    except Invalid as error:
        form.add_error("value", refusals.in_words(error))
        return False
    search.index_one(card.pk)
    cards.touched(card.pk, here.now)
    return True
