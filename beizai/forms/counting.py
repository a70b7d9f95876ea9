"""What counts: one answer a person where a form asks so, and no more places than a quota has."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F

from beizai.base.errors import Forbidden
from beizai.forms.definition import Definition
from beizai.forms.models import AnswerSheet, Form, OptionTally, SheetState
from beizai.identity.cards import card_of


def count_in(sheet: AnswerSheet, form: Definition) -> None:
    """The sheet counts from now on; where each person has one answer, a second one does not."""
    sheet.state = SheetState.COUNTED
    if form.once and sheet.customer_id is not None:
        Form.objects.select_for_update().get(
            pk=sheet.form_id
        )  # two confirmations of one person wait for each other
        person = f"card:{card_of(sheet.customer_id)}"
        if AnswerSheet.objects.filter(form_id=sheet.form_id, person=person).exclude(pk=sheet.pk).exists():
            sheet.state = SheetState.REPEATED
            give_places_back(sheet.form_id, form, sheet.answers)
            return
        sheet.person = person
    sheet.told = False


def _places(form: Definition, answers: Mapping[str, Any]) -> list[tuple[str, int]]:
    """What of this sheet is limited: the name of each quota and how many it has."""
    found = [("", form.at_most)] if form.at_most else []
    for question in form.questions:
        chosen = answers.get(question.key)
        chosen = chosen if isinstance(chosen, list) else [chosen]
        found += [
            (f"{question.key}:{option.key}", option.at_most)
            for option in question.options
            if option.at_most and option.key in chosen
        ]
    return found


def take_places(form_id: int, form: Definition, answers: Mapping[str, Any]) -> None:
    """Takes one place of each quota, or raises Forbidden where one is full; run inside a transaction, which gives back."""
    for name, most in _places(form, answers):
        OptionTally.objects.get_or_create(form_id=form_id, name=name)
        rows = OptionTally.objects.filter(form_id=form_id, name=name, taken__lt=most)
        if not rows.update(taken=F("taken") + 1):
            raise Forbidden("This is full.", code="full" if not name else "option_full")


def give_places_back(form_id: int, form: Definition, answers: Mapping[str, Any]) -> None:
    """A sheet that will not count frees its places."""
    for name, _most in _places(form, answers):
        OptionTally.objects.filter(form_id=form_id, name=name, taken__gt=0).update(taken=F("taken") - 1)


def full(form_id: int, form: Definition) -> set[str]:
    """The quotas that have no place left, by name ("" for the form, else question:option)."""
    most = {"": form.at_most} if form.at_most else {}
    most |= {
        f"{q.key}:{option.key}": option.at_most
        for q in form.questions
        for option in q.options
        if option.at_most
    }
    if not most:
        return set()
    rows = OptionTally.objects.filter(form_id=form_id, name__in=most).values_list("name", "taken")
    return {name for name, taken in rows if taken >= most[name]}
