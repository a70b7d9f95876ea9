"""What a customers file would do is seen before anything is written: in the file's own cells, the old value beside the new."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from beizai.base.home import Home
from beizai.customers.models import Customer
from beizai.imports.files import Preview, Wish, bring_in, preview
from beizai.staff.shop import shop

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FILE = (
    "Code client;Nom;Code postal;Portable;E-mail;Date de naissance;Pays\n"
    "0012;Aubert Nathalie;1240;0639980147;n.aubert@example.test;25/04/1980;France\n"
    "13;Perrin;69003;3.36E+10;p@example.test;;France\n"
    "14;De La Roche;69450;;mc@gmial.com;31/02/1975;France\n"
    "1.2E+11;Perdu;69100;;;;France\n"
    "16;De La Roche;;;mc@gmial.com;;\n"
    ";De La Roche;;;mc@gmial.com;;\n"
)


@pytest.fixture
def path(home: Home, tmp_path: Path) -> Path:
    the_shop = shop()
    the_shop.currency, the_shop.timezone, the_shop.country = "EUR", "Europe/Paris", "FR"
    the_shop.save()
    found = tmp_path / "customers.csv"
    found.write_text(FILE, encoding="utf-8")
    return found


def seen(path: Path, **repairs: bool) -> Preview:
    return preview(path, kind="customers", source="Shop", now=NOW, wish=Wish(repairs=repairs))


def cells(found: Preview) -> dict[tuple[int, str], tuple[str, str, str, str]]:
    letters = [column.letter for column in found.staged.columns]
    return {
        (row.row_no, letter): (cell.text, cell.after, cell.code, cell.state)
        for row in found.rows_shown
        for letter, cell in zip(letters, row.cells, strict=True)
        if cell.state
    }


def test_each_mended_cell_shows_what_stood_there_what_it_becomes_and_the_rule(path: Path) -> None:
    assert cells(seen(path)) == {
        (2, "C"): ("1240", "01240", "postcode_zeros", "fix"),
        (2, "D"): ("0639980147", "+33639980147", "phones_national", "fix"),
        (2, "F"): ("25/04/1980", "1980-04-25", "date_style", "fix"),
        (3, "D"): ("3.36E+10", "", "phones_lost", "out"),
        (4, "E"): ("mc@gmial.com", "mc@gmail.com", "email_typos", "ask"),
        (4, "F"): ("31/02/1975", "", "birthdays_left_out", "out"),
        (5, "A"): ("1.2E+11", "", "digits_lost", "out"),
        (6, "E"): ("mc@gmial.com", "mc@gmail.com", "email_typos", "ask"),
        (7, "E"): ("mc@gmial.com", "mc@gmail.com", "email_typos", "ask"),
    }
    assert not Customer.objects.exists()


def test_a_proposal_that_is_taken_is_a_repair_and_one_that_is_left_still_counts(path: Path) -> None:
    assert cells(seen(path, email_typos=True))[4, "E"][3] == "fix"
    left = {one.code: (one.rows, one.done) for one in seen(path, same_person=False).repairs}
    assert left["same_person"] == (1, False)
    assert seen(path, same_person=False).happens["new_customers"] == 5


def test_whom_the_book_knows_is_said_by_what(path: Path) -> None:
    bring_in(path, kind="customers", source="Shop", now=NOW)
    again = seen(path)
    assert (again.happens["known_by_number"], again.happens["new_customers"]) == (4, 0)
    assert again.known[0][0] == "number"
