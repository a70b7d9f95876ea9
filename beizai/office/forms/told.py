"""Words for forms: kinds, questions, states, jumps."""

from django.utils.translation import gettext as _

from beizai.forms.definition import Ask, Definition, Jump, Kind, Question, When, said
from beizai.forms.models import FormState, SheetState


def kinds() -> dict[str, tuple[str, str]]:
    """Each kind of form with what it is good for."""
    return {
        Kind.SIGN_UP.value: (_("Sign-up"), _("Newsletter or club: the address is confirmed by mail before anything is sent.")),
        Kind.SURVEY.value: (_("Survey"), _("Ask what customers think; answers can fill their cards.")),
        Kind.QUIZ.value: (_("Quiz"), _("Questions with points, an ending by score, a table of scores if you wish.")),
        Kind.VOTE.value: (_("Vote"), _("One vote per confirmed person; the count can be shown.")),
        Kind.CONTEST.value: (_("Contest"), _("One entry per confirmed person, prizes drawn so that anyone can check it.")),
        Kind.ENQUIRY.value: (_("Order enquiry"), _("Somebody asks for an offer, with a photo if it helps.")),
    }  # fmt: skip


def states() -> dict[str, tuple[str, str]]:
    """Each state of a form with its badge."""
    return {
        FormState.DRAFT.value: (_("draft"), "line"),
        FormState.OPEN.value: (_("open"), "good"),
        FormState.CLOSED.value: (_("closed"), "info"),
    }


def sheet_states() -> dict[str, tuple[str, str]]:
    """Each state of an answer sheet with its badge."""
    return {
        SheetState.PARTIAL.value: (_("begun"), "line"),
        SheetState.FINISHED.value: (_("waits for confirmation"), "warn"),
        SheetState.COUNTED.value: (_("counted"), "good"),
        SheetState.REPEATED.value: (_("same person again"), "info"),
        SheetState.ASIDE.value: (_("kept aside: filled in by a machine"), "bad"),
    }


def asks() -> dict[str, str]:
    """Each kind of question."""
    return {
        Ask.CHOICE.value: _("One of several answers"),
        Ask.MANY.value: _("Several answers"),
        Ask.SCALE.value: _("Scale"),
        Ask.NPS.value: _("Recommendation, 0 to 10"),
        Ask.TEXT.value: _("Free text"),
        Ask.NUMBER.value: _("Number"),
        Ask.DATE.value: _("Date"),
        Ask.PHOTO.value: _("Photo"),
        Ask.CONTACT.value: _("How to reach them"),
        Ask.CONSENT.value: _("Permission"),
    }


def whens() -> dict[str, str]:
    """Each condition of a jump."""
    return {
        When.ALWAYS.value: _("always"),
        When.IS.value: _("the answer is"),
        When.IS_NOT.value: _("the answer is not"),
        When.AT_LEAST.value: _("the answer is at least"),
        When.AT_MOST.value: _("the answer is at most"),
        When.ANSWERED.value: _("it was answered"),
        When.SKIPPED.value: _("it was left empty"),
        When.SCORE_AT_LEAST.value: _("the score so far is at least"),
    }


def languages() -> dict[str, str]:
    """The languages a form may speak, each by its own name."""
    return {
        "en": "English",
        "zh-hans": "简体中文",
        "fr": "Français",
        "de": "Deutsch",
        "es": "Español",
        "it": "Italiano",
        "nl": "Nederlands",
        "ja": "日本語",
    }


def titled(form: Definition, language: str) -> dict[str, str]:
    """Each question's text in a language, by its key."""
    return {
        question.key: said(question.text, language, form.languages[0]) or question.key
        for question in form.questions
    }


def jumps(question: Question, titles: dict[str, str]) -> list[str]:
    """Where a question leads, in sentences."""
    words = whens()
    options = {option.key: said(option.text, "") or option.key for option in question.options}
    return [_jump(jump, words, options, titles) for jump in question.jumps]


def _jump(jump: Jump, words: dict[str, str], options: dict[str, str], titles: dict[str, str]) -> str:
    to = f"“{titles.get(jump.to, jump.to)}”" if jump.to else _("the end")
    if jump.when is When.ALWAYS:
        return _("Always on to %(to)s") % {"to": to}
    value = options.get(jump.value, jump.value)
    return _("If %(when)s %(value)s: on to %(to)s") % {
        "when": words[jump.when.value],
        "value": value,
        "to": to,
    }
