"""The addresses of sources."""

from django.urls import path

from beizai.office.sources import pages

urlpatterns = [
    path("collection/sources/", pages.sources, name="sources"),
]
