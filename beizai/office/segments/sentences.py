"""Words for the conditions of a rule: as the owner would say them, in the reader's language."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beizai.office import wording
from beizai.office.labels import LABELS_OF
from beizai.office.segments.book import Book
from beizai.segments.rule import AttributeKind, Part

MONEY_MEASURES = ("spent_minor", "average_minor")


def kinds() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every condition by what it looks at, for the first field of a condition."""
    return [
        (
            _("What they bought"),
            [
                ("orders", _("orders")),
                ("bought", _("bought")),
                ("never_bought", _("did not buy")),
                ("recency", _("days since the last order")),
                ("silence", _("silent, against their own usual gap")),
            ],
        ),
        (
            _("What they are worth"),
            [
                ("stage", _("stage")),
                ("type", _("type")),
                ("tier", _("tier")),
                ("rfm", _("fifth in R, F or M")),
            ],
        ),
        (
            _("What is on the card"),
            [
                ("attribute", _("the card says")),
                ("tag", _("has the tag")),
                ("source", _("came from the source")),
                ("referred", _("was brought by another customer")),
                ("brought", _("brought other customers")),
                ("everyone", _("everybody with a card")),
            ],
        ),
        (
            _("What was said and done"),
            [
                ("may_contact", _("may be written to")),
                ("event", _("something happened")),
                ("segment", _("is in the segment")),
            ],
        ),
    ]


def measures() -> dict[str, str]:
    """What can be counted of orders."""
    return {
        "orders": _("number of orders"),
        "purchase_days": _("days with an order"),
        "spent_minor": _("spent"),
        "average_minor": _("spent per order"),
        "returns": _("number of returns"),
    }


def comparisons() -> dict[str, str]:
    """How something is held against something."""
    return {
        "at_least": _("at least"),
        "at_most": _("at most"),
        "more_than": _("more than"),
        "less_than": _("less than"),
        "is": _("is"),
        "is_not": _("is not"),
        "between": _("between"),
        "one_of": _("is one of"),
        "none_of": _("is none of"),
        "contains": _("contains"),
        "begins_with": _("begins with"),
        "before": _("before"),
        "after": _("after"),
        "on": _("on the day"),
        "within_days": _("in the last"),
        "older_than_days": _("longer ago than"),
        "anniversary_within_days": _("comes round in the next"),
        "has_any": _("has any of"),
        "has_all": _("has all of"),
        "has_none": _("has none of"),
        "known": _("is known"),
        "not_known": _("is not known"),
    }


def windows() -> dict[str, str]:
    """Which days count."""
    return {
        "": _("ever"),
        "within_days": _("in the last"),
        "older_than_days": _("longer ago than"),
        "dates": _("between dates"),
    }


def events() -> dict[str, str]:
    """What can have happened."""
    return {
        "sent": _("a message was sent"),
        "opened": _("opened a mail"),
        "clicked": _("clicked in a mail"),
        "unsubscribed": _("unsubscribed"),
        "bounced": _("a mail bounced"),
        "complained": _("complained about a mail"),
        "coupon_redeemed": _("used a coupon"),
        "form_answered": _("filled in a form"),
        "visited": _("visited"),
        "tracked": _("did something on the site"),
        "answered": _("answered"),
        "asked": _("asked something"),
        "consent_given": _("gave permission"),
        "consent_withdrawn": _("took permission back"),
    }


def channels() -> dict[str, str]:
    return {
        "email": _("by email"),
        "phone": _("by phone"),
        "sms": _("by SMS"),
        "letter": _("by letter"),
        "messenger": _("by messenger"),
    }


def purposes() -> dict[str, str]:
    return {
        "marketing": _("with offers"),
        "service": _("about their order"),
        "tracking": _("and watched in opens and clicks"),
    }


def standard_attributes() -> dict[str, str]:
    """What every card has."""
    return {
        "country": _("country"),
        "language": _("language"),
        "branch": _("branch"),
        "birthday_on": _("birthday"),
        "created_on": _("card made on"),
        "simulated": _("is SIMULATED"),
    }


def group(kind: str) -> str:
    """The sentence a group begins with."""
    return {
        "all": _("All of these hold"),
        "any": _("Any of these holds"),
        "none": _("None of these holds"),
        "not": _("This does not hold"),
    }[kind]


def note(kind: str) -> str:
    """What is worth knowing of a condition, behind its "why?"; nothing where it explains itself."""
    return {
        "silence": _(
            "The usual gap is each customer's own: the median of the days between their orders, known from three days with an order on."
        ),
        "rfm": _(
            "Fifths of all who bought: R by the last day, F by the days with an order, M by the money of 365 days."
        ),
        "may_contact": _("Asked of the consent ledger, as of the day you ask for."),
        "event": _("What machines did with a mail is not counted."),
        "segment": _("As that segment is written at the moment of asking."),
        "never_bought": _("In the days you choose; “ever” if you choose none."),
    }.get(kind, "")


# ---- one condition as a sentence


def sentence(part: Part, book: Book) -> str:  # noqa: C901, PLR0911, PLR0912 (one case per condition)
    """What a condition asks, in words (`rule.describe` takes a rule apart)."""
    found = part.values
    match part.kind:
        case "everyone":
            return _("everybody with a card")
        case "referred":
            return _("was brought by another customer")
        case "orders":
            return _with_when(f"{measures()[found['measure']]}{_colon()}{_compared(found)}", found)
        case "bought":
            return _bought(found)
        case "never_bought":
            goods = found.get("product") or found.get("category")
            return _with_when(
                _("never bought %(goods)s") % {"goods": _quoted(goods)} if goods else _("no order"), found
            )
        case "recency":
            return _("days since the last order: %(compared)s") % {"compared": _compared(found, "days")}
        case "silence":
            return _("silent %(compared)s times the usual gap") % {
                "compared": _compared({**found, "value": found["gaps"]})
            }
        case "stage" | "type" | "tier":
            names = LABELS_OF[part.kind]()
            return _("%(what)s: %(codes)s") % {
                "what": _scale(part.kind),
                "codes": _or([names[code] for code in found["one_of"]]),
            }
        case "rfm":
            return _("fifth in %(score)s: %(compared)s") % {
                "score": found["score"].upper(),
                "compared": _compared(found),
            }
        case "attribute":
            return _attribute(found, book)
        case "tag":
            return _("has the tag %(name)s") % {"name": _quoted(found["name"])}
        case "source":
            return _("came from %(name)s") % {"name": _quoted(found["name"])}
        case "segment":
            return _("in the segment %(name)s") % {"name": _quoted(found["name"])}
        case "may_contact":
            return _("may be written to %(channel)s %(purpose)s") % {
                "channel": channels().get(found["channel"], found["channel"]),
                "purpose": purposes().get(found["purpose"], found["purpose"]),
            }
        case "brought":
            return _("brought customers: %(compared)s") % {"compared": _compared(found)}
        case "event":
            return _event(found)
        case _:
            return _group_sentence(part, book)


def _group_sentence(part: Part, book: Book) -> str:
    """A group with everything in it, in brackets where it could be misread."""
    if part.kind == "not":
        inner = part.parts[0]
        words = sentence(inner, book)
        return _("not (%(what)s)") % {"what": words} if inner.parts else _("not: %(what)s") % {"what": words}
    if not part.parts:
        return _("everybody") if part.kind == "all" else _("nobody")
    joined = [f"({sentence(one, book)})" if len(one.parts) > 1 else sentence(one, book) for one in part.parts]
    return (_(" and ") if part.kind == "all" else _(" or ")).join(joined)


def _bought(found: Mapping[str, Any]) -> str:
    goods, times = _quoted(found.get("product") or found.get("category")), found.get("at_least", 1)
    words = (
        _("bought %(goods)s")
        if times == 1
        else ngettext(
            "bought %(goods)s, at least %(n)s time", "bought %(goods)s, at least %(n)s times", times
        )
    )
    return _with_when(words % {"goods": goods, "n": wording.number(times)}, found)


def _event(found: Mapping[str, Any]) -> str:
    what, times = events().get(found["kind"], found["kind"]), found.get("at_least", 1)
    words = (
        what
        if times == 1
        else ngettext("%(what)s, at least %(n)s time", "%(what)s, at least %(n)s times", times)
        % {
            "what": what,
            "n": wording.number(times),
        }
    )
    if found.get("name"):
        words = _("%(what)s: “%(name)s”") % {"what": words, "name": found["name"]}
    if found.get("property"):
        words = _("%(what)s, where %(property)s %(compared)s %(value)s") % {
            "what": words,
            "property": found["property"],
            "compared": comparisons()[found["op"]],
            "value": found["value"],
        }
    if found.get("campaign_id"):
        words = _("%(what)s, in campaign %(n)s") % {"what": words, "n": found["campaign_id"]}
    return _with_when(words, found)


def _attribute(found: Mapping[str, Any], book: Book) -> str:  # noqa: PLR0911 (one case per kind)
    name, op, value = found["name"], found["op"], found.get("value")
    what = standard_attributes().get(name) or book.labels.get(name, name)
    if op in ("known", "not_known"):
        return f"{what} {comparisons()[op]}"
    if isinstance(value, list) and op in ("one_of", "none_of"):
        return f"{what} {comparisons()[op]} {_or([_quoted(one) for one in value])}"
    if isinstance(value, list) and op.startswith("has_"):
        return f"{what} {comparisons()[op]} {wording.listed([_quoted(one) for one in value])}"
    if isinstance(value, bool):
        return f"{what}{_colon()}{_('yes') if value else _('no')}"
    if op in ("before", "after", "on"):
        return f"{what} {comparisons()[op]} {wording.day(date.fromisoformat(str(value)))}"
    if isinstance(value, str):
        return f"{what} {comparisons()[op]} {_quoted(value)}"
    in_money = book.words.attributes.get(name) is AttributeKind.MONEY
    return f"{what}{_colon()}{_compared(found, in_money=in_money)}"


def _compared(found: Mapping[str, Any], name: str = "value", *, in_money: bool = False) -> str:
    value = found[name]
    in_money = in_money or found.get("measure") in MONEY_MEASURES
    shown = [
        wording.money(one) if in_money else _number(one)
        for one in (value if isinstance(value, list) else [value])
    ]
    if found["op"] == "between":
        return _("between %(low)s and %(high)s") % {"low": shown[0], "high": shown[1]}
    return f"{comparisons()[found['op']]} {shown[0]}"


def _number(value: Any) -> str:
    return wording.number(value, 0 if value == int(value) else 1)


def _with_when(words: str, found: Mapping[str, Any]) -> str:
    when = when_words(found)
    return _("%(what)s, %(when)s") % {"what": words, "when": when} if when else words


def when_words(found: Mapping[str, Any]) -> str:
    """The days of a window in words; nothing where every day counts."""
    if days := found.get("within_days"):
        return ngettext("in the last day", "in the last %(n)s days", days) % {"n": wording.number(days)}
    if (days := found.get("older_than_days")) is not None:
        return ngettext("%(n)s day ago or longer", "%(n)s days ago or longer", days) % {
            "n": wording.number(days)
        }
    since, until = found.get("since"), found.get("until")
    if since and until:
        return _("from %(since)s to %(until)s") % {"since": _day(since), "until": _day(until)}
    if since:
        return _("since %(since)s") % {"since": _day(since)}
    return _("until %(until)s") % {"until": _day(until)} if until else ""


def _day(text: Any) -> str:
    return wording.day(date.fromisoformat(text))


def _quoted(text: str | None) -> str:
    return _("“%(text)s”") % {"text": text or ""}


def _or(words: list[str]) -> str:
    return _(" or ").join(words)


def _colon() -> str:
    return _(": ")


def _scale(kind: str) -> str:
    return {"stage": _("stage"), "type": _("type"), "tier": _("tier")}[kind]
