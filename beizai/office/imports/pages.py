"""Imports: the list, what each did, its undo with what stays, the rows kept aside."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from beizai.base import home
from beizai.base.errors import NotFound
from beizai.imports import files
from beizai.imports.models import Import
from beizai.office.frame import frame
from beizai.office.imports import drafts, told
from beizai.office.paging import Key, by_key
from beizai.office.permissions import needs, person
from beizai.office.shell import forget_tallies, tally
from beizai.office.tabs import hang, tabs
from beizai.office.wording import number
from beizai.staff import audit
from beizai.staff.roles import May

_SHOWN = 200

hang("collection", "imports", gettext_lazy("Files"), "imports", May.IMPORT, place=10)


@dataclass(frozen=True)
class Line:
    """One import in the list."""

    row: Import
    kind: str
    state: str
    badge: str


@require_safe
@needs(May.IMPORT)
def imports(request: HttpRequest) -> HttpResponse:
    """The list, the latest first, and uploads that were begun."""
    rows = Import.objects.select_related("source")
    page = by_key(rows, Key("pk"), falls=True, params=request.GET, total=rows.count())
    return render(
        request,
        "office/imports/list.html",
        {
            "page": page,
            "lines": [line(row) for row in page.rows],
            "drafts": drafts.waiting(),
            "kinds": told.kinds(),
            "tabs": tabs(person(request), "collection", "imports"),
        },
    )


def line(row: Import) -> Line:
    """An import in words."""
    state, badge = told.states().get(row.state, (row.state, ""))
    return Line(row, told.kinds().get(row.kind, row.kind), state, badge)


def _import(number: int) -> Import:
    found = Import.objects.select_related("source", "user", "undone_by").filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no import %(n)s.") % {"n": number}, hint=_("See the list of imports."))
    return found


@require_safe
@needs(May.IMPORT)
def one_import(request: HttpRequest, number: int) -> HttpResponse:
    """What an import did."""
    row = _import(number)
    return render(
        request,
        "office/imports/import.html",
        {
            "line": line(row),
            "row": row,
            "did": _did(row),
            "asides": _asides(row),
            "remarks": _remarks(row),
            "columns": [(told.field(name), header) for name, header in row.columns.items()],
            "undone": _undone(row),
        },
    )


def _did(row: Import) -> list[tuple[str, str]]:
    pairs = [
        (_("Rows"), row.rows),
        (_("Brought in"), row.accepted),
        (_("Kept aside"), row.rejected),
        (_("Orders"), row.orders),
        (_("New orders"), row.new_orders),
        (_("Replaced orders"), row.changed_orders),
        (_("Orders known already"), row.known_orders),
        (_("Rows without a customer"), row.anonymous_rows),
        (_("Customers in the file"), row.customers),
        (_("New customers"), row.new_customers),
        (_("Cards added to"), row.changed_customers),
        *_met(row),
    ]
    always = {_("Rows"), _("Brought in"), _("Kept aside")}
    return [(name, number(value)) for name, value in pairs if value or name in always]


def _met(row: Import) -> list[tuple[str, int]]:
    """By what its customers were known, and how many pairs wait for a person since."""
    by, pairs = row.choices.get("met", {}), int(row.choices.get("doubted_pairs", 0))
    return [
        (_("Rows known by number"), by.get("number", 0) + by.get("zeros", 0)),
        (_("Rows known by email"), by.get("email", 0)),
        (_("Rows known by phone and name"), by.get("phone", 0)),
        (_("Pairs that wait under One person?"), pairs),
    ]


def _asides(row: Import) -> list[tuple[str, str]]:
    reasons = sorted(row.reasons.items(), key=lambda item: -int(item[1]))
    return [(told.aside(reason), number(int(count))) for reason, count in reasons]


def _remarks(row: Import) -> list[tuple[told.Rule, str, str]]:
    return [
        (told.repair(one["code"]), number(int(one["count"])), str(one.get("example", "")))
        for one in row.remarks
        if one.get("done", True)
    ]


def _undone(row: Import) -> dict[str, Any]:
    """What was taken out and restored, and what stays, with its reason."""
    names = {
        "orders_out": _("Orders taken out"),
        "orders_restored": _("Earlier orders restored"),
        "customers_out": _("Cards taken out"),
        "customers_stayed": _("Cards that stay"),
        "changes_restored": _("Facts restored"),
        "changes_stayed": _("Facts that stay: changed since"),
        "products_out": _("Products taken out"),
        "products_restored": _("Products as they were before"),
        "attributes_out": _("Attributes taken out"),
    }
    counts = [
        (names[name], number(int(value))) for name, value in row.undone.items() if name in names and value
    ]
    stayed = row.undone.get("stayed", [])
    shown = [(customer_id, name, told.stays(why)) for customer_id, name, why in stayed[:_SHOWN]]
    return {
        "counts": counts,
        "stays": shown,
        "products": [code for _pk, code in row.undone.get("products_changed", [])[:_SHOWN]],
        "bring_again": row.undone.get("bring_again", []),
        "more": max(int(row.undone.get("customers_stayed", 0)) - len(shown), 0),
    }


@require_POST
@needs(May.IMPORT)
def undo(request: HttpRequest, number: int) -> HttpResponse:
    """Takes it out of the book. What somebody has since edited or written to stays, and is listed."""
    files.undo(number, now=frame().now, by=person(request))
    forget_tallies()
    messages.success(request, _("The import is out of the book. What it had replaced is back."))
    return redirect("import", number)


@require_safe
@needs(May.IMPORT)
def aside(request: HttpRequest) -> HttpResponse:
    """Rows kept aside, import by import, with their reasons; corrected in the file, they come in with the next import."""
    rows = Import.objects.select_related("source").filter(rejected__gt=0)
    page = by_key(rows, Key("pk"), falls=True, params=request.GET, total=rows.count())
    context = {
        "page": page,
        "lines": [(line(row), _asides(row)) for row in page.rows],
        "tabs": tabs(person(request), "collection", "imports"),
    }
    return render(request, "office/imports/aside.html", context)


@require_safe
@needs(May.IMPORT)
def aside_file(request: HttpRequest, number: int) -> HttpResponse:
    """The rows kept aside with their reasons, as a file."""
    row = _import(number)
    found = (home.current().root / row.aside).resolve() if row.aside else None
    if found is None or not found.is_file() or not found.is_relative_to(home.current().root.resolve()):
        raise NotFound(_("Nothing of this import was kept aside."), hint=_("See what it brought in."))
    audit.record("import.kept_aside_taken", at=frame().now, user=person(request), import_id=number)
    return cast(HttpResponse, FileResponse(found.open("rb"), as_attachment=True, filename=Path(found).name))


@needs()
def collection(request: HttpRequest) -> HttpResponse:
    """Collection begins with the first page of it that this person may open."""
    open_to = tabs(person(request), "collection", "")
    if not open_to:
        raise PermissionDenied
    return redirect(open_to[0].url)


@tally("collection")
def waiting_files() -> int:
    """Uploads that were begun and wait for somebody to go on."""
    return len(drafts.waiting())
