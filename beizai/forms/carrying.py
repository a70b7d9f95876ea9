"""What is carried on from finished answers: facts onto cards, an event into the inbox; and what is forgotten in time."""

from datetime import datetime
from typing import Any

from beizai.base.errors import Invalid, NotFound
from beizai.customers import referring
from beizai.events import inbox
from beizai.events.happenings import Happening
from beizai.forms import limits, matching
from beizai.forms.definition import Ask, Definition
from beizai.forms.models import AnswerSheet
from beizai.forms.publishing import definition_of
from beizai.forms.walking import points
from beizai.staff.shop import shop

BROUGHT_BY = "brought_by"  # a question of this key asks for the code of who brought them
_AT_ONCE = 200
_NOT_IN_EVENTS = (Ask.CONTACT, Ask.PHOTO, Ask.TEXT)


def carry(*, limit: int = _AT_ONCE) -> int:
    """Carries on what counts and was not yet told; how many sheets. Twice is once: the event has the sheet's own id."""
    sheets = list(
        AnswerSheet.objects.filter(told=False)
        .select_related("form", "form__source", "version")
        .order_by("id")[:limit]
    )
    if not sheets:
        return 0
    for sheet in sheets:
        matching.tell_card(sheet, definition_of(sheet.version))
        _bring(sheet)
    inbox.current().put([_event(sheet).message() for sheet in sheets])
    return AnswerSheet.objects.filter(pk__in=[sheet.pk for sheet in sheets]).update(told=True)


def _bring(sheet: AnswerSheet) -> None:
    """The code of who brought them, where the form asks for it under the key “brought_by”; a wrong one stays an answer."""
    code = sheet.answers.get(BROUGHT_BY)
    if sheet.customer_id is None or not isinstance(code, str) or not code.strip():
        return
    at = sheet.finished_at or sheet.changed_at
    try:
        referring.redeem(
            code,
            sheet.customer_id,
            source=sheet.form.source,
            now=at,
            occasion=sheet.form.name,
            timezone=shop().timezone,
        )
    except (NotFound, Invalid):
        return


def _event(sheet: AnswerSheet) -> Happening:
    form = definition_of(sheet.version)
    at = sheet.finished_at or sheet.changed_at
    return Happening(
        id=f"form_answered:{sheet.key}",
        kind="form_answered",
        occurred_at=at,
        received_at=at,
        customer_id=sheet.customer_id,
        anonymous_id=None if sheet.customer_id else f"form:{sheet.key}",
        source_id=sheet.form.source_id,
        props=_props(sheet, form),
        simulated=sheet.simulated,
    )


def _props(sheet: AnswerSheet, form: Definition) -> dict[str, Any]:
    """What of the answers an analysis may need: choices and numbers; free words, photos and addresses stay in the office."""
    answers = {
        question.key: sheet.answers[question.key]
        for question in form.questions
        if question.ask not in _NOT_IN_EVENTS and question.key in sheet.answers
    }
    found: dict[str, Any] = {
        "form": sheet.form.slug,
        "name": sheet.form.name,
        "version": sheet.version.number,
        "answers": answers,
    }
    if sheet.score is not None:
        found["score"] = sheet.score
        found["points"] = {
            q.key: points(q, sheet.answers.get(q.key)) for q in form.questions if q.key in answers
        }
    return found


def sweep(*, at: datetime) -> int:
    """Forgets counts of addresses within a day (`at`: the machine's time); what has longer goes by the retention rules."""
    return limits.sweep(at)
