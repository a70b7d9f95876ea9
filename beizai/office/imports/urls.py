"""The addresses of collection: imports, what is kept aside."""

from django.urls import path

from beizai.office.imports import pages, wizard

_FILE = "collection/imports/new/<slug:token>/"
_ONE = "collection/imports/<int:number>/"

urlpatterns = [
    path("collection/", pages.collection, name="collection"),
    path("collection/imports/", pages.imports, name="imports"),
    path("collection/imports/new/", wizard.new, name="import_new"),
    path(f"{_FILE}columns/", wizard.columns, name="import_columns"),
    path(f"{_FILE}check/", wizard.check, name="import_check"),
    path(f"{_FILE}bring-in/", wizard.bring_in, name="import_in"),
    path(f"{_FILE}forget/", wizard.forget, name="import_forget"),
    path(_ONE, pages.one_import, name="import"),
    path(f"{_ONE}undo/", pages.undo, name="import_undo"),
    path(f"{_ONE}kept-aside/", pages.aside_file, name="import_aside"),
    path("collection/kept-aside/", pages.aside, name="aside"),
]
