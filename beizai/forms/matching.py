"""Whose answers these are: the one card of a confirmed address, or a new one; and what they told, on that card."""

from datetime import datetime
from typing import Any

from django.db import transaction

from beizai.base.errors import Invalid, NotFound
from beizai.customers import cards, facts, history, photos, points, search
from beizai.customers.models import AttributeDefinition, Channel, ContactPoint, Customer
from beizai.forms import pictures
from beizai.forms.definition import Ask, Definition, Question, said
from beizai.forms.models import AnswerSheet
from beizai.identity import deterministic
from beizai.identity.cards import card_of
from beizai.staff.shop import shop


def card_for(sheet: AnswerSheet, form: Definition, normal: str, value: str, *, now: datetime) -> Customer:
    """The card the owner of a confirmed address has, its address marked as verified; a new card where there is none.

    By the house's one rule: an address several people share belongs to the one of the given name, else to nobody of them.
    Then a new card is made, and the two wait for a person.
    """
    known = card_of(sheet.customer_id) if sheet.customer_id is not None else None
    card_id = known if known is not None and Customer.objects.filter(pk=known).exists() else None
    if card_id is not None:
        return _confirmed(card_id, sheet, normal, value, now=now)
    point = deterministic.Point(Channel.EMAIL, normal, verified=True)
    found = deterministic.same_card(
        points=[point], name=_contact(sheet, form).get("name", ""), source_id=sheet.form.source_id
    )
    if found.card_id is not None:
        customer = _confirmed(found.card_id, sheet, normal, value, now=now)
    else:
        customer = _new_card(sheet, form, normal, value, now=now)
    deterministic.propose(customer.pk, found, now=now)
    return customer


def _confirmed(card_id: int, sheet: AnswerSheet, normal: str, value: str, *, now: datetime) -> Customer:
    customer = Customer.objects.select_for_update().get(pk=card_id)
    if not customer.contact_points.filter(channel=Channel.EMAIL, normal=normal, ended_at=None).exists():
        points.add(customer, Channel.EMAIL, value, source=sheet.form.source, now=now)
        search.index_one(customer.pk)
    _verify(customer, normal, now)
    return customer


def _new_card(sheet: AnswerSheet, form: Definition, normal: str, value: str, *, now: datetime) -> Customer:
    contact = _contact(sheet, form)
    customer = cards.add(
        cards.NewCard(
            name=contact.get("name", ""),
            language=sheet.language,
            postal_address=contact.get("address", ""),
            points=[(Channel.EMAIL, value), *_phone(contact)],
            simulated=sheet.simulated,
        ),
        source=sheet.form.source,
        now=now,
        country=shop().country,
    )
    _verify(customer, normal, now)
    return customer


def _phone(contact: dict[str, str]) -> list[tuple[str, str]]:
    return [(Channel.PHONE, contact["phone"])] if contact.get("phone") else []


def _verify(customer: Customer, normal: str, now: datetime) -> None:
    rows = ContactPoint.objects.filter(
        customer=customer, channel=Channel.EMAIL, normal=normal, verified_at=None
    )
    rows.update(verified_at=now)


def _contact(sheet: AnswerSheet, form: Definition) -> dict[str, str]:
    """What contact questions were answered with, together."""
    found: dict[str, str] = {}
    for question in form.questions:
        given = sheet.answers.get(question.key)
        if question.ask is Ask.CONTACT and isinstance(given, dict):
            found |= {part: str(text) for part, text in given.items()}
    return found


def make_card(sheet: AnswerSheet, form: Definition, *, now: datetime, user: Any = None) -> Customer:
    """A card by a member of staff for somebody who answered and confirmed nothing: its contact points are not verified."""
    if sheet.customer_id is not None:
        raise Invalid("These answers belong to a card already.")
    contact = _contact(sheet, form)
    given = [(Channel.EMAIL, contact["email"])] if contact.get("email") else []
    with transaction.atomic():
        customer = cards.add(
            cards.NewCard(
                name=contact.get("name", ""),
                language=sheet.language,
                postal_address=contact.get("address", ""),
                points=[*given, *_phone(contact)],
                simulated=sheet.simulated,
            ),
            source=sheet.form.source,
            now=now,
            user=user,
            country=shop().country,
        )
        deterministic.entered(customer, now=now)
        AnswerSheet.objects.filter(pk=sheet.pk).update(customer_id=customer.pk)
        sheet.customer_id = customer.pk
        tell_card(sheet, form)
    return customer


def tell_card(sheet: AnswerSheet, form: Definition) -> int:
    """Answers that fill an attribute come onto the card with the form as their source and the time they were given.

    What the card learned later stays; what does not fit its attribute stays in the answers. How many facts changed.
    """
    if sheet.customer_id is None:
        return 0
    at = sheet.finished_at or sheet.changed_at
    definitions = {one.key: one for one in facts.definitions()}
    asked = [q for q in form.questions if q.attribute in definitions and sheet.answers.get(q.key) is not None]
    with transaction.atomic():
        rows = Customer.objects.select_for_update()
        customer = rows.filter(pk=card_of(sheet.customer_id)).first()
        if customer is None:
            return 0
        changed = sum(_put(customer, q, definitions[q.attribute], sheet, form=form, at=at) for q in asked)
        changed += _fill_in(customer, _contact(sheet, form), sheet, at)
        if changed:
            cards.touch(customer, at)
            search.index_one(customer.pk)
    return changed


def _put(
    customer: Customer,
    question: Question,
    definition: AttributeDefinition,
    sheet: AnswerSheet,
    *,
    form: Definition,
    at: datetime,
) -> bool:
    known = customer.facts.get(definition.key)
    if known and known.get("at") and datetime.fromisoformat(known["at"]) > at:
        return False
    try:
        value = (
            _picture(sheet, question)
            if question.ask is Ask.PHOTO
            else facts.parse(
                definition, _text(question, sheet.answers[question.key], form), currency=shop().currency
            )
        )
    except (Invalid, NotFound):
        return False  # it does not fit the attribute: it stays in the answers, where it can be read
    return facts.put(customer, definition.key, value, source=sheet.form.source, now=at)


def _picture(sheet: AnswerSheet, question: Question) -> dict[str, Any]:
    """The photo as the value of a fact: the card gets a copy of its own, the same however often it is told."""
    name = str(sheet.answers[question.key])
    return photos.copy(pictures.path(sheet.form_id, name), mark=f"{sheet.key} {question.key} {name}")


def _text(question: Question, value: Any, form: Definition) -> str:
    """The answer as a person would write it on the card, in the form's first language."""
    words = {option.key: said(option.text, form.languages[0]) for option in question.options}
    if isinstance(value, list):
        return "\n".join(words.get(one) or str(one) for one in value)
    return str(words.get(str(value), str(value)))


def _fill_in(customer: Customer, contact: dict[str, str], sheet: AnswerSheet, at: datetime) -> int:
    """Name and address where the card has none, the phone beside those it has."""
    changed = 0
    for column, part in (("name", "name"), ("postal_address", "address")):
        if contact.get(part) and not getattr(customer, column):
            setattr(customer, column, contact[part])
            history.write(customer.pk, column, "", contact[part], source=sheet.form.source, now=at)
            changed += 1
    for channel, phone in _phone(contact):
        had = customer.contact_points.filter(channel=channel, ended_at=None).count()
        points.add(customer, channel, phone, source=sheet.form.source, now=at, country=shop().country)
        changed += customer.contact_points.filter(channel=channel, ended_at=None).count() - had
    return changed


def forget(sheet: AnswerSheet) -> None:
    """Takes a sheet and its photos away."""
    pictures.forget(sheet)
    sheet.delete()
