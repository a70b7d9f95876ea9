"""The card: who this is, what they are worth, what is known and from where, and everything that happened."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beizai.consent.models import ConsentEntry, Purpose
from beizai.consent.rules import Answer, Reason, may_contact_many
from beizai.customers import belonging, cards, completeness, facts, photos
from beizai.customers.answers import ON
from beizai.customers.completeness import Completeness, Gap
from beizai.customers.models import ContactPoint, Customer, ExternalId, Note, Standing, Tag, Tie
from beizai.identity import proposals
from beizai.office import labels, people, wording
from beizai.office.attributes import words
from beizai.office.attributes.words import family_names
from beizai.office.customers import filters, listing
from beizai.office.customers.timeline import KINDS, decision_words, purpose_name, timeline
from beizai.office.customers.tying import tie_lines
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.sources.models import Source
from beizai.staff import audit
from beizai.staff.roles import May, may
from beizai.trades import books


@dataclass(frozen=True)
class Way:
    """One way to reach a customer: the address, the words they agreed to, whether an offer is allowed."""

    channel: str
    value: str
    words: str
    badge: str
    kind: str


@dataclass(frozen=True)
class FactLine:
    """One thing that is known, or worth asking next."""

    label: str
    value: str
    source: str
    key: str = ""
    lines: tuple[str, ...] = ()
    picture: str = ""
    stale: bool = False


@needs(May.SEE_CUSTOMERS)
def card(request: HttpRequest, customer_id: int) -> HttpResponse:
    """One customer."""
    found = cards.get(customer_id)
    numbers = belonging.ids_of(found.pk)
    reader = person(request)
    audit.seen(customer_id, at=frame().now, user=reader, timezone=frame().shop.timezone)
    standing = Standing.objects.filter(pk=customer_id).first() or Standing(customer=found, as_of=frame().now)
    show = request.GET.get("show", "all")
    inline = "show" in request.GET
    contact = may(reader, May.SEE_CONTACT_POINTS)
    complete = completeness_of(found, standing)
    next_up = complete.next_question
    context = {
        "card": found,
        "name": listing.display_name(found, reader),
        "initials": initials(found.name) if may(reader, May.SEE_NAMES) else "",
        "standing": standing,
        "gap_days": round(standing.usual_gap_days or 0),
        "why": why(standing),
        "tier_words": labels.tiers().get(standing.tier, ""),
        "tier_level": labels.TIER_LEVELS.index(standing.tier) if standing.tier in labels.TIER_LEVELS else 5,
        "stage_words": labels.stages().get(standing.stage, ""),
        "type_words": labels.types().get(standing.type, ""),
        "rules": labels.rules(),
        "trade_care": books.care(frame().shop, language=frame().language).get(standing.type, []),
        "care_words": _("what they get"),
        "ways": ways(found, contact) if contact else [],
        "decisions": decisions(customer_id),
        "families": families(found, next_up) if may(reader, May.SEE_NAMES) else [],
        "filled": complete.share,
        "next_up": next_up and (words.question(next_up), words.reason(next_up)),
        "tags": sorted(set(Tag.objects.filter(customer_id__in=numbers).values_list("tag", flat=True))),
        "ties": tie_lines(found, reader),
        "brought_minor": brought(customer_id),
        "doubles": _doubles(found.pk, reader) if contact and may(reader, May.EDIT_CUSTOMERS) else [],
        "notes": Note.objects.filter(customer_id__in=numbers).count(),
        "numbers": list(ExternalId.objects.filter(customer_id__in=numbers).select_related("source")[:10])
        if contact
        else [],
        "show": show if show in KINDS else "all",
        "kinds": [
            ("all", _("All")),
            ("orders", _("Orders")),
            ("messages", _("Messages")),
            ("talks", _("Talks")),
        ],
        "timeline": timeline(found, reader, show=show) if inline else None,
    }
    return render(request, "office/customers/card.html", context)


def _doubles(card_id: int, reader: Any) -> list[dict[str, Any]]:
    """Cards that may be the same person and wait for somebody to look."""
    numbers = belonging.ids_of(card_id)
    found = proposals.of_card(card_id)[:3]
    others = {one.pk: one.right_id if one.left_id in numbers else one.left_id for one in found}
    names = people.names(reader, others.values())
    return [
        {"id": one.pk, "name": names[others[one.pk]], "probability": min(one.probability, 0.99)}
        for one in found
    ]


@needs(May.SEE_CUSTOMERS)
def timeline_fragment(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The timeline for the box on the card."""
    show = request.GET.get("show", "all")
    limit = 400 if request.GET.get("more") else 40
    found = timeline(
        cards.get(customer_id), person(request), show=show if show in KINDS else "all", limit=limit
    )
    return render(
        request,
        "office/customers/timeline.html",
        {"timeline": found, "customer_id": customer_id, "show": show},
    )


def initials(name: str) -> str:
    """Two letters of a Latin name; none of a Han name."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalpha()]
    if not words or any(ord(letter) > 0x2E80 for letter in name):
        return ""
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def why(standing: Standing) -> list[tuple[str, str]]:
    """The figures a label rests on."""
    gap = standing.usual_gap_days
    pairs = [
        (_("Spent in 12 months"), wording.money(standing.spent_12m_minor)),
        (
            _("Bought on"),
            ngettext("%(n)s day", "%(n)s days", standing.purchase_days)
            % {"n": wording.number(standing.purchase_days)},
        ),
        (_("Last order"), wording.day(standing.last_order_on) if standing.last_order_on else _("not yet")),
    ]
    if gap is not None:
        pairs.append(
            (
                _("Usual gap"),
                ngettext("%(n)s day", "%(n)s days", round(gap)) % {"n": wording.number(round(gap))},
            )
        )
    return [*pairs, (_("As of"), wording.day(standing.as_of))]


def ways(found: Customer, contact: bool) -> list[Way]:
    """The contact points with what was agreed to on each."""
    numbers = belonging.ids_of(found.pk)
    live = ContactPoint.objects.filter(customer_id__in=numbers, ended_at=None).order_by("channel", "pk")
    points = list({(point.channel, point.normal): point for point in reversed(live)}.values())[::-1]
    channels = {point.channel for point in points} | ({"letter"} if found.postal_address else set())
    answers = {
        channel: may_contact_many([found.pk], channel, Purpose.MARKETING, frame().now)[found.pk]
        for channel in channels
    }
    entries = ConsentEntry.objects.select_related("source").in_bulk(
        [answer.entry_id for answer in answers.values() if answer.entry_id]
    )
    lines = [_way(point.channel, point.value, answers[point.channel], entries) for point in points]
    if found.postal_address and not any(point.channel == "letter" for point in points):
        lines.append(_way("letter", " · ".join(found.postal_address.split("\n")), answers["letter"], entries))
    return lines


def _way(channel: str, value: str, answer: Answer, entries: dict[int, ConsentEntry]) -> Way:
    entry = entries.get(answer.entry_id or 0)
    if entry is None:
        return Way(channel, value, _("Not asked yet."), _("not asked"), "line")
    source = entry.source.name if entry.source else _("source not said")
    words = _("“%(text)s” %(source)s, %(day)s") if entry.text else _("%(source)s, %(day)s")
    said = words % {"text": entry.text, "source": source, "day": wording.day(entry.at)}
    badge, kind = _BADGES[answer.reason]
    return Way(channel, value, said, badge(), kind)


_BADGES: dict[Reason, tuple[Any, str]] = {
    Reason.GRANTED: (lambda: _("offers"), "good"),
    Reason.SERVICE: (lambda: _("service"), "good"),
    Reason.NO_DECISION: (lambda: _("not asked"), "line"),
    Reason.REFUSED: (lambda: _("said no"), "bad"),
    Reason.WITHDRAWN: (lambda: _("took it back"), "bad"),
    Reason.TOPIC: (lambda: _("not of this topic"), "bad"),
    Reason.EXPIRED: (lambda: _("has run out"), "warn"),
    Reason.NOT_LAWFUL: (lambda: _("basis does not carry here"), "warn"),
    Reason.NOT_SEPARATE: (lambda: _("not asked on its own"), "warn"),
    Reason.LIST_OUT_OF_DATE: (lambda: _("register not looked at"), "warn"),
    Reason.SUPPRESSED: (lambda: _("on a list"), "bad"),
    Reason.RESTRICTED: (lambda: _("restricted"), "bad"),
}


def decisions(customer_id: int) -> list[dict[str, Any]]:
    """The ledger of this customer, the latest first."""
    rows = (
        ConsentEntry.objects.filter(customer_id__in=belonging.ids_of(customer_id))
        .select_related("source", "user")
        .order_by("-at", "-pk")[:50]
    )
    return [
        {
            "words": decision_words(row),
            "text": row.text,
            "source": wording.listed(
                [row.source.name if row.source else "", str(row.user) if row.user else ""]
            ),
            "at": row.at,
            "who": str(row.user) if row.user else "",
            "purpose": purpose_name(row.purpose),
            "simulated": row.simulated,
        }
        for row in rows
    ]


def families(found: Customer, next_up: Gap | None) -> list[tuple[str, list[FactLine]]]:
    """What is known, in the six families, and what is not; the best question to ask next says so."""
    sources = dict(Source.objects.values_list("pk", "name"))
    grouped: dict[str, list[FactLine]] = {"user": _own_lines(found)}
    for known in facts.known(found):
        is_next = next_up is not None and next_up.key == known.definition.key
        line = _fact_line(found, known, sources, is_next=is_next)
        grouped.setdefault(known.definition.family, []).append(line)
    names = family_names()
    return [(names[family], grouped[family]) for family in names if grouped.get(family)]


def _fact_line(found: Customer, known: facts.Known, sources: dict[int, str], *, is_next: bool) -> FactLine:
    one, next_words = known.definition, _("best question to ask next") if is_next else ""
    if known.value is None:
        return FactLine(one.label, "", next_words)
    place = {"source": sources.get(known.source_id or 0, ""), "day": wording.day(known.at)}
    picture = reverse("customer_picture", args=[found.pk, one.key]) if one.kind == "photo" else ""
    return FactLine(
        one.label,
        "" if picture else shown(known),
        wording.listed([_("%(source)s, %(day)s") % place, next_words]),
        key=one.key,
        lines=records_shown(known) if one.kind == "records" else (),
        picture=picture,
        stale=known.is_stale(frame().now),
    )


def records_shown(known: facts.Known) -> tuple[str, ...]:
    """Records in the reader's words, the latest first."""
    found = []
    for row in reversed(known.value):
        told = [_cell(column, row.get(column["key"])) for column in known.definition.columns]
        day = wording.day(date.fromisoformat(row[ON]))
        found.append(wording.listed([day, *(words for words in told if words)]))
    return tuple(found)


def _cell(column: dict[str, Any], value: Any) -> str:
    if value is None:
        return ""
    if column["kind"] == "money":
        return wording.money(value)
    if column["kind"] == "number":
        return wording.number(value, 0 if float(value).is_integer() else 2)
    return str(value)


def _own_lines(found: Customer) -> list[FactLine]:
    made = _("%(source)s, %(day)s") % {"source": found.source.name, "day": wording.day(found.created_at)}
    own: list[tuple[str, str]] = [
        (_("Birthday"), wording.day(found.birthday_on) if found.birthday_on else ""),
        (_("Language"), language_name(found.language)),
        (_("Country"), filters.country_name(found.country) if found.country else ""),
        (_("Branch"), found.branch.name if found.branch else ""),
    ]
    return [FactLine(label, value, made) for label, value in own if value]


def language_name(code: str) -> str:
    """A language in the reader's language."""
    from babel import Locale

    return (
        str(Locale.parse(frame().locale).languages.get(code.split("-", maxsplit=1)[0].lower(), code))
        if code
        else ""
    )


def shown(known: facts.Known) -> str:  # noqa: PLR0911  (one kind each)
    """A fact's value in the reader's words; records and pictures are shown by themselves."""
    match known.definition.kind:
        case "money":
            return wording.money(known.value)
        case "date":
            return wording.day(date.fromisoformat(known.value))
        case "boolean":
            return _("yes") if known.value else _("no")
        case "number" | "measure":
            text = wording.number(known.value, 0 if float(known.value).is_integer() else 2)
            return f"{text} {known.definition.unit}".strip()
        case "choices":
            return wording.listed(known.value)
        case "records" | "photo":
            return ""
    return str(known.value)


def completeness_of(found: Customer, standing: Standing) -> Completeness:
    """How much of the card is known and not stale, and what is worth asking."""
    return completeness.of(
        found,
        reachable=ContactPoint.objects.filter(
            customer_id__in=belonging.ids_of(found.pk), ended_at=None
        ).exists(),
        worth_minor=completeness.worth(standing.spent_12m_minor, 0),
        now=frame().now,
    )


@needs(May.SEE_CUSTOMERS, May.SEE_NAMES)
def picture(request: HttpRequest, customer_id: int, key: str) -> HttpResponse:
    """A picture on the card, for those who may see names."""
    fact = cards.get(customer_id).facts.get(key, {})
    answer = HttpResponse(photos.path_of(fact.get("v")).read_bytes(), content_type="image/jpeg")
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def brought(customer_id: int) -> dict[str, int]:
    """How many customers they brought, and what those spent."""
    from django.db.models import Count, Sum

    comers = Tie.objects.filter(other_id__in=belonging.ids_of(customer_id), kind="referred_by")
    leads = belonging.cards_of(comers.values_list("customer_id", flat=True)[:5_000])
    brought_ones = set(leads.values()) - {customer_id}
    found = Standing.objects.filter(pk__in=brought_ones).aggregate(
        people=Count("pk"), spent=Sum("spent_minor")
    )
    return {"people": found["people"], "spent": found["spent"] or 0}
