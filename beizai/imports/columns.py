"""What a column holds, in a few figures: kept of each file, so that the next one of its source is not misread in silence.

A profile keeps no address, number or name: how its values are shaped, the short list of values where there is one, and
hashes of the most frequent words, from which nobody can be read back with certainty.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from beizai.base.errors import Invalid
from beizai.imports.desk import Desk
from beizai.imports.recognise import ATTRIBUTE

Profile = Mapping[str, Any]

_ROWS = 20_000  # spread over the file
_ENOUGH = 3  # fewer values than these say nothing
_ALL_OF_IT = 0.8  # of a column's values: then it holds that
_CHOICES = 20  # different values of a column that is a choice
_REPEATED = 5  # times a value of it stands there on average, at least
_STRANGE = 0.1  # of the rows: with fewer values in common the list is another
_WORDS = 40
_EXAMPLES = 3

PROFILE = """
with long as (unpivot (select columns(*)::varchar from profiled) on columns(*) into name field value text),
told as (select field, trim(text) as x from long where trim(text) <> ''),
shaped as (
  select *, case when contains(x, '@') then 'email'
      when regexp_full_match(x, '[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([ T].*)?') then 'date'
      when regexp_full_match(x, '([+]|00?)[0-9 ().-]{6,20}') then 'phone'
      when regexp_full_match(x, '[-+]?[0-9]+') then 'number'
      when regexp_full_match(x, '[-+]?[0-9 .,]*[0-9]([.,][0-9]+)?( ?[€$£])?') then 'amount'
      when regexp_full_match(lower(x), 'yes|no|true|false|oui|non|vrai|faux|是|否') then 'yes_no' else 'text' end as shape,
    try_cast(regexp_extract(x, '^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.][0-9]{4}', 1) as integer) as one,
    try_cast(regexp_extract(x, '^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.][0-9]{4}', 2) as integer) as two from told
)
select field, count(*) as values, count(*) filter (shape = 'email') as email, count(*) filter (shape = 'date') as date,
  count(*) filter (shape = 'phone') as phone, count(*) filter (shape = 'number') as number, count(*) filter (shape = 'amount') as amount,
  count(*) filter (shape = 'yes_no') as yes_no, count(*) filter (shape = 'text') as text, count(*) filter (one > 12) as day_first,
  count(*) filter (two > 12) as month_first, count(distinct x) as different, round(avg(length(x)), 1) as length
from shaped group by field
"""
TOP = """
with long as (unpivot (select columns(*)::varchar from profiled) on columns(*) into name field value text),
counted as (select field, lower(trim(text)) as x, count(*) as n from long where trim(text) <> '' group by all)
select field, x, n from counted qualify row_number() over (partition by field order by n desc, x) <= $most
"""
EXAMPLES = """
with long as (unpivot (select columns(*)::varchar from profiled) on columns(*) into name field value text)
select field, list(distinct trim(text) order by trim(text))[1:$most] from (
  select field, text from long where trim(text) <> '' qualify row_number() over (partition by field) <= 50) group by field
"""
_SHAPES = ("email", "date", "phone", "number", "amount", "yes_no", "text")


@dataclass(frozen=True)
class Change:
    """A column that holds something else than in the last file of its source: the field, its header, what changed (a code:
    kind, values, date_order, swapped), how its values looked then and look now."""

    field: str
    header: str
    code: str
    before: tuple[str, ...]
    now: tuple[str, ...]


def profiles(desk: Desk) -> dict[str, Profile]:
    """The profile of each column that is brought in, by its field."""
    named = {
        **desk.mapped.fields,
        **{f"{ATTRIBUTE}{key}": index for key, index in desk.mapped.attributes.items()},
    }
    if not named or not desk.staged.rows:
        return {}
    rows = desk.con.read_parquet(str(desk.staged.path), file_row_number=True)
    step = max(1, desk.staged.rows // _ROWS)
    number = duckdb.ColumnExpression("file_row_number")
    cells = [duckdb.ColumnExpression(f"c{index}").alias(name) for name, index in named.items()]
    rows.filter(number % duckdb.ConstantExpression(step) == duckdb.ConstantExpression(0)).select(
        *cells
    ).create_view("profiled", replace=True)
    cursor = desk.con.execute(PROFILE)
    names = [column[0] for column in cursor.description]
    found = {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in cursor.fetchall()}
    examples = dict(desk.con.execute(EXAMPLES, {"most": _EXAMPLES}).fetchall())
    top: dict[str, list[tuple[str, int]]] = {}
    for field, text, count in desk.con.execute(TOP, {"most": _WORDS}).fetchall():
        top.setdefault(field, []).append((text, count))
    return {field: _kept(one, top.get(field, []), examples.get(field, [])) for field, one in found.items()}


def _kept(counted: dict[str, Any], top: list[tuple[str, int]], examples: list[str]) -> Profile:
    """What is kept: a list of choices as it stands, of all else only how it is shaped and hashes of what is frequent."""
    a_choice = counted["different"] <= _CHOICES and counted["values"] >= _REPEATED * counted["different"]
    listed = a_choice and not counted["email"] and not counted["phone"]
    kept = {
        **counted,
        "length": float(counted["length"]),
        "examples": list(dict.fromkeys(shape_of(text) for text in examples)),
    }
    for first, style in (("day_first", "DD/MM/YYYY"), ("month_first", "MM/DD/YYYY")):
        if counted[first]:
            kept["examples"] = [style]
    if listed:
        kept["choices"] = [text[:40] for text, _ in top]
        kept["examples"] = kept["choices"][:_EXAMPLES]
    kept["words"] = {_mark(text): count for text, count in top if count > 1}
    return kept


def shape_of(text: str) -> str:
    """How a value looks, without what it says.

    >>> shape_of("Ann Lee"), shape_of("06 12 34 56 78"), shape_of("a.lee@example.test")
    ('Aaa Aaa', '99 99 99 99 99', 'a.aaa@aaaaaaa.aaaa')
    """
    return "".join(
        "9" if sign.isdigit() else "A" if sign.isupper() else "a" if sign.isalpha() else sign
        for sign in text[:40]
    )


def _mark(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def shown_now(desk: Desk, fields: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The first values of some columns, as they stand in the file."""
    examples = dict(desk.con.execute(EXAMPLES, {"most": _EXAMPLES}).fetchall())
    return {field: tuple(text[:60] for text in examples.get(field, [])) for field in fields}


def changed(
    desk: Desk, before: Mapping[str, Profile], now: Mapping[str, Profile], answered: Collection[str]
) -> tuple[Change, ...]:
    """The columns that hold something else than in the last file of their source, but those somebody has answered for."""
    both = sorted(
        field
        for field in now.keys() & before.keys() - set(answered)
        if min(before[field]["values"], now[field]["values"]) >= _ENOUGH
    )
    found = {field: code for field in both if (code := _change(field, before[field], now[field]))}
    for place, one in enumerate(both):
        for other in both[place + 1 :]:
            if _swapped(before, now, one, other):
                found[one] = found[other] = "swapped"
    headers, shown = desk.mapped.headers(desk.staged.columns), shown_now(desk, found)
    return tuple(
        Change(field, headers[field], code, tuple(before[field]["examples"]), shown[field])
        for field, code in found.items()
    )


_FAMILY = {
    "number": "digits",
    "amount": "digits",
    "phone": "digits",
}  # a phone that has lost its zero is a number too


_CODES = frozenset({"order", "customer", "product", "store", "staff"})  # 1001 yesterday, WEB-1002 today
_OF_CODES = {"digits", "text"}


def _change(field: str, then: Profile, now: Profile) -> str:
    if "choices" in then and "choices" in now:
        common = {_mark(text) for text in set(then["choices"]) & set(now["choices"])}
        known = sum(count for mark, count in now["words"].items() if mark in common)
        return "values" if known < _STRANGE * now["values"] else ""
    was, holds = (_FAMILY.get(kind, kind) for kind in (kind_of(then), kind_of(now)))
    if was and holds and was != holds and not (field in _CODES and {was, holds} <= _OF_CODES):
        return "kind"
    for first, other in (("day_first", "month_first"), ("month_first", "day_first")):
        if then[first] and not then[other] and now[other] and not now[first]:
            return "date_order"
    return ""


def kind_of(profile: Profile) -> str:
    """What nearly all of a column's values are; "" where they are of several kinds."""
    return next((shape for shape in _SHAPES if profile[shape] >= _ALL_OF_IT * profile["values"]), "")


def _swapped(before: Mapping[str, Profile], now: Mapping[str, Profile], one: str, other: str) -> bool:
    """Whether each of the two holds now what the other held."""
    if "" not in (kinds := [kind_of(before[one]), kind_of(before[other])]) and kinds[0] != kinds[1]:
        return [kind_of(now[one]), kind_of(now[other])] == kinds[::-1]
    straight = _alike(before[one], now[one]) + _alike(before[other], now[other])
    crossed = _alike(before[one], now[other]) + _alike(before[other], now[one])
    return (
        crossed > 0.6 and crossed > 3 * straight
    )  # of 2: more than half of what is frequent, and hardly any in its place


def _alike(then: Profile, now: Profile) -> float:
    """Which share of what is frequent now was frequent then."""
    frequent = sum(now["words"].values())
    if frequent < _CHOICES:
        return 0.0
    known = sum(count for text, count in now["words"].items() if text in then["words"])
    return float(known / frequent)


def must_ask(found: Iterable[Change]) -> Invalid:
    """The refusal that asks: what changed, and how it is answered."""
    said = list(found)
    first = said[0]
    return Invalid(
        "The column “{header}” holds something else than in the last file of this source: {before} then, {now} now.",
        hint="Where it means the same all the same, say so: --same-meaning {fields}. Else name the right column: --columns {field}=COLUMN.",
        code="columns_changed",
        header=first.header,
        before=", ".join(first.before),
        now=", ".join(first.now),
        field=first.field,
        fields=",".join(one.field for one in said),
    )
