"""A form from its first draft to its closing: written, checked, published word for word, opened and closed."""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from beizai.base.errors import Forbidden, Invalid, NotFound, Phrase
from beizai.customers.models import AttributeDefinition, AttributeKind
from beizai.forms.checking import Flaw, flaws
from beizai.forms.definition import Ask, Definition, Kind, plain, read
from beizai.forms.models import Form, FormState, FormVersion
from beizai.forms.starters import starter
from beizai.sources import register
from beizai.sources.models import SourceKind
from beizai.staff.models import User

RESERVED = ("confirm", "download", "new")
_SITE = re.compile(r"https?://[a-z0-9.*-]+(:\d{1,5})?", re.IGNORECASE)
_SOURCES = {
    Kind.CONTEST: SourceKind.CONTEST,
    Kind.SIGN_UP: SourceKind.NEWSLETTER,
    Kind.ENQUIRY: SourceKind.REGISTRATION,
}
_FLAWS = {
    "title_missing": "The form has no title in “{value}”.",
    "no_questions": "The form asks nothing.",
    "too_many_questions": "A form asks at most {value} questions.",
    "no_language": "The form has no language.",
    "confirm_hours": "The time to confirm is between 24 and 72 hours, not {value}.",
    "nothing_to_confirm": "Double opt-in needs a contact question that asks for the email.",
    "once_unproved": "One answer per person needs a confirmed email: switch double opt-in on.",
    "ending_unsaid": "An ending has no text in “{value}”.",
    "same_key": "Two questions are called “{question}”.",
    "bad_key": "A question cannot be called “{question}”.",
    "text_missing": "The question “{question}” has no text in “{value}”.",
    "bad_scale": "The scale of “{question}” goes from {value}.",
    "unknown_target": "“{question}” leads to “{value}”, which is not there.",
    "bad_bound": "“{question}” has a jump that compares with “{value}”, which is not a number.",
    "few_options": "“{question}” needs at least two answers to choose from.",
    "many_options": "“{question}” offers more than {value} answers.",
    "same_option": "“{question}” offers the same answer twice.",
    "option_unsaid": "An answer of “{question}” has no text in “{value}”.",
    "bad_contact": "The contact question “{question}” does not say what it asks for.",
    "consent_unproved": "“{question}” asks for a permission, which counts only once it is confirmed: switch double opt-in on.",
    "consent_forced": "“{question}” may not be required: a permission is not the price of taking part.",
    "cycle": "From “{question}” a way leads back to itself.",
    "never_asked": "No way leads to “{question}”.",
    "unknown_attribute": "“{question}” fills the attribute “{value}”, which is not there.",
    "unfit_attribute": "“{question}” cannot fill the attribute “{value}”: it is of another kind.",
}
FITS: dict[Ask, tuple[str, ...]] = {
    Ask.NUMBER: ("text", "number", "money", "measure"),
    Ask.SCALE: ("text", "number", "measure"),
    Ask.NPS: ("text", "number", "measure"),
    Ask.DATE: ("text", "date"),
    Ask.MANY: ("text", "choices"),
    Ask.CHOICE: ("text", "choice", "choices", "boolean", "number"),
    Ask.TEXT: ("text",),
    Ask.CONSENT: (),
    Ask.PHOTO: ("photo",),
    Ask.CONTACT: (),
}


@dataclass(frozen=True)
class Wish:
    """A form as it is first asked for."""

    name: str
    kind: Kind
    slug: str = ""
    languages: tuple[str, ...] = ("en",)
    definition: Definition | None = None


def get(slug_or_id: str | int) -> Form:
    """The form of this address or number, or NotFound."""
    rows = Form.objects.select_related("version")
    found = rows.filter(pk=slug_or_id) if isinstance(slug_or_id, int) else rows.filter(slug=slug_or_id)
    form = found.first()
    if form is None:
        raise NotFound("There is no form “{name}”.", name=slug_or_id, hint="See the list of forms.")
    return form


def add(wish: Wish, *, now: datetime, user: User | None = None) -> Form:
    """Makes a form with the questions of its kind, and a source of its own for what it brings."""
    if not wish.name.strip():
        raise Invalid("A form needs a name.")
    slug = _free_slug(slug_of(wish.slug or wish.name) or wish.kind.value)
    with transaction.atomic():
        source = register.source(
            f"Form: {wish.name.strip()[:80]} ({slug})"[:120],
            _SOURCES.get(wish.kind, SourceKind.SURVEY),
            now=now,
        )
        return Form.objects.create(
            slug=slug,
            name=wish.name.strip()[:120],
            kind=wish.kind.value,
            draft=plain(wish.definition or starter(wish.kind, wish.languages)),
            source=source,
            user=user,
            created_at=now,
            changed_at=now,
        )


def slug_of(text: str) -> str:
    """The text as a part of an address.

    >>> slug_of("Été: la Dégustation !")
    'ete-la-degustation'
    """
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:50]


def _free_slug(wanted: str) -> str:
    taken = set(Form.objects.filter(slug__startswith=wanted).values_list("slug", flat=True)) | set(RESERVED)
    return next(name for name in (wanted, *(f"{wanted}-{n}" for n in range(2, 10_000))) if name not in taken)


def write(form_id: int, draft: Definition, *, revision: int, now: datetime) -> Form:
    """Keeps a draft; Invalid where somebody else has written since the caller looked."""
    changed = Form.objects.filter(pk=form_id, revision=revision).update(
        draft=plain(draft), kind=draft.kind.value, revision=revision + 1, changed_at=now
    )
    if not changed:
        get(form_id)
        raise Invalid(
            "Somebody has changed this form since you opened it.",
            hint="Look at what stands there now, then make your change again.",
            code="stale_form",
        )
    return get(form_id)


def problems(draft: Definition) -> list[tuple[Flaw, Phrase]]:
    """What keeps this draft from being published, each in words."""
    found = [*flaws(draft), *_of_attributes(draft)]
    return [
        (
            flaw,
            Phrase(_FLAWS[flaw.code], question=flaw.question, value=flaw.value)
            if flaw.question or flaw.value
            else Phrase(_FLAWS[flaw.code]),
        )
        for flaw in found
    ]


def _of_attributes(draft: Definition) -> list[Flaw]:
    wanted = {question.attribute for question in draft.questions if question.attribute}
    kinds = dict(AttributeDefinition.objects.filter(key__in=wanted).values_list("key", "kind"))
    found = []
    for question in draft.questions:
        if question.attribute and question.attribute not in kinds:
            found.append(Flaw("unknown_attribute", question.key, question.attribute))
        elif question.attribute and AttributeKind(kinds[question.attribute]).value not in FITS[question.ask]:
            found.append(Flaw("unfit_attribute", question.key, question.attribute))
    return found


def publish(form_id: int, *, now: datetime, user: User | None = None) -> FormVersion:
    """Publishes the draft as it stands and opens the form; Invalid names the first thing that is wrong.

    The same words again are the same version: only the form is opened.
    """
    with transaction.atomic():
        form = Form.objects.select_for_update(of=("self",)).select_related("version").get(pk=get(form_id).pk)
        draft = read(form.draft)
        wrong = problems(draft)
        if wrong:
            raise Invalid("The form cannot be published: {flaw}", flaw=wrong[0][1], code=wrong[0][0].code)
        version = _version(form, draft, now=now, user=user)
        Form.objects.filter(pk=form.pk).update(version=version, state=FormState.OPEN, changed_at=now)
    return version


def _version(form: Form, draft: Definition, *, now: datetime, user: User | None) -> FormVersion:
    document = plain(draft)
    digest = hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    if form.version is not None and form.version.sha256 == digest:
        return form.version
    last = form.versions.aggregate(last=Max("number"))["last"] or 0
    return FormVersion.objects.create(
        form=form, number=last + 1, definition=document, sha256=digest, user=user, published_at=now
    )


def close(form_id: int, *, now: datetime) -> None:
    """Nobody can answer any more; what was answered stays."""
    form = get(form_id)
    if form.state == FormState.DRAFT:
        raise Forbidden("The form “{name}” is not published.", name=form.name)
    Form.objects.filter(pk=form.pk).update(state=FormState.CLOSED, changed_at=now)


def remove(form_id: int) -> None:
    """Takes a form away that was never published; Forbidden for any other: its answers name it."""
    form = get(form_id)
    if form.version is not None:
        raise Forbidden("A form that was published is not taken away.", hint="Close it instead.")
    form.delete()


def embed_on(form_id: int, sites: str, *, now: datetime) -> None:
    """Which sites may show the form in a frame: addresses such as https://shop.example, with blanks between; "" for none."""
    given = sites.split()
    for site in given:
        if not _SITE.fullmatch(site):
            raise Invalid(
                "“{site}” is not the address of a site.", site=site, hint="Write it as https://shop.example."
            )
    Form.objects.filter(pk=get(form_id).pk).update(frame_ancestors=" ".join(given)[:500], changed_at=now)


def definition_of(version: FormVersion) -> Definition:
    """The form as that version has it."""
    return read(version.definition)
