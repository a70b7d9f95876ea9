"""What a rule comes to: how many, how each condition narrows it, some of them by name; and why somebody is in, or not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beizai.base.errors import BeizaiError
from beizai.customers import search
from beizai.customers.models import Standing
from beizai.office import refusals, wording
from beizai.office.labels import LABELS_OF
from beizai.office.people import names
from beizai.office.segments.book import Book
from beizai.office.segments.nodes import Node
from beizai.office.segments.sentences import sentence
from beizai.segments import membership
from beizai.segments import rule as rules
from beizai.segments.explaining import Check, Explanation, explain
from beizai.segments.membership import Look
from beizai.segments.rule import Part, Rule
from beizai.segments.rule.describing import Path
from beizai.staff.models import User

_SAMPLE = 6
_FOUND = 6


@dataclass(frozen=True)
class Narrowing:
    """One step: the condition, and how many are left."""

    words: str
    left: int
    share: float


@dataclass(frozen=True)
class Somebody:
    """One of those in the segment."""

    customer_id: int
    name: str
    more: str


@dataclass(frozen=True)
class Seen:
    """What the box beside the builder shows."""

    look: Look
    share: float
    email: int
    steps: tuple[Narrowing, ...]
    people: tuple[Somebody, ...]
    counts: tuple[tuple[str, str], ...]


def see(rule: Rule, root: Node, book: Book, user: User, *, as_of: datetime, name: str, seed: int = 0) -> Seen:
    """Counts the rule, all parts at once."""
    found = membership.look(rule, as_of=as_of, name=name, size=_SAMPLE, seed=seed)
    everyone = max(found.everyone, 1)
    return Seen(
        look=found,
        share=found.total / everyone,
        email=found.contactable.get("email", 0),
        steps=tuple(_steps(found, rules.describe(rule), book)),
        people=tuple(people(user, list(found.sample), as_of.date())),
        counts=tuple(
            (path, wording.number(found.single[place]))
            for path, place in places(root).items()
            if path != "r" and place in found.single
        ),
    )


def _steps(found: Look, whole: Part, book: Book) -> list[Narrowing]:
    if not found.steps:
        return []
    everyone = max(found.everyone, 1)
    listed = [Narrowing(_("All customers"), found.everyone, 1.0)]
    for step in found.steps:
        part = whole.parts[step.path[0]]
        listed.append(Narrowing(sentence(part, book), step.left, step.left / everyone))
    return listed


def places(node: Node, path: str = "r", place: Path = ()) -> dict[str, Path]:
    """Where each node of the builder stands in the rule: "none" is a "not" around an "any"."""
    found = {path: place}
    inner = (*place, 0) if node.kind == "none" else place
    for number, part in enumerate(node.parts):
        found |= places(part, f"{path}.{number}", (*inner, number))
    return found


def people(user: User, ids: list[int], today: date) -> list[Somebody]:
    """Some customers by name, each with how long they have been silent."""
    called = names(user, ids)
    standing = Standing.objects.in_bulk(ids)
    return [Somebody(one, called[one], _silence(standing.get(one), today)) for one in ids]


def _silence(standing: Standing | None, today: date) -> str:
    if standing is None or standing.last_order_on is None:
        return _("no order yet")
    days = max((today - standing.last_order_on).days, 0)
    words = ngettext("%(n)s day", "%(n)s days", days) % {"n": wording.number(days)}
    if standing.usual_gap_days is None:
        return words
    return _("%(days)s, usual gap %(gap)s") % {
        "days": words,
        "gap": wording.number(round(standing.usual_gap_days)),
    }


# ---- why is someone in, or not?


@dataclass(frozen=True)
class Reason:
    """One condition looked at for one customer."""

    words: str
    found: str
    turns: str
    holds: bool


@dataclass(frozen=True)
class Why:
    """The answer: in or not, how many conditions do not hold, each with its evidence, and when it will turn."""

    customer_id: int
    name: str
    head: str
    reasons: tuple[Reason, ...]
    turns: str


def why(rule: Rule, who: str, book: Book, user: User, *, as_of: datetime) -> tuple[list[Why], str]:
    """The explanation for whom the words find; several found: each of the first few. Otherwise a sentence that says why not."""
    ids = search.first_ids(who, _FOUND) if who.strip() else []
    if not ids:
        return [], _("Nobody is found by these words.") if who.strip() else ""
    called = names(user, ids)
    answers = []
    for one in ids:
        try:
            answers.append(_why(explain(rules.to_json(rule), one, as_of=as_of), called[one], book))
        except BeizaiError as error:
            return answers, refusals.in_words(error)
    return answers, ""


def _why(found: Explanation, name: str, book: Book) -> Why:
    single = [check for check in found.checks if check.kind not in ("all", "any", "not")]
    failing = sum(not _contributes(check, found.checks) for check in single)
    if found.holds:
        head = _("%(name)s is in") % {"name": name}
    else:
        words = ngettext(
            "%(name)s is not in: %(n)s of %(all)s conditions does not fit",
            "%(name)s is not in: %(n)s of %(all)s conditions do not fit",
            failing,
        )
        head = words % {"name": name, "n": wording.number(failing), "all": wording.number(len(single))}
    return Why(
        found.customer_id,
        name,
        head,
        tuple(_reason(check, found.checks, book) for check in single),
        _turns(found.turns_on, found.holds),
    )


def _negated(check: Check, checks: tuple[Check, ...]) -> bool:
    """Whether the condition stands in a group of which none may hold."""
    kinds = {one.path: one.kind for one in checks}
    above = [check.path[:length] for length in range(len(check.path))]
    return sum(kinds.get(path) == "not" for path in above) % 2 == 1


def _contributes(check: Check, checks: tuple[Check, ...]) -> bool:
    return check.holds != _negated(check, checks)


def _reason(check: Check, checks: tuple[Check, ...], book: Book) -> Reason:
    words = sentence(Part(check.kind, check.values, (), check.path), book)
    if _negated(check, checks):
        words = _("not: %(what)s") % {"what": words}
    return Reason(words, evidence(check), _turns(check.turns_on, check.holds), _contributes(check, checks))


def evidence(check: Check) -> str:  # noqa: PLR0911 (one sentence per unit)
    """What was found of this customer."""
    value = check.value
    if value is None:
        return "" if check.unit == "yes" else _("not known")
    match check.unit:
        case "money":
            return _("found: %(value)s") % {"value": wording.money(round(value))}
        case "days":
            return ngettext("found: %(n)s day", "found: %(n)s days", int(value)) % {
                "n": wording.number(int(value))
            }
        case "times":
            return _("found: %(value)s times the usual gap") % {"value": wording.number(value, 1)}
        case "code":
            return _("found: %(value)s") % {"value": LABELS_OF[check.kind]().get(str(value), str(value))}
        case "date":
            return _("found: %(value)s") % {"value": wording.day(value)}
        case "count" | "fifth":
            return _("found: %(value)s") % {"value": wording.number(value)}
        case _:
            return _("found: %(value)s") % {"value": value}


def _turns(on: date | None, holds: bool) -> str:
    if on is None:
        return ""
    words = (
        _("no longer holds from %(day)s on, if nothing happens")
        if holds
        else _("holds from %(day)s on, if nothing happens")
    )
    return words % {"day": wording.day(on)}


def plain_rule(rule: Rule, book: Book) -> str:
    """The whole rule as one sentence."""
    return sentence(rules.describe(rule), book)


def as_text(found: Mapping[str, Any]) -> str:
    """The rule's JSON, indented for the eye."""
    return json.dumps(found, ensure_ascii=False, indent=2)
