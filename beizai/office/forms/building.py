"""What the builder's pages send, read into a form: texts in every language, answers in their order, jumps."""

import re
from collections.abc import Mapping

import msgspec
from django.utils.translation import gettext as _

from beizai.base.errors import Invalid, NotFound
from beizai.forms.definition import END, PARTS, Ask, Definition, Ending, Jump, Option, Question, Texts, When

Posted = Mapping[str, str]
THE_END = "-"
_SPARE, _MOST_ROWS = 2, 100
_LONGEST = 4_000


def texts(posted: Posted, name: str, languages: tuple[str, ...]) -> Texts:
    """The texts of a field, one for each language."""
    given = {language: posted.get(f"{name}.{language}", "").strip()[:_LONGEST] for language in languages}
    return given if any(given.values()) else {}


def whole(posted: Posted, name: str, default: int, *, low: int = 0, high: int = 1_000_000) -> int:
    """A whole number; Invalid where it is none or out of reach."""
    text = posted.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"-?\d{1,7}", text, re.ASCII) or not low <= int(text) <= high:
        raise Invalid(
            _("“%(text)s” is not a number between %(low)s and %(high)s.")
            % {"text": text[:40], "low": low, "high": high}
        )
    return int(text)


def new_question(form: Definition, ask: Ask) -> Question:
    """A question to begin with, under a key of its own; the key never changes after."""
    taken = {question.key for question in form.questions}
    key = next(key for n in range(1, 1_000) if (key := f"q{n}") not in taken)
    options = (Option("a"), Option("b")) if ask in (Ask.CHOICE, Ask.MANY) else ()
    parts, needed = (("name", "email"), ("email",)) if ask is Ask.CONTACT else ((), ())
    return Question(key, ask, options=options, parts=parts, needs=needed)


def question(before: Question, posted: Posted, languages: tuple[str, ...]) -> Question:
    """The question as it was sent; its key and kind stay."""
    parts = tuple(part for part in PARTS if posted.get(f"part.{part}"))
    return msgspec.structs.replace(
        before,
        text=texts(posted, "text", languages),
        help=texts(posted, "help", languages),
        required=bool(posted.get("required")),
        new_page=bool(posted.get("new_page")),
        options=_options(before, posted, languages),
        low=whole(posted, "low", before.low, high=100),
        high=whole(posted, "high", before.high, high=100),
        low_text=texts(posted, "low_text", languages),
        high_text=texts(posted, "high_text", languages),
        points=whole(posted, "points", 0, low=-1_000, high=1_000),
        longest=whole(posted, "longest", before.longest, low=1, high=10_000),
        parts=parts,
        needs=tuple(part for part in parts if posted.get(f"need.{part}")),
        attribute=posted.get("attribute", ""),
        purpose=posted.get("purpose", before.purpose),
        channel=posted.get("channel", before.channel),
        jumps=_jumps(posted),
    )


def _options(before: Question, posted: Posted, languages: tuple[str, ...]) -> tuple[Option, ...]:
    """The answers to choose from; a row without words is gone, a new one gets a key that was never used here."""
    taken = {option.key for option in before.options}
    found = []
    for row in range(_MOST_ROWS):
        words = texts(posted, f"o{row}.text", languages)
        if not words:
            continue
        key = posted.get(f"o{row}.key", "")
        if key not in taken:
            key = next(key for n in range(1, 1_000) if (key := f"o{n}") not in taken)
            taken.add(key)
        points = whole(posted, f"o{row}.points", 0, low=-1_000, high=1_000)
        found.append(Option(key, words, points, whole(posted, f"o{row}.at_most", 0)))
    return tuple(found)


def _jumps(posted: Posted) -> tuple[Jump, ...]:
    found = []
    for row in range(_MOST_ROWS):
        to, when = posted.get(f"j{row}.to", ""), posted.get(f"j{row}.when", "")
        if to and when in {one.value for one in When}:
            value = posted.get(f"j{row}.value", "").strip()[:100]
            found.append(Jump(END if to == THE_END else to, When(when), value))
    return tuple(found)


def settings(before: Definition, posted: Posted, languages: tuple[str, ...]) -> Definition:
    """The form's own settings as they were sent. Texts of a language that was taken out go with it."""
    endings = tuple(
        Ending(words, whole(posted, f"e{row}.from", 0, low=-100_000))
        for row in range(_MOST_ROWS)
        if (words := texts(posted, f"e{row}.text", languages))
    )
    return msgspec.structs.replace(
        before,
        languages=languages,
        title=texts(posted, "title", languages),
        intro=texts(posted, "intro", languages),
        thanks=texts(posted, "thanks", languages),
        endings=endings,
        hidden=tuple(re.findall(r"[a-z0-9_]{1,40}", posted.get("hidden", "").lower()))[:20],
        confirm=bool(posted.get("confirm")),
        confirm_hours=whole(posted, "confirm_hours", before.confirm_hours, low=1, high=999),
        once=bool(posted.get("once")),
        at_most=whole(posted, "at_most", 0),
        starts_per_hour=whole(posted, "starts_per_hour", before.starts_per_hour, low=1, high=100_000),
        shows_results=bool(posted.get("shows_results")),
        shows_scores=bool(posted.get("shows_scores")),
    )


def put(form: Definition, changed: Question) -> Definition:
    """The form with this question in the place of the one of its key, or at the end."""
    questions = [changed if one.key == changed.key else one for one in form.questions]
    if changed not in questions:
        questions.append(changed)
    return msgspec.structs.replace(form, questions=tuple(questions))


def without(form: Definition, key: str) -> Definition:
    """The form without a question; jumps that led there lead to the page after it as if they were not."""
    kept = tuple(
        msgspec.structs.replace(one, jumps=tuple(jump for jump in one.jumps if jump.to != key))
        for one in form.questions
        if one.key != key
    )
    return msgspec.structs.replace(form, questions=kept)


def moved(form: Definition, key: str, by: int) -> Definition:
    """The form with a question one place up (-1) or down (1)."""
    questions = list(form.questions)
    place = next((n for n, one in enumerate(questions) if one.key == key), None)
    if place is None:
        raise NotFound("There is no question “{key}”.", key=key)
    other = place + by
    if 0 <= other < len(questions):
        questions[place], questions[other] = questions[other], questions[place]
    return msgspec.structs.replace(form, questions=tuple(questions))


def option_rows(one: Question) -> list[tuple[int, Option]]:
    """The answers by row, with empty rows for more."""
    return list(enumerate([*one.options, *(Option("") for _spare in range(_SPARE))]))


def jump_rows(one: Question) -> list[tuple[int, Jump, str]]:
    """The jumps by row with what their target is called in the page, and an empty row for one more."""
    rows = [(jump, THE_END if jump.to == END else jump.to) for jump in one.jumps]
    return [(number, jump, to) for number, (jump, to) in enumerate([*rows, (Jump(), "")])]


def ending_rows(form: Definition) -> list[tuple[int, Ending]]:
    """The endings by row, with an empty row for one more."""
    return list(enumerate([*form.endings, Ending()]))
