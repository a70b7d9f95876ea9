"""Every refusal can be said in the reader's language, and is."""

import gettext
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from docs import refusals

_PLACES = re.compile(r"\{\{|\}\}|\{\w+(?::[^{}]*)?\}")


def test_every_refusal_is_a_template_whose_values_have_their_places() -> None:
    assert refusals.faults() == []


@pytest.mark.parametrize("language", refusals.LANGUAGES)
def test_every_refusal_is_translated(language: str) -> None:
    missing = refusals.untranslated(language)
    assert not missing, (
        f"{len(missing)} refusals have no {language}: 'python -m docs write', and translate them"
    )


@pytest.mark.parametrize("language", refusals.LANGUAGES)
def test_the_catalogue_says_what_the_program_says(language: str) -> None:
    assert not refusals.is_stale(language), "run 'python -m docs write'"


@pytest.mark.parametrize("language", refusals.LANGUAGES)
def test_a_translation_has_the_places_of_its_text(language: str) -> None:
    odd = [
        message.id
        for message in refusals.catalogue(language)
        if message.string
        and sorted(set(_PLACES.findall(message.id))) != sorted(set(_PLACES.findall(message.string)))
    ]
    assert odd == []


@pytest.mark.parametrize("language", refusals.LANGUAGES)
def test_what_is_compiled_is_what_was_translated(language: str) -> None:
    found = gettext.translation("refusals", refusals.LOCALES, languages=[language])
    said = [(m.id, m.string) for m in refusals.catalogue(language) if m.id and m.string]
    assert [text for text, words in said if found.gettext(text) != words] == []


def test_the_texts_of_a_choice_are_each_collected() -> None:
    code = 'Invalid("a {x}" if x else "b", hint=Phrase("c"), x=1)'
    tree = refusals.ast.parse(code, mode="eval").body
    assert list(refusals.literals(tree.args[0])) == ["a {x}", "b"]
    assert "no place for y" in _fault_in('Invalid("a {x}", x=1, y=2)')


def _fault_in(code: str) -> str:
    node = refusals.ast.parse(code, mode="eval").body
    named = frozenset(one.arg for one in node.keywords)
    call = refusals.Call(node.func.id, node.args[0], None, named, refusals.ROOT / "beizai" / "x.py", 1)
    return " ".join(refusals._faults(call))


def test_the_office_shows_no_refusal_past_the_catalogue() -> None:
    bare = re.compile(r"\b(error|wrong|refused)\.(message|hint)\b|\bstr\((error|wrong|refused)\)")
    told = re.compile(r" in error\.message")  # which field is meant: asked of the English, never shown
    shown = [
        f"{path.relative_to(refusals.ROOT)}:{number}"
        for path in sorted((refusals.ROOT / "beizai" / "office").rglob("*"))
        if path.suffix in (".py", ".html")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if bare.search(told.sub("", line))
    ]
    assert not shown, "use refusals.in_words(error), or {{ error.phrase|said }}"
