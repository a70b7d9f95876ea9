"""A refusal is a template and its values: filled in English here, in the reader's language by a face."""

import copy
import json
import pickle
from pathlib import Path

import pytest

from beizai.base.errors import BeizaiError, Forbidden, Invalid, NotFound, Phrase, Unavailable, filled


def _no_segment() -> Invalid:
    return Invalid(
        "There is no segment “{name}”.", name="gold", hint="There are: {names}.", names="a, b", code="segment"
    )


def test_values_are_filled_into_the_message_and_the_hint() -> None:
    error = _no_segment()
    assert error.message == "There is no segment “gold”."
    assert error.hint == "There are: a, b."
    assert str(error) == "There is no segment “gold”. There are: a, b."
    assert error.code == "segment"


def test_the_template_and_the_values_are_kept() -> None:
    error = _no_segment()
    assert error.template == "There is no segment “{name}”."
    assert error.hint_template == "There are: {names}."
    assert error.values == {"name": "gold", "names": "a, b"}


def test_a_text_without_values_is_taken_as_it_stands() -> None:
    error = NotFound("Nothing under {{ customer.name }} {x}.", hint='{"op": "all"}')
    assert (error.message, error.hint) == ("Nothing under {{ customer.name }} {x}.", '{"op": "all"}')
    assert error.values == {}


def test_braces_of_a_value_are_never_filled_again() -> None:
    error = Invalid("“{text}” of {name}", text="{name} {{x}} {0.__class__}", name="Mei")
    assert error.message == "“{name} {{x}} {0.__class__}” of Mei"


def test_doubled_braces_stand_for_one_where_there_are_values() -> None:
    assert Invalid("{{{name}}} and {{{{ x }}}}", name="a").message == "{a} and {{ x }}"


@pytest.mark.parametrize(
    "text", ["{missing}", "{0}", "{}", "{name.__class__}", "{name[0]}", "{ name }", "{name", "}"]
)
def test_raising_never_fails_for_a_place_that_cannot_be_filled(text: str) -> None:
    assert Invalid(text, name="Mei").message == text


def test_a_number_is_written_in_the_form_the_template_gives() -> None:
    assert Invalid("{n:,} rows, {share:.1f} %", n=12345, share=2.345).message == "12,345 rows, 2.3 %"
    assert Invalid("{n:,} rows", n="many").message == "many rows"


def test_a_face_may_word_the_values_itself() -> None:
    assert filled("{n:,} rows", {"n": 12345}, lambda value, form: f"<{value}|{form}>") == "<12345|,> rows"


@pytest.mark.parametrize("kind", [BeizaiError, NotFound, Invalid, Forbidden, Unavailable])
def test_a_refusal_survives_being_pickled_and_copied(kind: type[BeizaiError]) -> None:
    error = kind("{a} is {{not}} b", a="{b}", hint="Take {c}.", c=3, code="x")
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is kind
        assert vars(other) == vars(error)
        assert str(other) == str(error)


def test_a_phrase_is_its_english_and_remembers_what_it_was_made_of() -> None:
    near = Phrase("Did you mean “{name}”?", name="{gold}")
    error = Invalid("There is no segment “{name}”.", name="glod", hint=near)
    assert near == "Did you mean “{gold}”?"
    assert (error.hint, error.hint_template) == (near, "Did you mean “{name}”?")
    assert error.hint_phrase.values == {"name": "{gold}"}
    for other in (pickle.loads(pickle.dumps(near)), copy.copy(near), copy.deepcopy(near)):
        assert (other, vars(other)) == (near, vars(near))


def test_message_and_hint_are_plain_texts() -> None:
    error = _no_segment()
    assert {type(error.message), type(error.hint)} == {str}
    assert (error.phrase, error.hint_phrase) == (error.message, error.hint)


def test_a_phrase_is_kept_as_data_and_is_itself_again() -> None:
    inner = Phrase("in line {line}", line=3)
    phrase = Phrase("{path}, {where}: {n:,}", path=Path("/a"), where=inner, n=12345)
    again = Phrase.from_data(json.loads(json.dumps(phrase.as_data())))
    assert again == phrase == "/a, in line 3: 12,345"
    assert isinstance(again.values["where"], Phrase)
