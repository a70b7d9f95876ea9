"""Help: the loop, the words, the keys."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from beizai.office.permissions import needs


@needs()
def help_page(request: HttpRequest) -> HttpResponse:
    """One page that explains the book."""
    return render(request, "office/help.html")


urlpatterns = [path("help/", help_page, name="help")]
