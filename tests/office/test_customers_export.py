"""Cards taken out: everything in its column, nothing that runs."""

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from beizai.base.cells import plain_cell
from beizai.customers import cards, export, remarks
from beizai.customers.models import AttributeDefinition, Standing
from beizai.sources.register import office

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)


def book() -> list[int]:
    source = office(NOW)
    AttributeDefinition.objects.create(key="tea", label="Tea")
    AttributeDefinition.objects.create(key="health", label="Health", sensitive=True)
    one = cards.add(
        cards.NewCard(
            name="=HYPERLINK(1)",
            points=[("email", "e@example.test"), ("phone", "+33639980012")],
            simulated=True,
        ),
        source=source,
        now=NOW,
    )
    facts = {"tea": "+Oolong", "health": "secret"}
    cards.edit(one.pk, {}, new_facts=facts, revision=0, source=source, now=NOW)
    remarks.add_tag(one.pk, "@home", source=source, now=NOW)
    Standing.objects.filter(pk=one.pk).update(spent_minor=-1250, last_order_on=date(2026, 3, 31))
    other = cards.add(cards.NewCard(name="陈雨桐"), source=source, now=NOW)
    return [other.pk, one.pk]


def test_a_csv_keeps_order_and_cannot_run(tmp_path: Path) -> None:
    ids = book()
    path = tmp_path / "customers.csv"
    assert export.write_csv(export.sheet(ids, currency="EUR", contact_points=True), path) == 2
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert [row["name"] for row in rows] == ["陈雨桐", "'=HYPERLINK(1)"]
    last = rows[1]
    assert (last["phone"], last["tags"], last["Tea"]) == ("'+33639980012", "'@home", "'+Oolong")
    assert (last["spent"], last["last_order_on"], last["simulated"]) == ("-12.5", "2026-03-31", "SIMULATED")
    assert "Health" not in last


def test_a_workbook_holds_text_as_text_and_dates_as_dates(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    export.write_xlsx(export.sheet(book(), currency="EUR", contact_points=True), path)
    page = openpyxl.load_workbook(path).active
    heads = [cell.value for cell in page[1]]
    row = dict(zip(heads, page[3], strict=True))
    assert row["name"].value == "=HYPERLINK(1)"
    assert row["name"].data_type == "s"
    assert row["last_order_on"].value == datetime(2026, 3, 31)
    assert row["email"].hyperlink is None


def test_without_permission_no_contact_point_goes_out(tmp_path: Path) -> None:
    found = export.sheet(book(), currency="EUR", contact_points=False)
    assert not {"email", "phone", "postal_address"} & set(found.heads)
    assert all("e@example.test" not in map(str, row) for row in found.rows)


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1"])
def test_what_could_run_is_kept_from_running(text: str) -> None:
    assert plain_cell(text) == f"'{text}"
