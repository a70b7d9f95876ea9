"""What forms hold of a person, how it is given out, and how it goes."""

from datetime import datetime
from typing import Any

from beizai.base.keeping import Stays
from beizai.base.personal import Holding, register
from beizai.forms import ageing, pictures
from beizai.forms.models import AnswerSheet, GivenReward, SignUp


def _give_sheets(customer_id: int) -> list[dict[str, Any]]:
    rows = AnswerSheet.objects.filter(customer_id=customer_id).order_by("id")
    return [
        dict(row)
        for row in rows.values(
            "form__name",
            "version__number",
            "language",
            "answers",
            "hidden",
            "score",
            "entry_code",
            "started_at",
            "finished_at",
        )
    ]


def _erase_sheets(customer_id: int, at: datetime) -> int:
    """The answers with their pictures; entry codes of a draw that was made stay in its published list: they name nobody."""
    gone = 0
    for sheet in AnswerSheet.objects.filter(customer_id=customer_id).select_related("version"):
        pictures.forget(sheet)
        sheet.delete()
        gone += 1
    return gone


register(
    Holding(
        AnswerSheet._meta.db_table,
        "what they answered in forms",
        _give_sheets,
        _erase_sheets,
        kept=(ageing.ANSWERS, ageing.PARTIAL, ageing.ASIDE),
    )
)
register(
    Holding(
        SignUp._meta.db_table,
        "that they asked for something by a form, and when they confirmed it",
        lambda customer_id: list(
            SignUp.objects.filter(customer_id=customer_id).values(
                "sheet__form__name", "value", "consents", "asked_at", "confirmed_at"
            )
        ),
        lambda customer_id, at: SignUp.objects.filter(customer_id=customer_id).delete()[0],
        kept=ageing.SIGN_UPS,
    )
)
register(
    Holding(
        GivenReward._meta.db_table,
        "the file or coupon they were given",
        lambda customer_id: list(
            GivenReward.objects.filter(customer_id=customer_id).values(
                "sheet__form__name", "code", "downloads", "given_at"
            )
        ),
        lambda customer_id, at: GivenReward.objects.filter(customer_id=customer_id).delete()[0],
        kept=Stays.AS_THE_CARD,
    )
)
