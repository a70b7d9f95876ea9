"""Filling in a form: page by page under a signed partial id, once however often it is sent, to the end or to be gone on with."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from beizai.base import home, tokens
from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.forms import counting, limits, links, pictures, prizes, rewards, sign_ups
from beizai.forms.answering import Given, Problem, read_page
from beizai.forms.definition import Ask, Definition, Kind, Question
from beizai.forms.models import AnswerSheet, Form, FormState, FormVersion, SheetState
from beizai.forms.publishing import definition_of
from beizai.forms.walking import on_path, pages, score, scored, walk

HONEYPOT = "website"
"""A field no person sees; a machine fills it in."""

PARTIAL_DAYS = 30

Keep = Callable[[str, int], str | None]
"""Keeps the photo sent for a question of a form and returns its name (None: nothing was sent); Invalid where it is none."""


@dataclass(frozen=True)
class Begun:
    """What the partial id of a sheet says: it is signed, travels with every page, and is good before the sheet exists."""

    key: str
    form_id: int
    version_id: int
    language: str
    begun_at: int  # seconds since 1970, by the machine's clock
    customer_id: int | None = None
    hidden: Mapping[str, str] = field(default_factory=dict)

    def token(self) -> str:
        content = {
            "k": self.key, "f": self.form_id, "v": self.version_id, "l": self.language, "t": self.begun_at,
            "c": self.customer_id, "h": dict(self.hidden),
        }  # fmt: skip
        return tokens.seal(home.current().key("signing"), links.PARTIAL, content)


def begin(
    form: Form, version: FormVersion, *, language: str, at: datetime, personal: links.Personal | None = None
) -> Begun:
    """A sheet that somebody may begin; nothing is written before the first page comes back."""
    known = personal.customer_id if personal else None
    hidden = _declared(definition_of(version), personal.hidden if personal else {})
    return Begun(secrets.token_hex(12), form.pk, version.pk, language, int(at.timestamp()), known, hidden)


def _declared(form: Definition, given: Mapping[str, str]) -> dict[str, str]:
    return {name: value[:200] for name, value in given.items() if name in form.hidden}


def read_begun(token: str, *, at: datetime) -> Begun:
    """The sheet a partial id names; NotFound where it is not ours or older than 30 days."""
    found = tokens.unseal(home.current().key("signing"), links.PARTIAL, token)
    if at.timestamp() - found["t"] > PARTIAL_DAYS * 86_400:
        raise NotFound("This form was left lying for too long.", hint="Begin it again.")
    return Begun(found["k"], found["f"], found["v"], found["l"], found["t"], found["c"], found["h"])


@dataclass(frozen=True)
class Sent:
    """What became of a page: the sheet (None: nothing was kept), the page to be shown now (None: the end), and what is wrong with the answers."""

    sheet: AnswerSheet | None
    page: int | None
    problems: Mapping[str, Problem] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """One page as it was sent: its number, its fields, how photos are kept, and from where."""

    number: int
    given: Given
    address: str
    keep: Keep = lambda _key, _form_id: None
    country: str = ""
    simulated: bool = False


def sheet_of(begun: Begun) -> AnswerSheet | None:
    """The sheet of a partial id, where a page of it was kept already."""
    rows = AnswerSheet.objects.select_related("version", "form")
    return rows.filter(key=begun.key, form_id=begun.form_id).first()


def send(begun: Begun, page: Page, *, now: datetime, at: datetime, form: Form | None = None) -> Sent:
    """Keeps one page. `now` is the home's time, `at` the machine's (limits and haste go by it); `form` where the
    caller has read it already.

    A sheet that is finished stays as it is: sending it again, ten thousand times, changes nothing. Forbidden where
    the form is closed or full, Unavailable where it came too often from one address.
    """
    sheet = sheet_of(begun)
    if sheet is not None and sheet.state != SheetState.PARTIAL:
        return Sent(sheet, None)
    version = sheet.version if sheet else _version(begun, form)
    form, definition = version.form, definition_of(version)
    _refuse_closed(form, now)
    if sheet is None and at.timestamp() - begun.begun_at < definition.seconds and not _trapped(page):
        return Sent(None, 0, {"": Problem("too_fast")}, _typed(definition, 0, page)[0])
    every, answers = pages(definition), given_before(begun, definition, sheet)
    way = walk(definition, answers)
    shown = page.number if page.number in (*way.done, way.now) else way.now
    if shown is None or shown >= len(every):
        return Sent(sheet, way.now)
    values, problems = _read(begun, definition, shown, page, answers)
    if problems:
        return Sent(sheet, shown, problems, values)
    try:
        with transaction.atomic():
            return _keep(
                begun, version, definition, answers | values, page, known=sheet is not None, now=now, at=at
            )
    except IntegrityError:  # the first page sent twice in the same moment is one sheet
        raise Invalid("This page is being sent already.", hint="Look at it again.", code="twice") from None


def given_before(begun: Begun, form: Definition, sheet: AnswerSheet | None) -> dict[str, Any]:
    """What is answered so far. Who comes by a signed link is known: no question asks who she is, and nobody who was
    given her link can put an address of theirs on her card."""
    answers = dict(sheet.answers) if sheet else {}
    contacts = [question.key for question in form.questions if question.ask is Ask.CONTACT]
    if begun.customer_id is None or len(contacts) == len(form.questions):
        return answers
    return answers | dict.fromkeys(contacts)


def back(begun: Begun) -> int:
    """The page before the one to be answered now."""
    sheet = sheet_of(begun)
    if sheet is None or sheet.state != SheetState.PARTIAL:
        return 0
    form = definition_of(sheet.version)
    done = walk(form, given_before(begun, form, sheet)).done
    return done[-1] if done else 0


def _version(begun: Begun, form: Form | None) -> FormVersion:
    if form is not None and form.version is not None and form.version_id == begun.version_id:
        form.version.form = form
        return form.version
    rows = FormVersion.objects.select_related("form")
    found = rows.filter(pk=begun.version_id, form_id=begun.form_id).first()
    if found is None:
        raise NotFound("This form is gone.")
    return found


def _refuse_closed(form: Form, now: datetime) -> None:
    if form.state != FormState.OPEN or (form.closes_at is not None and now >= form.closes_at):
        raise Forbidden("This form is closed.", code="closed")


def _trapped(page: Page) -> bool:
    return any(text.strip() for text in page.given.get(HONEYPOT, ()))


def _typed(form: Definition, number: int, page: Page) -> tuple[dict[str, Any], dict[str, Problem]]:
    every = pages(form)
    return read_page(every[number], page.given, country=page.country) if every else ({}, {})


def _read(
    begun: Begun, form: Definition, number: int, page: Page, before: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Problem]]:
    questions = pages(form)[number]
    values, problems = read_page(
        questions, page.given, country=page.country, known=begun.customer_id is not None
    )
    for question in questions:
        if question.ask is Ask.CONTACT and begun.customer_id is not None:
            values[question.key] = None
        if question.ask is Ask.PHOTO:
            value, problem = _photo(begun, question, page, before.get(question.key), keep=not problems)
            values[question.key] = value
            if problem is not None:
                problems[question.key] = problem
    return values, problems


def _photo(
    begun: Begun, question: Question, page: Page, before: Any, *, keep: bool
) -> tuple[Any, Problem | None]:
    """The name of the photo kept; one that came with other answers that cannot be taken is asked for again."""
    if not keep or _trapped(page):
        return before, None
    try:
        name = page.keep(question.key, begun.form_id) or before
    except Invalid as error:
        return before, Problem(error.code or "not_a_photo")
    return name, Problem("required") if question.required and name is None else None


def _keep(
    begun: Begun,
    version: FormVersion,
    definition: Definition,
    answers: dict[str, Any],
    page: Page,
    *,
    known: bool,
    now: datetime,
    at: datetime,
) -> Sent:
    form = version.form
    if known:
        most = limits.PAGES_A_START * definition.starts_per_hour
        limits.count(limits.PAGES, form.pk, page.address, most=most, at=at)
        sheet = AnswerSheet.objects.select_for_update().get(key=begun.key)
        if sheet.state != SheetState.PARTIAL:
            return Sent(sheet, None)
    else:
        limits.count(limits.STARTS, form.pk, page.address, most=definition.starts_per_hour, at=at)
        sheet = AnswerSheet(
            form=form, version=version, key=begun.key, customer_id=begun.customer_id, hidden=dict(begun.hidden),
            language=begun.language, started_at=now, changed_at=now, simulated=page.simulated,
        )  # fmt: skip
    sheet.form, sheet.version = form, version
    sheet.answers, sheet.changed_at = answers, now
    following = walk(definition, answers).now
    if _trapped(page):
        sheet.state, sheet.reason, following = SheetState.ASIDE, "honeypot", None
        sheet.finished_at = now
    elif following is None:
        _finish(sheet, definition, page, now=now, at=at)
    sheet.save(force_insert=not known)
    if sheet.state in (SheetState.FINISHED, SheetState.COUNTED):
        waiting = sign_ups.ask(sheet, definition, now=now, at=at)
        if sheet.state == SheetState.COUNTED and waiting is None:
            rewards.give(sheet, now=now)
    return Sent(sheet, following)


def _finish(sheet: AnswerSheet, form: Definition, page: Page, *, now: datetime, at: datetime) -> None:
    """Everything is answered: what is off the way goes, the score is counted, places of quotas are taken."""
    dropped = {key: value for key, value in sheet.answers.items() if key not in on_path(form, sheet.answers)}
    for name in pictures.names(form, dropped):
        pictures.path(sheet.form_id, name).unlink(missing_ok=True)
    sheet.score = score(form, sheet.answers) if scored(form) else None
    sheet.answers = on_path(form, sheet.answers)
    sheet.finished_at = now
    counting.take_places(sheet.form_id, form, sheet.answers)
    if form.kind is Kind.CONTEST:
        sheet.entry_code = prizes.new_code()
    if form.confirm and sheet.customer_id is None:
        sheet.state = SheetState.FINISHED
    else:
        counting.count_in(sheet, form)
