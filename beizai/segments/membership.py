"""Segments by name: saved in versions, asked who is in them, and what each condition leaves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import F

from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.segments import rule as rules
from beizai.segments.models import Segment, SegmentVersion
from beizai.segments.questions import Ids, Question, ask
from beizai.segments.rule import Member, Rule
from beizai.segments.rule.describing import Path
from beizai.segments.rule.values import near
from beizai.segments.vocabularies import check_rule
from beizai.staff.models import User

_LONGEST_NAME = 120
_SAMPLE = 12


def segment(name_or_id: str | int) -> Segment:
    """The segment of this name or id, or NotFound with the nearest name."""
    by = {"pk": name_or_id} if isinstance(name_or_id, int) else {"name": name_or_id}
    found = Segment.objects.filter(**by).first()
    if found is None:
        names = Segment.objects.values_list("name", flat=True)
        raise NotFound("There is no segment “{name}”.", hint=near(str(name_or_id), names), name=name_or_id)
    return found


def save(
    name: str, rule: Rule | Mapping[str, Any] | str, *, now: datetime, user: User | None = None
) -> Segment:
    """Keeps a rule under a name: a new segment, or a new version of it; the same rule again changes nothing.

    Refused: a rule that cannot be read or names what the book does not know, and one that would lead back to itself.
    """
    read = read_rule(rule)
    clean = " ".join(name.split())
    if not clean or len(clean) > _LONGEST_NAME:
        raise Invalid(
            "“{name}” cannot be a name.",
            hint="A name has 1 to {limit} characters.",
            name=clean[:40],
            limit=_LONGEST_NAME,
        )
    check_rule(read)
    with transaction.atomic():
        found, _ = Segment.objects.select_for_update().get_or_create(
            name=clean, defaults={"created_at": now, "changed_at": now}
        )
        if found.current_version and rule_of(found) == read:
            return found
        _add_version(found, read, now, user)
        resolved(read, known_as=clean)
    return found


def save_if_new(
    name: str, rule: Rule | Mapping[str, Any] | str, *, now: datetime, user: User | None = None
) -> Segment:
    """Keeps a rule under a name that is not taken; a segment of that name stays as it is."""
    return Segment.objects.filter(name=name).first() or save(name, rule, now=now, user=user)


def rename(segment_id: int, name: str, *, now: datetime) -> Segment:
    """Gives a segment another name; refused where rules of others name it."""
    found, clean = segment(segment_id), " ".join(name.split())
    if not clean or len(clean) > _LONGEST_NAME:
        raise Invalid(
            "“{name}” cannot be a name.",
            hint="A name has 1 to {limit} characters.",
            name=clean[:40],
            limit=_LONGEST_NAME,
        )
    _refuse_if_named(found)
    if Segment.objects.filter(name=clean).exclude(pk=found.pk).exists():
        raise Invalid("There is a segment “{name}” already.", hint="Names are given once.", name=clean)
    found.name, found.changed_at = clean, now
    found.save(update_fields=["name", "changed_at"])
    return found


def remove(segment_id: int) -> None:
    """Takes a segment out, with its versions; refused where rules of others name it."""
    found = segment(segment_id)
    _refuse_if_named(found)
    found.delete()


def named_by(name: str) -> tuple[str, ...]:
    """The segments whose present rule names this one."""
    current = SegmentVersion.objects.select_related("segment").filter(number=F("segment__current_version"))
    return tuple(
        version.segment.name
        for version in current
        if Member(name) in rules.leaves(rules.from_json(version.rule))
    )


def read_rule(rule: Rule | Mapping[str, Any] | str) -> Rule:
    """The rule from what was given: a rule, plain data, or JSON text."""
    if isinstance(rule, str):
        return rules.read(rule)
    return rules.from_json(rule) if isinstance(rule, Mapping) else rule


def rule_of(found: Segment | int, version: int | None = None) -> Rule:
    """The rule of a segment, now or of one of its versions."""
    of = segment(found) if isinstance(found, int) else found
    saved = SegmentVersion.objects.filter(segment=of, number=version or of.current_version).first()
    if saved is None:
        raise NotFound(
            "“{name}” has no version {version}.",
            hint="It has 1 to {last}.",
            name=of.name,
            version=version,
            last=of.current_version,
        )
    return rules.from_json(saved.rule)


def resolved(rule: Rule, *, known_as: str = "") -> Rule:
    """The rule with the segments it names put in full; Invalid where one leads back to itself.

    `known_as` is the name under which the rule is (to be) kept.
    """
    return _resolved(rule, (known_as,) if known_as else ())


def members(segment_id: int, *, as_of: datetime, version: int | None = None) -> Ids:
    """The ids of everybody in the segment as of a time, rising; of an earlier version of its rule where one is named."""
    found = segment(segment_id)
    with ask(as_of) as question:
        return question.members(resolved(rule_of(found, version), known_as=found.name))


def count(segment_id: int, *, as_of: datetime, version: int | None = None) -> int:
    """How many are in the segment as of a time."""
    return len(members(segment_id, as_of=as_of, version=version))


def sample(segment_id: int, *, as_of: datetime, size: int = _SAMPLE, seed: int = 0) -> list[int]:
    """Some of the segment's ids; another `seed` gives others."""
    return drawn(members(segment_id, as_of=as_of), size, seed)


def drawn(ids: Ids, size: int, seed: int) -> list[int]:
    """Some ids by lot, the same for the same seed; rising."""
    lot = np.random.default_rng(seed)
    return (
        sorted(int(one) for one in lot.choice(ids, size=min(size, len(ids)), replace=False))
        if len(ids)
        else []
    )


@dataclass(frozen=True)
class Step:
    """How many are left when the parts of the rule are asked one after the other. `path` names the part just asked."""

    path: Path
    left: int


@dataclass(frozen=True)
class Look:
    """What a rule comes to, for the builder.

    `single`: for each part, by its path, how many customers it alone holds for. `steps`: the narrowing, where the whole is an All.
    `enters`, `leaves`: against the version saved before (None: there is none). `contactable`: how many may be sent marketing, by channel.
    """

    as_of: datetime
    everyone: int
    total: int
    single: Mapping[Path, int]
    steps: tuple[Step, ...]
    contactable: Mapping[str, int]
    sample: tuple[int, ...]
    enters: int | None
    leaves: int | None


def look(
    rule: Rule | Mapping[str, Any] | str,
    *,
    as_of: datetime,
    name: str = "",
    size: int = _SAMPLE,
    seed: int = 0,
) -> Look:
    """Counts a rule that need not be saved, all parts in one pass over the book; `name` is the segment it is compared with."""
    read = read_rule(rule)
    check_rule(read)
    saved = Segment.objects.filter(name=name).first() if name else None
    before = (rule_of(saved),) if saved and saved.current_version else ()
    paths = tuple(_paths(read))
    asked = tuple(resolved(part, known_as=name) for _, part in paths)
    asked += tuple(resolved(one, known_as=name) for one in before)
    with ask(as_of) as question:
        ids, truth = question.truths(asked)
        total, by_path = truth[0], {path: truth[number] for number, (path, _) in enumerate(paths)}
        was = truth[len(paths)] if before else None
        return Look(
            as_of=as_of,
            everyone=len(ids),
            total=int(total.sum()),
            single={path: int(row.sum()) for path, row in by_path.items()},
            steps=tuple(_steps(read, by_path)),
            contactable=_contactable(question, ids[total]),
            sample=tuple(drawn(np.sort(ids[total]), size, seed)),
            enters=None if was is None else int((total & ~was).sum()),
            leaves=None if was is None else int((was & ~total).sum()),
        )


def _steps(read: Rule, by_path: Mapping[Path, Any]) -> list[Step]:
    if not isinstance(read, rules.All) or not read.parts:
        return []
    rows = [by_path[(number,)] for number in range(len(read.parts))]
    left = np.logical_and.accumulate(rows, axis=0)
    return [Step((number,), int(row.sum())) for number, row in enumerate(left)]


def _contactable(question: Question, ids: Ids) -> dict[str, int]:
    here = np.isin(question.cards["customer_id"].to_numpy(), ids)
    flags = [
        name
        for name in question.cards.column_names
        if name.startswith("may_") and name.endswith("_marketing")
    ]
    return {
        name.removeprefix("may_").removesuffix("_marketing"): int(
            (question.cards[name].to_numpy(zero_copy_only=False) & here).sum()
        )
        for name in flags
    }


def _paths(rule: Rule, path: Path = ()) -> list[tuple[Path, Rule]]:
    """Every part with its path, the whole first."""
    found = [(path, rule)]
    for number, part in enumerate(rules.parts(rule)):
        found += _paths(part, (*path, number))
    return found


def _resolved(rule: Rule, trail: tuple[str, ...]) -> Rule:
    def lookup(name: str) -> Rule:
        if name in trail:
            circle = " → ".join((*trail[trail.index(name) :], name))
            raise Invalid(
                "The segment “{name}” leads back to itself: {circle}.",
                hint="Take one of them out.",
                name=name,
                circle=circle,
            )
        return _resolved(rule_of(segment(name)), (*trail, name))

    return rules.replace_members(rule, lookup)


def _add_version(found: Segment, rule: Rule, now: datetime, user: User | None) -> None:
    found.current_version, found.changed_at = found.current_version + 1, now
    SegmentVersion.objects.create(
        segment=found, number=found.current_version, rule=rules.to_json(rule), saved_at=now, saved_by=user
    )
    found.save(update_fields=["current_version", "changed_at"])


def _refuse_if_named(found: Segment) -> None:
    others = named_by(found.name)
    if others:
        raise Forbidden(
            "“{name}” is named by the rule of “{other}”.",
            hint="Change “{other}” first.",
            name=found.name,
            other=others[0],
        )
