"""You: your language, your light, your password, and the way out; and the phone's page of everything else."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from beizai.office.permissions import needs, person
from beizai.staff.models import User

_YEAR_SECONDS = 365 * 24 * 3600


class YouForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person may say about themselves."""

    theme = forms.ChoiceField(
        label=gettext_lazy("Light or dark"),
        required=False,
        choices=[
            ("", gettext_lazy("As my device")),
            ("light", gettext_lazy("Always light")),
            ("dark", gettext_lazy("Always dark")),
        ],
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=[("en", "English"), ("zh-hans", "简体中文"), ("fr", "Français")],
    )

    class Meta:
        model = User
        fields = ["name", "language", "theme"]
        labels = {"name": gettext_lazy("Your name")}


@needs()
def you(request: HttpRequest) -> HttpResponse:
    """Your own page."""
    user = person(request)
    initial = {"language": user.language or request.frame.language}  # type: ignore[attr-defined]
    form = YouForm(request.POST or None, instance=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        form.save()
        translation.activate(user.language)
        messages.success(request, _("Saved."))
        return _with_language(redirect("you"), user.language)
    return render(request, "office/you.html", {"form": form})


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The other language, here and from now on."""
    code = request.POST.get("language", "")
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    if code not in dict(settings.LANGUAGES):
        return redirect(back)
    if request.user.is_authenticated:
        User.objects.filter(pk=person(request).pk).update(language=code)
    return _with_language(redirect(back), code)


def _with_language(response: HttpResponse, code: str) -> HttpResponse:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=_YEAR_SECONDS, samesite="Lax", httponly=True
    )
    return response


@needs()
def more(request: HttpRequest) -> HttpResponse:
    """The phone's page of what does not fit its bar."""
    return render(request, "office/more.html")


urlpatterns = [
    path("you/", you, name="you"),
    path("language/", language, name="language"),
    path("more/", more, name="more"),
]
