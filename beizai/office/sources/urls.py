"""The addresses of sources and targets."""

from django.urls import path

from beizai.office.sources import pages, targets

_ONE = "collection/sources/<int:source_id>/"

urlpatterns = [
    path("collection/sources/", pages.sources, name="sources"),
    path("collection/sources/new/", pages.edit, name="source_new"),
    path(_ONE, pages.source, name="source"),
    path(f"{_ONE}edit/", pages.edit, name="source_edit"),
    path(f"{_ONE}basis/", pages.say_basis, name="source_basis"),
    path(f"{_ONE}lift/", pages.lift, name="source_lift"),
    path("results/targets/", targets.targets, name="targets"),
]
