"""What was refused is said in the language of whoever reads."""

from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.utils import translation

from beizai.base.errors import Invalid, Phrase
from beizai.office import refusals

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Catalog(locale="fr")
    made.add("{where} has {n:,} rows of {on}.", "{n:,} lignes du {on} : {where}.")
    made.add("The file", "Le fichier")
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "refusals.mo").open("wb") as file:
        write_mo(file, made)
    monkeypatch.setattr(refusals, "LOCALES", tmp_path)
    refusals._catalogue.cache_clear()
    yield
    refusals._catalogue.cache_clear()


def _refused() -> Invalid:
    return Invalid(
        "{where} has {n:,} rows of {on}.",
        where=Phrase("The file"),
        n=12345,
        on=date(2026, 3, 31),
        hint="Try.",
    )


def test_the_template_is_looked_up_and_its_values_are_filled_in() -> None:
    with translation.override("fr"):
        assert refusals.in_words(_refused()) == "12\u202f345 lignes du 31 mars 2026 : Le fichier. Try."


def test_what_nobody_translated_is_said_in_english() -> None:
    with translation.override("zh-hans"):
        assert refusals.in_words(_refused()) == "The file has 12,345 rows of 2026年3月31日.Try."
    assert refusals.in_words(_refused()) == "The file has 12,345 rows of 31 Mar 2026. Try."


def test_a_text_without_a_template_is_said_as_it_is() -> None:
    with translation.override("fr"):
        assert refusals.said("{where} as it is") == "{where} as it is"
        assert refusals.said(Phrase("")) == ""
