"""A form as data: its questions in every language, where each answer leads, and what it is worth."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from beizai.base.errors import Invalid

Texts = dict[str, str]
END = ""
"""Where a jump leads that ends the form."""

MOST_QUESTIONS, MOST_OPTIONS, LONGEST_TEXT = 100, 100, 4_000


class Kind(StrEnum):
    """What a form is for."""

    SURVEY = "survey"
    QUIZ = "quiz"
    VOTE = "vote"
    CONTEST = "contest"
    SIGN_UP = "sign_up"
    ENQUIRY = "enquiry"


class Ask(StrEnum):
    """How a question is answered."""

    CHOICE = "choice"
    MANY = "many"
    SCALE = "scale"
    NPS = "nps"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    PHOTO = "photo"
    CONTACT = "contact"
    CONSENT = "consent"


class When(StrEnum):
    """What an answer must be for a jump to be taken."""

    ALWAYS = "always"
    IS = "is"
    IS_NOT = "is_not"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ANSWERED = "answered"
    SKIPPED = "skipped"
    SCORE_AT_LEAST = "score_at_least"


PARTS = ("name", "email", "phone", "address")
"""What a contact question may ask for."""


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One answer to choose: its words, its points, and how many people may choose it (0: any number)."""

    key: str
    text: Texts = {}
    points: int = 0
    at_most: int = 0


class Jump(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where the form goes on after its page: to a question's page, or to the end."""

    to: str = END
    when: When = When.ALWAYS
    value: str = ""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One question.

    `points` is what each unit of a number, scale or NPS answer adds to the score. `attribute` is the key of the
    attribute its answer fills on the card. `new_page` begins a page. `parts` and `needs` belong to contact questions:
    what is asked for, and what of it must be given. `purpose` and `channel` belong to consent questions.
    """

    key: str
    ask: Ask
    text: Texts = {}
    help: Texts = {}
    required: bool = False
    new_page: bool = False
    options: tuple[Option, ...] = ()
    low: int = 1
    high: int = 5
    low_text: Texts = {}
    high_text: Texts = {}
    points: int = 0
    longest: int = 2_000
    parts: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    attribute: str = ""
    purpose: str = "marketing"
    channel: str = "email"
    jumps: tuple[Jump, ...] = ()


class Ending(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is said at the end from so many points on."""

    text: Texts = {}
    from_score: int = 0


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A whole form. The first language is the one each text must have first.

    `hidden`: names a signed link may carry. `confirm`: a mail asks to confirm (double opt-in), within
    `confirm_hours`. `once`: one counted answer per person. `at_most`: how many finished answers (0: any number).
    `seconds`: what is sent sooner than that is asked for again.
    """

    kind: Kind
    languages: tuple[str, ...] = ("en",)
    title: Texts = {}
    intro: Texts = {}
    thanks: Texts = {}
    questions: tuple[Question, ...] = ()
    endings: tuple[Ending, ...] = ()
    hidden: tuple[str, ...] = ()
    confirm: bool = False
    confirm_hours: int = 48
    once: bool = False
    at_most: int = 0
    seconds: int = 2
    starts_per_hour: int = 60
    shows_results: bool = False
    shows_scores: bool = False

    def question(self, key: str) -> Question | None:
        """The question of this key."""
        return next((one for one in self.questions if one.key == key), None)

    @property
    def asks_contact(self) -> Question | None:
        """The question that asks for an email address."""
        return next((one for one in self.questions if one.ask is Ask.CONTACT and "email" in one.parts), None)


def said(texts: Mapping[str, str], language: str, first: str = "") -> str:
    """The text in a language, else in the form's first, else in any.

    >>> said({"en": "Yes", "fr": "Oui"}, "fr"), said({"en": "Yes"}, "zh-hans", "en")
    ('Oui', 'Yes')
    """
    return texts.get(language) or texts.get(first) or next((text for text in texts.values() if text), "")


def read(document: Any) -> Definition:
    """A form from plain JSON values; Invalid where something in it is unknown or of the wrong kind."""
    try:
        return msgspec.convert(document, Definition)
    except msgspec.ValidationError as error:
        raise Invalid(
            "This form cannot be read: {fault}", fault=str(error), hint="Compare it with an exported form."
        ) from None


def plain(value: Any) -> Any:
    """The form (or a part of one) as plain JSON values."""
    return msgspec.to_builtins(value)
