"""Users: who works with the book, in which role, and the one-time link by which they set their password."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from beizai.base.errors import BeizaiError, Forbidden
from beizai.office import people, refusals
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.settings import tabs
from beizai.office.shell import role_name
from beizai.staff import accounts, audit
from beizai.staff.models import Branch, Role, User
from beizai.staff.roles import May


def role_words(role: str) -> str:
    """What a role may do, in a sentence."""
    return {
        Role.OWNER.value: _("Everything, with settings and users."),
        Role.MARKETER.value: _("Everything but settings and users."),
        Role.STAFF.value: _("The card and the till; no export, no campaigns."),
        Role.ANALYST.value: _("Value, segments and results; no names, no contact points."),
    }[role]


class UserForm(forms.Form):
    """Somebody new."""

    email = forms.CharField(label=gettext_lazy("Email"), max_length=254)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), widget=forms.RadioSelect, initial=Role.STAFF)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = [(role, f"{role_name(role)}: {role_words(role)}") for role in Role.values]
        self.fields["role"].choices = roles  # type: ignore[attr-defined]


@needs(May.MANAGE_USERS)
def users(request: HttpRequest) -> HttpResponse:
    """Everybody who may log in."""
    form = UserForm(request.POST or None)
    link = request.session.pop("one_time_link", None)
    if request.method == "POST" and form.is_valid():
        made = _add(request, form)
        if made is not None:
            request.session["one_time_link"] = {"who": str(made), "link": accounts.password_link(made)}
            return redirect("users")
    context = {
        "form": form,
        "link": link,
        "tabs": tabs("users"),
        "users": [
            {"one": one, "role": role_name(one.role), "self": one.pk == person(request).pk}
            for one in User.objects.select_related("branch").order_by("-is_active", "pk")
        ],
        "roles": [(role, role_name(role), role_words(role)) for role in Role.values],
        "branches": list(Branch.objects.order_by("name")),
    }
    return render(request, "office/settings/users.html", context)


def _add(request: HttpRequest, form: UserForm) -> User | None:
    data = form.cleaned_data
    try:
        made = accounts.add(data["email"], role=accounts.role_named(data["role"]), name=data["name"])
    except BeizaiError as error:
        form.add_error("email", refusals.in_words(error))
        return None
    audit.record("user.added", at=frame().now, user=person(request), user_id=made.pk, role=made.role)
    return made


@require_POST
@needs(May.MANAGE_USERS)
def role(request: HttpRequest, user_id: int) -> HttpResponse:
    """Another role; the last owner stays one."""
    found = people.colleague(user_id)
    try:
        accounts.change_role(found, accounts.role_named(request.POST.get("role", "")))
    except Forbidden as error:
        messages.error(request, refusals.in_words(error))
    else:
        audit.record("user.role", at=frame().now, user=person(request), user_id=found.pk, role=found.role)
        messages.success(request, _("%(who)s: %(role)s.") % {"who": found, "role": role_name(found.role)})
    return redirect("users")


@require_POST
@needs(May.MANAGE_USERS)
def link(request: HttpRequest, user_id: int) -> HttpResponse:
    """A one-time link to set a new password, shown once."""
    found = people.colleague(user_id)
    request.session["one_time_link"] = {"who": str(found), "link": accounts.password_link(found)}
    audit.record("user.link", at=frame().now, user=person(request), user_id=found.pk)
    return redirect("users")


@require_POST
@needs(May.MANAGE_USERS)
def switch(request: HttpRequest, user_id: int) -> HttpResponse:
    """Switches an account off, or on again; nobody switches themselves off."""
    found = people.colleague(user_id)
    if found.pk == person(request).pk:
        messages.error(request, _("You cannot switch yourself off. Ask another owner."))
        return redirect("users")
    User.objects.filter(pk=found.pk).update(is_active=not found.is_active)
    audit.record(
        "user.switched", at=frame().now, user=person(request), user_id=found.pk, active=not found.is_active
    )
    return redirect("users")


urlpatterns = [
    path("settings/users/", users, name="users"),
    path("settings/users/<int:user_id>/role/", role, name="user_role"),
    path("settings/users/<int:user_id>/link/", link, name="user_link"),
    path("settings/users/<int:user_id>/switch/", switch, name="user_switch"),
]
