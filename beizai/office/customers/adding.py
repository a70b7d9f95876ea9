"""Adding a customer by hand in less than twenty seconds, with a look at cards that may be the same person."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beizai.base.errors import Invalid
from beizai.customers import cards, doubles, search
from beizai.customers.models import Customer
from beizai.identity import deterministic
from beizai.office import refusals, sight
from beizai.office.customers.listing import display_name
from beizai.office.customers.tying import redeem
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.sources.register import office
from beizai.staff.models import User
from beizai.staff.roles import May


class AddForm(forms.Form):
    """What fits into twenty seconds: one of the three is enough."""

    all_optional = True

    name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=200)
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    email = forms.CharField(
        label=gettext_lazy("Email"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"inputmode": "email"}),
    )
    brought_by = forms.CharField(
        label=gettext_lazy("Code of who brought them"), required=False, max_length=24
    )


def points_of(form: forms.Form) -> list[tuple[str, str]]:
    """The contact points of an add form."""
    return [
        (channel, form.cleaned_data.get(channel, ""))
        for channel in ("email", "phone")
        if form.cleaned_data.get(channel)
    ]


@needs(May.EDIT_CUSTOMERS)
def add(request: HttpRequest) -> HttpResponse:
    """The form; a possible double is shown and can be opened instead, or the card is made all the same."""
    form = AddForm(request.POST or None, initial={"name": request.GET.get("name", "")})
    near: list[doubles.Double] = []
    if request.method == "POST" and form.is_valid():
        near = look(form, person(request))
        if not near or request.POST.get("all_the_same"):
            made = _make(request, form)
            if made is not None:
                deterministic.entered(made, now=frame().now)
                redeem(request, made.pk, form.cleaned_data["brought_by"], office(frame().now))
                where = request.POST.get("then", "")
                return (
                    redirect(f"/till/?customer={made.pk}")
                    if where == "till"
                    else redirect("customer", made.pk)
                )
    context = {"form": form, "near": near, "then": request.POST.get("then") or request.GET.get("then", "")}
    return render(request, "office/customers/add.html", context)


def look(form: forms.Form, reader: User) -> list[doubles.Double]:
    """Cards that may be the person of this form, of those the reader may open."""
    found = doubles.possible(
        name=form.cleaned_data.get("name", ""),
        given=points_of(form),
        country=frame().shop.country,
        among=sight.of(reader).within(),
    )
    return found


def _make(request: HttpRequest, form: forms.Form) -> Customer | None:
    new = cards.NewCard(
        name=form.cleaned_data["name"], points=points_of(form), branch_id=person(request).branch_id
    )
    here = frame()
    try:
        return cards.add(
            new, source=office(here.now), now=here.now, user=person(request), country=here.shop.country
        )
    except Invalid as error:
        form.add_error(_field(error, form), refusals.in_words(error))
        return None


def _field(error: Invalid, form: forms.Form) -> str | None:
    for name in ("email", "phone"):
        if form.cleaned_data.get(name) and form.cleaned_data[name].strip()[:40] in error.message:
            return name
    return None


@needs(May.EDIT_CUSTOMERS)
def doubles_fragment(request: HttpRequest) -> HttpResponse:
    """While typing: cards that may be the same person."""
    form = AddForm(request.GET)
    near = look(form, person(request)) if form.is_valid() else []
    return render(request, "office/customers/doubles.html", {"near": near, "hint": True})


@needs(May.SEE_CUSTOMERS, May.SEE_NAMES)
def pick_fragment(request: HttpRequest) -> HttpResponse:
    """While typing: the first cards that match, to choose one (till, ties)."""
    words = request.GET.get("who", "").strip()
    ids = search.first_ids(words, 6, among=sight.of(person(request)).within()) if words else []
    sight.sees(person(request), ids)
    found = Customer.objects.select_related("standing").in_bulk(ids)
    rows = [
        {"id": number, "name": display_name(found[number], person(request)), "card": found[number]}
        for number in ids
        if number in found
    ]
    return render(
        request,
        "office/customers/pick.html",
        {"rows": rows[:5], "more": len(ids) > 5, "words": words, "then": request.GET.get("then", "")},
    )


def reason_words(code: str) -> str:
    """Why a card may be the same person."""
    return {
        "same_email": _("same email"),
        "same_phone": _("same phone"),
        "near_name": _("nearly the same name"),
    }.get(code, code)
