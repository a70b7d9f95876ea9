"""What was refused is said in the language of whoever reads."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.utils import translation

from beizai.base.errors import Invalid, Phrase
from beizai.office import refusals, waiting
from beizai.worker import jobs
from beizai.worker.jobs import Step

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
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
    with translation.override("en"):
        assert refusals.in_words(_refused()) == "The file has 12,345 rows of 31 Mar 2026. Try."


def test_a_text_without_a_template_is_said_as_it_is() -> None:
    with translation.override("fr"):
        assert refusals.said("{where} as it is") == "{where} as it is"
        assert refusals.said(Phrase("")) == ""


def test_a_job_refused_in_the_background_says_why_to_whoever_looks() -> None:
    def refuse(arguments: Mapping[str, Any], position: Mapping[str, Any]) -> Step:
        raise _refused()

    now = datetime(2026, 5, 4, 9, tzinfo=UTC)
    jobs.register("refuse", refuse)
    job = jobs.ask("refuse", now=now)
    jobs.run_next(("refuse",), owner="me", now=lambda: now)
    jobs._handlers.pop("refuse")
    job.refresh_from_db()
    assert job.error == str(_refused())
    with translation.override("fr"):
        assert waiting._why(job) == "12\u202f345 lignes du 2026-03-31 : Le fichier. Try."
