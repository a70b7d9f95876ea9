"""The card: who this is, what they are worth, what is known and from where, and everything that happened."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beizai.consent.models import ConsentEntry, Purpose
from beizai.consent.rules import Answer, Reason, may_contact_many
from beizai.customers import cards, facts, ties
from beizai.customers.models import ContactPoint, Customer, Standing
from beizai.office import labels, wording
from beizai.office.customers import filters, listing
from beizai.office.customers.timeline import KINDS, decision_words, purpose_name, tie_name, timeline
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.sources.models import Source
from beizai.staff.roles import May, may


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


@needs(May.SEE_CUSTOMERS)
def card(request: HttpRequest, customer_id: int) -> HttpResponse:
    """One customer."""
    found = cards.get(customer_id)
    reader = person(request)
    standing = Standing.objects.filter(pk=customer_id).first() or Standing(customer=found, as_of=frame().now)
    show = request.GET.get("show", "all")
    inline = "show" in request.GET
    contact = may(reader, May.SEE_CONTACT_POINTS)
    context = {
        "card": found,
        "name": listing.display_name(found, reader),
        "initials": initials(found.name) if may(reader, May.SEE_NAMES) else "",
        "standing": standing,
        "why": why(standing),
        "tier_words": labels.tiers().get(standing.tier, ""),
        "tier_level": labels.TIER_LEVELS.index(standing.tier) if standing.tier in labels.TIER_LEVELS else 5,
        "stage_words": labels.stages().get(standing.stage, ""),
        "type_words": labels.types().get(standing.type, ""),
        "rules": labels.rules(),
        "ways": ways(found, contact) if contact else [],
        "decisions": decisions(customer_id),
        "families": families(found) if may(reader, May.SEE_NAMES) else [],
        "filled": filled(found),
        "tags": list(found.tags.order_by("tag").values_list("tag", flat=True)),
        "ties": tie_lines(found, reader),
        "brought_minor": brought(customer_id),
        "notes": found.notes.count(),
        "numbers": list(found.external_ids.select_related("source")[:10]) if contact else [],
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
    points = list(ContactPoint.objects.filter(customer=found, ended_at=None).order_by("channel", "pk"))
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
    Reason.EXPIRED: (lambda: _("has run out"), "warn"),
}


def decisions(customer_id: int) -> list[dict[str, Any]]:
    """The ledger of this customer, the latest first."""
    rows = (
        ConsentEntry.objects.filter(customer_id=customer_id)
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


def families(found: Customer) -> list[tuple[str, list[FactLine]]]:
    """What is known, in the six families; the first thing that is not known is the best question to ask next."""
    sources = dict(Source.objects.values_list("pk", "name"))
    grouped: dict[str, list[FactLine]] = {"user": _own_lines(found)}
    asked = False
    for known in facts.known(found):
        if known.value is None:
            hint = "" if asked else _("best question to ask next")
            asked = True
            line = FactLine(known.definition.label, "", hint)
        else:
            place = {"source": sources.get(known.source_id or 0, ""), "day": wording.day(known.at)}
            line = FactLine(known.definition.label, shown(known), _("%(source)s, %(day)s") % place)
        grouped.setdefault(known.definition.family, []).append(line)
    names = family_names()
    return [(names[family], grouped[family]) for family in names if grouped.get(family)]


def family_names() -> dict[str, str]:
    """The six families of attributes."""
    return {
        "user": _("About them"),
        "relationship": _("Ties and occasions"),
        "attitude": _("Taste and attitude"),
        "feedback": _("What they told us"),
        "product_use": _("How they use it"),
        "credit": _("Credit"),
    }


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


def shown(known: facts.Known) -> str:
    """A fact's value in the reader's words."""
    match known.definition.kind:
        case "money":
            return wording.money(known.value)
        case "date":
            from datetime import date

            return wording.day(date.fromisoformat(known.value))
        case "boolean":
            return _("yes") if known.value else _("no")
        case "number":
            text = wording.number(known.value, 0 if float(known.value).is_integer() else 2)
            return f"{text} {known.definition.unit}".strip()
    return str(known.value)


def filled(found: Customer) -> float:
    """How much of the card is filled in: name, a way to reach them, birthday, and the attributes of this book."""
    known = facts.known(found)
    have = [
        bool(found.name),
        found.contact_points.filter(ended_at=None).exists(),
        found.birthday_on is not None,
    ]
    have += [one.value is not None for one in known]
    return sum(have) / len(have)


def tie_lines(found: Customer, reader: Any) -> list[dict[str, Any]]:
    """The ties of a card as it sees them."""
    lines = []
    for tie in ties.of(found.pk):
        mine = tie.customer_id == found.pk
        other = tie.other if mine else tie.customer
        words = (
            tie_name(tie.kind)
            if mine
            else _("Brought by this customer")
            if tie.kind == "referred_by"
            else tie_name(tie.kind)
        )
        standing = getattr(other, "standing", None)
        lines.append(
            {
                "id": tie.pk,
                "other_id": other.pk,
                "name": listing.display_name(other, reader),
                "words": words,
                "since": tie.since_on,
                "told": wording.listed([words, wording.day(tie.since_on) if tie.since_on else ""]),
                "spent": standing.spent_minor
                if standing and tie.kind == "referred_by" and not mine
                else None,
                "icon": {"referred_by": "star", "gives_to": "gift"}.get(tie.kind, "customers"),
            }
        )
    return lines


def brought(customer_id: int) -> dict[str, int]:
    """How many customers they brought, and what those spent."""
    from django.db.models import Count, Sum

    found = Standing.objects.filter(
        customer__ties__other_id=customer_id, customer__ties__kind="referred_by"
    ).aggregate(people=Count("pk"), spent=Sum("spent_minor"))
    return {"people": found["people"], "spent": found["spent"] or 0}
