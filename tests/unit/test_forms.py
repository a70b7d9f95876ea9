"""A form without a server: the way through it, what is refused before it is published, scores, and draws anyone can check."""

import hashlib
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beizai.base.errors import Invalid
from beizai.forms import prizes
from beizai.forms.answering import read_page
from beizai.forms.checking import flaws
from beizai.forms.definition import Ask, Definition, Ending, Jump, Kind, Option, Question, When, plain, read
from beizai.forms.figures import Row, figures
from beizai.forms.starters import starter
from beizai.forms.walking import ending, on_path, score, walk

EN = {"en": "words"}


def question(key, ask=Ask.TEXT, **more):
    return Question(key, ask, EN, **{"new_page": True} | more)


def choice(key, *options, **more):
    given = tuple(Option(one, EN, points) for one, points in options)
    return question(key, Ask.CHOICE, options=given, **more)


def form(*questions, **more):
    return Definition(Kind.SURVEY, title=EN, questions=questions, **more)


def codes(a_form):
    return {flaw.code for flaw in flaws(a_form)}


BRANCHED = form(
    choice("like", ("yes", 2), ("no", 0), jumps=(Jump("why", When.IS, "no"), Jump("best"))),
    question("best", jumps=(Jump(),)),
    question("why"),
    endings=(Ending({"en": "low"}), Ending({"en": "high"}, 2)),
)


@pytest.mark.parametrize("kind", list(Kind))
def test_each_form_to_begin_with_can_be_published_and_read_back(kind):
    begun = starter(kind)
    assert flaws(begun) == ()
    assert read(plain(begun)) == begun


def test_a_jump_leads_past_a_question_and_to_the_end():
    assert walk(BRANCHED, {}).now == 0
    assert walk(BRANCHED, {"like": "yes"}).now == 1
    assert walk(BRANCHED, {"like": "no"}).now == 2
    assert walk(BRANCHED, {"like": "yes", "best": "tea"}).now is None


def test_answers_of_a_way_not_taken_in_the_end_do_not_count():
    changed_mind = {"like": "yes", "best": "tea", "why": "too dear"}
    assert on_path(BRANCHED, changed_mind) == {"like": "yes", "best": "tea"}
    assert score(BRANCHED, changed_mind) == 2
    assert ending(BRANCHED, 2).text == {"en": "high"}


def test_a_question_left_empty_was_shown_and_the_form_goes_on():
    assert walk(BRANCHED, {"like": None}).now == 1


def test_a_form_that_leads_back_to_itself_is_not_published():
    circle = form(question("a"), question("b", jumps=(Jump("a", When.ANSWERED),)))
    assert "cycle" in codes(circle)
    assert walk(circle, {"a": "x", "b": "y"}).now is None  # nobody is kept in it, even in a preview


def test_a_way_back_that_can_never_close_is_no_cycle():
    assert (
        codes(
            form(
                question("a", jumps=(Jump("c"),)),
                question("b", jumps=(Jump(),)),
                question("c", jumps=(Jump("b"),)),
            )
        )
        == set()
    )


def test_a_question_no_way_leads_to_is_named():
    lost = form(question("a", jumps=(Jump("c"),)), question("b"), question("c"))
    assert [(flaw.code, flaw.question) for flaw in flaws(lost)] == [("never_asked", "b")]


@pytest.mark.parametrize(
    ("flawed", "code"),
    [
        (form(), "no_questions"),
        (form(question("a"), question("a")), "same_key"),
        (form(choice("a", ("x", 0))), "few_options"),
        (form(question("a", jumps=(Jump("nowhere"),))), "unknown_target"),
        (form(question("a", Ask.SCALE, low=5, high=1)), "bad_scale"),
        (form(question("a", Ask.CONTACT)), "bad_contact"),
        (form(question("a"), confirm=True), "nothing_to_confirm"),
        (form(question("a"), once=True), "once_unproved"),
        (form(question("a"), confirm_hours=1), "confirm_hours"),
        (form(question("a", Ask.CONSENT)), "consent_unproved"),
        (form(question("a"), languages=("en", "fr")), "text_missing"),
        (form(question("a", jumps=(Jump("", When.AT_LEAST, "many"),))), "bad_bound"),
    ],
)
def test_what_would_leave_a_customer_stuck_is_found_before_publishing(flawed, code):
    assert code in codes(flawed)


def test_a_permission_is_never_the_price_of_a_prize():
    contest = starter(Kind.CONTEST)
    forced = tuple(
        msgspec.structs.replace(one, required=True) if one.ask is Ask.CONSENT else one
        for one in contest.questions
    )
    assert codes(msgspec.structs.replace(contest, questions=forced)) == {"consent_forced"}


def test_an_unknown_word_in_a_form_is_refused():
    with pytest.raises(Invalid):
        read(plain(BRANCHED) | {"colour": "red"})


ASKED = form(
    choice("size", ("s", 0), ("m", 0), required=True),
    question("many", Ask.MANY, options=(Option("a", EN), Option("b", EN))),
    question("stars", Ask.SCALE),
    question("pieces", Ask.NUMBER),
    question("day", Ask.DATE),
    question("who", Ask.CONTACT, parts=("name", "email"), needs=("email",)),
)


@pytest.mark.parametrize(
    ("fields", "key", "code"),
    [
        ({}, "size", "required"),
        ({"q.size": ["xl"]}, "size", "not_offered"),
        ({"q.many": ["a", "z"]}, "many", "not_offered"),
        ({"q.stars": ["9"]}, "stars", "not_offered"),
        ({"q.stars": ["²"]}, "stars", "not_offered"),
        ({"q.pieces": ["ten"]}, "pieces", "not_a_number"),
        ({"q.pieces": ["٣"]}, "pieces", "not_a_number"),
        ({"q.day": ["31/02/2026"]}, "day", "not_a_date"),
        ({"q.who.email": ["ann@"]}, "who", "not_email"),
        ({"q.who.name": ["Ann"]}, "who", "needs"),
    ],
)
def test_what_was_never_offered_does_not_come_in(fields, key, code):
    _values, problems = read_page(ASKED.questions, fields)
    assert problems[key].code == code


def test_answers_are_typed():
    sent = {"q.size": ["m"], "q.many": ["b", "a"], "q.stars": ["4"], "q.pieces": ["1 200,5"], "q.day": ["2026-03-01"],
            "q.who.email": [" Ann@Example.test "]}  # fmt: skip
    values, problems = read_page(ASKED.questions, sent)
    assert problems == {}
    assert values == {"size": "m", "many": ["a", "b"], "stars": 4, "pieces": 1200.5, "day": "2026-03-01",
                      "who": {"email": "Ann@Example.test"}}  # fmt: skip


def test_a_known_customer_need_not_say_who_she_is():
    assert read_page(ASKED.questions[-1:], {}, known=True)[1] == {}


@given(
    st.dictionaries(st.sampled_from([f"q.{q.key}" for q in ASKED.questions]), st.lists(st.text(), max_size=3))
)
def test_nothing_that_is_typed_breaks_the_reading(fields):
    values, _problems = read_page(ASKED.questions, fields)
    assert set(values) == {one.key for one in ASKED.questions}


def test_the_net_promoter_score_counts_nines_and_tens_against_zero_to_six():
    asked = form(question("nps", Ask.NPS))
    rows = [Row({"nps": value}, counted=True) for value in (10, 9, 8, 6)]
    assert figures(asked, rows).questions["nps"].nps == (2, 1, 1, 25.0)


def test_the_funnel_says_where_people_stopped():
    rows = [Row({}, False), Row({"like": "no"}, False), Row({"like": "yes", "best": "tea"}, True)]
    found = figures(BRANCHED, rows)
    assert (found.started, found.counted) == (3, 1)
    assert {key: (one.shown, one.stopped) for key, one in found.questions.items()} == {
        "like": (3, 1), "best": (1, 0), "why": (1, 1)}  # fmt: skip


def test_anyone_finds_the_winners_with_ten_lines_and_the_published_list(tmp_path):
    entries = [prizes.new_code() for _ in range(500)]
    drawn = prizes.Drawn(prizes.new_seed(), "7 13 21 40 44", 3, entries)
    (tmp_path / "entries.txt").write_text("\n".join(entries))
    found = subprocess.run(
        [sys.executable, "-c", drawn.recipe], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == drawn.winners
    assert len(drawn.recipe.strip().splitlines()) <= 10


def test_a_seed_other_than_the_promised_one_is_found_out():
    seed = prizes.new_seed()
    assert prizes.commitment(seed) == hashlib.sha256(seed.encode()).hexdigest()
    assert prizes.commitment(prizes.new_seed()) != prizes.commitment(seed)


@given(st.lists(st.integers(0, 10**9).map(str), unique=True, max_size=30), st.randoms())
def test_the_draw_does_not_depend_on_the_order_of_the_list(entries, random):
    mixed = list(entries)
    random.shuffle(mixed)
    assert prizes.ranked("seed", "", mixed) == prizes.ranked("seed", "", entries)
