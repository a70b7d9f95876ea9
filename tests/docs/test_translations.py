"""Whatever the office says, it says in every language it offers; what is compiled is what was translated."""

import gettext
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "beizai" / "office" / "locale"
LANGUAGES = ("fr", "zh_Hans")


def _catalog(language: str, locales: Path = LOCALES) -> Catalog:
    with (locales / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def _wanted(message: Message) -> tuple[str, ...]:
    texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return tuple(texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_was_translated(language: str) -> None:
    with (LOCALES / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    stale = [
        message.id
        for message in _catalog(language)
        if isinstance(message.id, str) and message.id and message.string and not message.fuzzy
        and (compiled.pgettext(message.context, message.id) if message.context else compiled.gettext(message.id)) != message.string
    ]  # fmt: skip
    assert not stale, "compile it: msgfmt -o django.mo django.po"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    missing = [
        message.id
        for message in _catalog(language)
        if message.id and (message.fuzzy or not all(_wanted(message)))
    ]
    assert not missing, f"{len(missing)} sentences have no {language}"


def test_every_sentence_of_the_office_is_in_the_catalogues(tmp_path: Path) -> None:
    if not shutil.which("xgettext"):
        if os.environ.get("CI") == "true":
            pytest.fail("gettext is missing, and with CI=true nothing is left out: apt-get install gettext")
        pytest.skip("gettext: apt-get install gettext")
    shutil.copytree(
        ROOT / "beizai" / "office", tmp_path / "office", ignore=shutil.ignore_patterns("__pycache__")
    )
    settings = ["--no-location", "--no-wrap", "-l", "fr", "--pythonpath", str(ROOT)]
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", *settings],
        cwd=tmp_path / "office",
        env={key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"},
        check=True,
        capture_output=True,
    )
    known = {(message.context, message.id) for message in _catalog("fr")}
    said = {(message.context, message.id) for message in _catalog("fr", tmp_path / "office" / "locale")}
    assert not {text for _, text in said - known}, "run makemessages, and translate them"
