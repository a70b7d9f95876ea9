"""Taking customers out to Excel: who may, what, and a line in the record of what was done."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from beizai.customers import export as sheets
from beizai.customers import search
from beizai.office import exports
from beizai.office.customers import listing
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.staff import audit
from beizai.staff.roles import May, may

_SEARCHED_AT_MOST = 100_000


@needs(May.SEE_CUSTOMERS, May.EXPORT)
def export(request: HttpRequest) -> HttpResponse:
    """The cards that match the list's address, as a workbook, or as CSV with `as=csv`."""
    what = listing.asked(request)
    found = search.first_ids(what.words, _SEARCHED_AT_MOST) if what.words else None
    rows = listing.matching(what, found=found)
    stop = exports.stopped(request, rows.count())
    if stop is not None:
        return stop
    ids: Iterator[int] = rows.order_by().values_list(what.paths.id, flat=True).iterator(chunk_size=5000)
    here = frame()
    sheet = sheets.sheet(
        ids,
        currency=here.shop.currency,
        contact_points=may(person(request), May.SEE_CONTACT_POINTS),
        head=head_words,
    )
    kind = "csv" if request.GET.get("as") == "csv" else "xlsx"
    with tempfile.TemporaryDirectory(prefix="beizai-export-") as folder:
        path = Path(folder) / f"customers.{kind}"
        written = (
            sheets.write_csv(sheet, path)
            if kind == "csv"
            else sheets.write_xlsx(sheet, path, name=_("Customers"))
        )
        content = path.read_bytes()
    audit.record(
        "customers.exported",
        at=here.now,
        user=person(request),
        rows=written,
        filters=request.GET.urlencode(),
        kind=kind,
    )
    name = f'attachment; filename="customers-{here.today.isoformat()}.{kind}"'
    return HttpResponse(content, content_type=_TYPES[kind], headers={"Content-Disposition": name})


_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def head_words(key: str) -> str:
    """The head of a column in the reader's language."""
    return {
        "customer": _("Card"),
        "name": _("Name"),
        "given_name": _("Given name"),
        "family_name": _("Family name"),
        "country": _("Country"),
        "language": _("Language"),
        "birthday_on": _("Birthday"),
        "postal_address": _("Postal address"),
        "email": _("Email"),
        "phone": _("Phone"),
        "messenger": _("Messenger"),
        "numbers": _("Numbers in other books"),
        "tags": _("Tags"),
        "first_order_on": _("First order"),
        "last_order_on": _("Last order"),
        "purchase_days": _("Purchase days"),
        "spent": _("Spent in all"),
        "spent_12m": _("Spent, 12 months"),
        "tier": _("Tier"),
        "stage": _("Stage"),
        "type": _("Type"),
        "simulated": _("Simulated"),
    }.get(key, key)
