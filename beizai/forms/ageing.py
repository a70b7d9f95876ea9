"""What becomes of answers in time: who gave them is forgotten, what was chosen stays for the form's report."""

from typing import Any

from django.db import transaction

from beizai.base.keeping import Fate, by_age
from beizai.forms import matching, pictures, sign_ups
from beizai.forms.definition import Ask, read
from beizai.forms.models import AnswerSheet, GivenReward, SheetState, SignUp

_CHOSEN = (Ask.CHOICE, Ask.MANY, Ask.SCALE, Ask.NPS)
_OVER = (SheetState.COUNTED, SheetState.REPEATED)


def _forget_who(rows: Any) -> None:
    """Only what was chosen among given answers stays, of nobody."""
    for sheet in rows.select_related("version"):
        asked = {question.key: question.ask for question in read(sheet.version.definition).questions}
        with transaction.atomic():
            pictures.forget(sheet)
            SignUp.objects.filter(sheet=sheet).delete()
            GivenReward.objects.filter(sheet=sheet).update(customer_id=None)
            kept = {key: value for key, value in sheet.answers.items() if asked.get(key) in _CHOSEN}
            AnswerSheet.objects.filter(pk=sheet.pk).update(
                answers=kept, customer_id=None, person="", hidden={}, named=False
            )


def _take_away(rows: Any) -> None:
    for sheet in rows.select_related("version"):
        matching.forget(sheet)


def _forget_unconfirmed(rows: Any) -> None:
    for sign_up in rows.select_related("sheet", "sheet__version"):
        sign_ups.forget(sign_up)


ANSWERS = by_age(
    "form_answers",
    "answers to forms: who gave them, and what they wrote in their own words",
    lambda: AnswerSheet.objects.filter(state__in=_OVER, named=True),
    age="changed_at",
    counted_from="answered",
    keep_days=3 * 365,
    fate=Fate.ANONYMOUS,
    out=_forget_who,
    least_days=30,
)
PARTIAL = by_age(
    "partial_answers",
    "answer sheets that were begun and not finished",
    lambda: AnswerSheet.objects.filter(state=SheetState.PARTIAL),
    age="changed_at",
    counted_from="changed",
    keep_days=90,
    out=_take_away,
)
ASIDE = by_age(
    "machine_answers",
    "answer sheets that were filled in by a machine, by all appearances",
    lambda: AnswerSheet.objects.filter(state=SheetState.ASIDE),
    age="changed_at",
    counted_from="changed",
    keep_days=180,
    out=_take_away,
)
SIGN_UPS = by_age(
    "unconfirmed_sign_ups",
    "addresses that were to be confirmed and never were, with what was answered",
    lambda: SignUp.objects.filter(confirmed_at=None),
    age="expires_at",
    counted_from="link_ended",
    keep_days=14,
    out=_forget_unconfirmed,
)
