"""Announcing a prize draw by the hash of its seed, and drawing once the form is closed."""

from datetime import datetime

from django.db import transaction

from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.forms import prizes
from beizai.forms.models import AnswerSheet, Form, FormState, PrizeDraw, SheetState
from beizai.staff import secrets
from beizai.staff.models import User


def announce(
    form: Form, *, prizes_count: int, number_from: str = "", now: datetime, user: User | None = None
) -> PrizeDraw:
    """Fixes the seed and publishes its hash; before anybody has entered, or the promise would be worth nothing."""
    if not 1 <= prizes_count <= 1_000:
        raise Invalid("A draw has between 1 and 1,000 prizes, not {count}.", count=prizes_count)
    if form.kind != "contest":
        raise Invalid("Only a contest has a prize draw.", hint="Make a form of the kind contest.")
    if PrizeDraw.objects.filter(form=form).exists():
        raise Forbidden("The draw of this form is announced already.")
    if AnswerSheet.objects.filter(form=form, state=SheetState.COUNTED).exists():
        raise Forbidden(
            "Somebody has entered already.", hint="Announce the draw before the form is published."
        )
    seed = prizes.new_seed()
    return PrizeDraw.objects.create(
        form=form,
        prizes=prizes_count,
        seed=secrets.encipher(seed),
        commitment=prizes.commitment(seed),
        number_from=number_from.strip()[:200],
        announced_at=now,
        user=user,
    )


def draw(form: Form, *, number: str = "", now: datetime) -> PrizeDraw:
    """Draws from all counted entries of a closed form, once; the seed is published with the winners."""
    with transaction.atomic():
        found = PrizeDraw.objects.select_for_update().filter(form=form).first()
        if found is None:
            raise NotFound("No draw is announced for this form.")
        if found.drawn_at is not None:
            raise Forbidden("The prizes are drawn already.", hint="A draw is made once.")
        if form.state != FormState.CLOSED:
            raise Forbidden("The form is still open.", hint="Close it; then nobody can enter any more.")
        if bool(found.number_from) != bool(number.strip()):
            raise (
                Invalid(
                    "The number that was announced is missing.",
                    hint="It was announced as: {what}",
                    what=found.number_from,
                )
                if found.number_from
                else Invalid("No outside number was announced for this draw.")
            )
        entries = AnswerSheet.objects.filter(form=form, state=SheetState.COUNTED).exclude(entry_code="")
        found.codes = sorted(entries.values_list("entry_code", flat=True))
        found.number, found.drawn_at = number.strip()[:100], now
        found.save()
    return found


def drawn(found: PrizeDraw) -> prizes.Drawn:
    """The draw as it is published; Forbidden before it was made: the seed is a secret until then."""
    if found.drawn_at is None:
        raise Forbidden("The prizes are not drawn yet.")
    return prizes.Drawn(secrets.decipher(found.seed), found.number, found.prizes, found.codes)
