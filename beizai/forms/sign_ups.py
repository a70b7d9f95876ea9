"""Double opt-in: a mail asks whoever owns the address, the button on its page confirms, and only then is anything written on a card."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from beizai.base import home
from beizai.base.contact_points import normal_email
from beizai.base.errors import NotFound, Unavailable
from beizai.consent import ledger
from beizai.consent.models import Decision, Purpose
from beizai.consent.rules import suppressed_among
from beizai.customers.models import Channel, ContactPoint, Customer
from beizai.forms import counting, limits, links, matching, rewards
from beizai.forms.definition import Ask, Definition, said
from beizai.forms.models import AnswerSheet, SheetState, SignUp
from beizai.forms.publishing import definition_of
from beizai.forms.wording import words
from beizai.identity.cards import card_of
from beizai.messages import service
from beizai.staff.shop import shop

MAIL_KIND = "form_confirmation"


def ask(sheet: AnswerSheet, form: Definition, *, now: datetime, at: datetime) -> SignUp | None:
    """Has the owner of the address confirm, where the form asks so; run inside the transaction that finishes the sheet.

    Whoever is in the book and whoever is not get the same mail, by the worker, after the same answer. An address nobody
    may write to, and one that was asked three times today, get none; that is not shown either.
    """
    value = _address(sheet, form) if form.confirm else ""
    ticked = _ticked(sheet, form)
    if not value or (sheet.state == SheetState.COUNTED and not ticked):
        return None
    normal = normal_email(value)
    sign_up, made = SignUp.objects.get_or_create(
        sheet=sheet,
        defaults={
            "value": value,
            "normal": normal,
            "address_hash": limits.hashed(normal),
            "consents": ticked,
            "asked_at": now,
            "expires_at": now + timedelta(hours=form.confirm_hours),
            "withheld": _withheld(normal, at),
        },
    )
    if made and not sign_up.withheld:
        _mail(sign_up, sheet, form, now)
    return sign_up


def _address(sheet: AnswerSheet, form: Definition) -> str:
    """The email given, or for a known customer the one on the card."""
    for question in form.questions:
        given = sheet.answers.get(question.key)
        if question.ask is Ask.CONTACT and isinstance(given, dict) and given.get("email"):
            return str(given["email"])
    if sheet.customer_id is None:
        return ""
    points = ContactPoint.objects.filter(
        customer_id=card_of(sheet.customer_id), channel=Channel.EMAIL, ended_at=None
    )
    found = points.order_by("-verified_at", "id").first()
    return found.value if found else ""


def _ticked(sheet: AnswerSheet, form: Definition) -> list[dict[str, str]]:
    """The permissions given, each with the exact words that were shown."""
    return [
        {
            "question": question.key,
            "purpose": question.purpose,
            "channel": question.channel,
            "text": said(question.text, sheet.language, form.languages[0]),
        }
        for question in form.questions
        if question.ask is Ask.CONSENT and sheet.answers.get(question.key) is True
    ]


def _withheld(normal: str, at: datetime) -> str:
    if suppressed_among(Channel.EMAIL, [normal]):
        return "suppressed"
    try:
        limits.count(limits.MAILS, 0, limits.hashed(normal), most=limits.MAILS_PER_DAY, at=at, hours=24)
    except Unavailable:
        return "too_often"
    return ""


def _mail(sign_up: SignUp, sheet: AnswerSheet, form: Definition, now: datetime) -> None:
    the_shop, said_here = shop(), words(sheet.language)
    title = said(form.title, sheet.language, form.languages[0])
    link = confirm_url(sign_up.pk, the_shop.public_url)
    filled = {"shop": the_shop.name, "title": title, "link": link, "hours": form.confirm_hours}
    service.ask(
        f"form_confirmation:{sign_up.pk}",
        kind=MAIL_KIND,
        to=sign_up.value,
        subject=said_here.mail_subject.format(**filled),
        text=said_here.mail_text.format(**filled),
        now=now,
        good_until=sign_up.expires_at,
    )


def confirm_url(sign_up_id: int, public_url: str) -> str:
    """The address in the confirmation mail."""
    token = links.number(home.current().key("signing"), links.CONFIRM, sign_up_id)
    return f"{public_url.rstrip('/')}{links.FILL_PATH}confirm/{token}/"


def find(token: str, *, now: datetime) -> SignUp:
    """The sign-up a link names; NotFound where it is not ours, was never asked, or waited for too long."""
    number = links.read_number(home.current().key("signing"), links.CONFIRM, token)
    rows = SignUp.objects.select_related("sheet", "sheet__form", "sheet__form__source", "sheet__version")
    found = rows.filter(pk=number).first()
    if found is None or (found.confirmed_at is None and now > found.expires_at):
        raise NotFound("This link is no longer good.", hint="Fill in the form again; a new mail will come.")
    return found


@dataclass(frozen=True)
class Confirmed:
    """A confirmation that was made: the sheet as it stands, and whether it was made just now."""

    sign_up: SignUp
    sheet: AnswerSheet
    first: bool


def confirm(token: str, *, now: datetime, address: str = "") -> Confirmed:
    """Confirms once: the card, the verified address, the permissions with their exact words, the count, the reward.

    The same link again changes nothing. `address`: the net address the button was pressed from, for the proof.
    """
    with transaction.atomic():
        number = find(token, now=now).pk
        SignUp.objects.select_for_update().get(pk=number)
        sign_up = find(token, now=now)
        sheet = sign_up.sheet
        if sign_up.confirmed_at is not None:
            return Confirmed(sign_up, sheet, False)
        form = definition_of(sheet.version)
        customer = matching.card_for(sheet, form, sign_up.normal, sign_up.value, now=now)
        sign_up.confirmed_at, sign_up.customer_id = now, customer.pk
        sign_up.save(update_fields=["confirmed_at", "customer_id"])
        _write_permissions(sign_up, sheet, customer, now=now, address=address)
        if sheet.state == SheetState.FINISHED:
            sheet.customer_id = customer.pk
            counting.count_in(sheet, form)
            sheet.save()
        if sheet.state == SheetState.COUNTED:
            rewards.give(sheet, now=now)
    return Confirmed(sign_up, sheet, True)


def _write_permissions(
    sign_up: SignUp, sheet: AnswerSheet, customer: Customer, *, now: datetime, address: str
) -> None:
    for consent in sign_up.consents:
        ledger.record(_given(consent, sign_up, sheet, customer, now=now, address=address), now=now)


def _given(
    consent: Mapping[str, Any],
    sign_up: SignUp,
    sheet: AnswerSheet,
    customer: Customer,
    *,
    now: datetime,
    address: str,
) -> ledger.Given:
    return ledger.Given(
        customer_id=customer.pk,
        purpose=Purpose(consent["purpose"]),
        decision=Decision.GRANTED,
        text=consent["text"],
        at=now,
        source_id=sheet.form.source_id,
        channel=consent["channel"],
        language=sheet.language,
        form=sheet.form.slug,
        form_version=str(sheet.version.number),
        address=address,
        simulated=sheet.simulated,
        evidence={
            "how": "double opt-in",
            "form_sha256": sheet.version.sha256,
            "question": consent["question"],
            "asked_at": sign_up.asked_at.isoformat(),
            "confirmed_at": now.isoformat(),
        },
    )


def forget(sign_up: SignUp) -> int:
    """Who never confirmed is forgotten: the address, and what was answered; the place it took is free again."""
    sheet = sign_up.sheet
    with transaction.atomic():
        if sheet.state == SheetState.FINISHED:
            counting.give_places_back(sheet.form_id, definition_of(sheet.version), sheet.answers)
            matching.forget(sheet)
            return 1
        sign_up.delete()
    return 1
