"""Home: where the book stands today, drawn as the loop, and what is worth doing this week."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _

from beizai.office.frame import frame
from beizai.office.permissions import needs, person


@needs()
def home(request: HttpRequest) -> HttpResponse:
    """The first page of the morning."""
    return render(
        request, "office/home.html", {"greeting": greeting(person(request).name), "today": frame().now}
    )


def greeting(name: str) -> str:
    """A word of the hour; with the first name where it is known."""
    hour = frame().now.astimezone(frame().zone).hour
    first = name.split(" ", maxsplit=1)[0] if frame().language != "zh-hans" else name
    if not first:
        return _("Good morning.") if hour < 12 else _("Good afternoon.") if hour < 18 else _("Good evening.")
    words = (
        _("Good morning, %(name)s.")
        if hour < 12
        else _("Good afternoon, %(name)s.")
        if hour < 18
        else _("Good evening, %(name)s.")
    )
    return words % {"name": first}


urlpatterns = [path("", home, name="home")]
