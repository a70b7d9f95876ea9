"""Branches: each with its address, its people, what they may open of the book, and whom they served for others."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from beizai.base.errors import BeizaiError
from beizai.customers import access, targets
from beizai.office import people, refusals, sight
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.settings import tabs
from beizai.staff import audit, branches
from beizai.staff.models import Access, AuditEntry, Branch, User
from beizai.staff.roles import May

_SHOWN = 100
THEN = {  # where a look-up may lead; the card's number is filled in
    "card": "/customers/{n}/",
    "till": "/till/?customer={n}",
    "book": "/day/book/?customer={n}",
    "gift": "/gifts/take/?customer={n}",
    "talk": "/collection/conversations/new/?customer={n}",
}


def access_words(name: str) -> str:
    """What an access allows, in a sentence."""
    return {
        Access.WHOLE_BOOK: _("Everybody in the book."),
        Access.LOOK_UP: _(
            "Its own customers; anybody else by exact phone, email or customer number, and each time is written down."
        ),
        Access.OWN: _("Its own customers alone."),
    }[Access(name)]


def access_name(name: str) -> str:
    """An access in a few words."""
    return {
        Access.WHOLE_BOOK: _("the whole book"),
        Access.LOOK_UP: _("its own, and who stands before them"),
        Access.OWN: _("its own customers"),
    }[Access(name)]


class BranchForm(forms.Form):
    """One branch."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("As the till's files name it: who bought there is known by it."),
    )
    postal_address = forms.CharField(
        label=gettext_lazy("Postal address"),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    access = forms.ChoiceField(
        label=gettext_lazy("Its staff may open"), widget=forms.RadioSelect, initial=Access.WHOLE_BOOK
    )
    look_ups_a_day = forms.IntegerField(
        label=gettext_lazy("Customers of other branches one person may look up in a day"),
        min_value=0,
        max_value=10_000,
        initial=40,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["access"].choices = [  # type: ignore[attr-defined]
            (name, access_words(name)) for name in Access.values
        ]


@needs(May.CHANGE_SETTINGS)
def branches_page(request: HttpRequest) -> HttpResponse:
    """Every branch with how many customers it has and how many are wanted."""
    form = BranchForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _save(request, Branch(), form):
        return redirect("branches")
    rows = {one.pk: one for one in Branch.objects.all()}
    staff: dict[int, int] = {}
    for branch_id in User.objects.filter(is_active=True).values_list("branch_id", flat=True):
        staff[branch_id or 0] = staff.get(branch_id or 0, 0) + 1
    context = {
        "form": form,
        "tabs": tabs("branches"),
        "rows": [
            {
                "one": rows[aim.number],
                "aim": aim,
                "staff": staff.get(aim.number, 0),
                "access": access_name(rows[aim.number].access),
            }
            for aim in targets.aims("branch")
        ],
    }
    return render(request, "office/settings/branches.html", context)


@needs(May.CHANGE_SETTINGS)
def branch_page(request: HttpRequest, branch_id: int) -> HttpResponse:
    """One branch: what may be changed, who works there, whom they served for other branches."""
    found = branches.get(branch_id)
    initial = {name: getattr(found, name) for name in BranchForm.base_fields}
    form = BranchForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _save(request, found, form):
        return redirect("branches")
    context = {
        "form": form,
        "branch": found,
        "tabs": tabs("branches"),
        "staff": list(User.objects.filter(branch_id=branch_id).order_by("name", "pk")),
        "looked_up": _looked_up(branches.get(branch_id), person(request)),
    }
    return render(request, "office/settings/branch.html", context)


def _save(request: HttpRequest, branch: Branch, form: BranchForm) -> bool:
    try:
        saved = branches.change(branch, **form.cleaned_data)
    except BeizaiError as error:
        form.add_error("name", refusals.in_words(error))
        return False
    audit.record("branch.saved", at=frame().now, user=person(request), branch=saved.name, access=saved.access)
    messages.success(request, _("Saved."))
    return True


def _looked_up(branch: Branch, reader: User) -> list[dict[str, Any]]:
    """Whom this branch opened of other branches, the latest first."""
    rows = AuditEntry.objects.filter(
        action__in=(access.LOOKED_UP, access.MISSED), user__branch=branch
    ).select_related("user")
    found = list(rows.order_by("-at", "-pk")[:_SHOWN])
    names = people.names(reader, {row.customer_id for row in found if row.customer_id})
    return [
        {
            "at": row.at,
            "who": str(row.user),
            "id": row.customer_id,
            "name": names.get(row.customer_id or 0, ""),
        }
        for row in found
    ]


@require_POST
@needs(May.CHANGE_SETTINGS)
def remove(request: HttpRequest, branch_id: int) -> HttpResponse:
    """Takes a branch out that nobody works at."""
    found = branches.get(branch_id)
    try:
        branches.remove(found)
    except BeizaiError as error:
        messages.error(request, refusals.in_words(error))
        return redirect("branch", branch_id)
    audit.record("branch.removed", at=frame().now, user=person(request), branch=found.name)
    messages.success(request, _("Taken out."))
    return redirect("branches")


@require_POST
@needs(May.MANAGE_USERS)
def place(request: HttpRequest, user_id: int) -> HttpResponse:
    """At which branch somebody works."""
    chosen = request.POST.get("branch", "")
    branch = branches.get(int(chosen)) if chosen.isdecimal() and len(chosen) < 10 else None
    user = branches.place(people.colleague(user_id), branch)
    audit.record(
        "user.branch",
        at=frame().now,
        user=person(request),
        user_id=user.pk,
        branch=branch.name if branch else "",
    )
    where = {"who": user, "branch": branch.name if branch else _("no branch")}
    messages.success(request, _("%(who)s: %(branch)s.") % where)
    return redirect("users")


@needs(May.USE_TILL, May.SEE_NAMES)
def look_up(request: HttpRequest) -> HttpResponse:
    """Somebody of another branch stands here: their exact phone, email or number opens the card for today, and is written down."""
    who = sight.of(person(request))
    given = request.POST if request.method == "POST" else request.GET
    words, then = given.get("q", "").strip(), given.get("then", "")
    then = then if then in THEN else "card"
    wrong, found = "", None
    if request.method == "POST" and words:
        try:
            found = access.look_up(who, words, country=frame().shop.country, now=frame().now)
        except BeizaiError as error:
            wrong = refusals.in_words(error)
        else:
            if len(found) == 1:
                return redirect(THEN[then].format(n=found[0]))
    names = people.names(person(request), found or [])
    context = {
        "words": words,
        "then": then,
        "wrong": wrong,
        "nobody": found == [],
        "found": [(THEN[then].format(n=number), names[number]) for number in found or []],
        "may_look": who.branch is not None and who.branch.access == Access.LOOK_UP,
    }
    return render(request, "office/customers/look_up.html", context)


urlpatterns = [
    path("settings/branches/", branches_page, name="branches"),
    path("settings/branches/<int:branch_id>/", branch_page, name="branch"),
    path("settings/branches/<int:branch_id>/remove/", remove, name="branch_remove"),
    path("settings/users/<int:user_id>/branch/", place, name="user_branch"),
    path("customers/look-up/", look_up, name="look_up"),
]
