"""Segments: rules kept by name, counted, listed, and explained customer by customer."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from beizai.base.errors import NotFound
from beizai.cli.answer import answer, table
from beizai.cli.command import Noun
from beizai.cli.wording import counted, word

app = Noun("Segments: rules that say who is in.")

Name = Annotated[str, typer.Argument(metavar="SEGMENT", help="The name of the segment.")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="As it was at the end of this day.")]


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


def _at(as_of: str) -> Any:
    from beizai.cli.dates import as_of_or_now

    return as_of_or_now(as_of)


@app.command("list")
def list_segments() -> None:
    """Every segment with its present rule."""
    _open()
    from beizai.segments import membership, rule
    from beizai.segments.models import Segment

    rows: list[dict[str, Any]] = [
        {"id": one.pk, "name": one.name, "version": one.current_version, "changed_at": one.changed_at,
         "rule": rule.to_json(membership.rule_of(one))}
        for one in Segment.objects.order_by("name")
    ]  # fmt: skip
    shown = [
        (r["name"], r["version"], r["changed_at"].date(), json.dumps(r["rule"], ensure_ascii=False)[:80])
        for r in rows
    ]
    answer(
        {"segments": rows},
        table(("Segment", "Version", "Changed", "Rule"), shown) if rows else "No segment yet.",
    )


@app.command()
def save(
    name: Name,
    rule: Annotated[Path, typer.Option(metavar="FILE", help="The rule as JSON.")],
) -> None:
    """Keep a rule under a name; a changed rule is a new version."""
    _open()
    from beizai.segments import membership
    from beizai.staff.shop import now

    at = now()
    kept = membership.save(name, _text(rule), now=at)
    people = membership.count(kept.pk, as_of=at)
    document = {"id": kept.pk, "name": kept.name, "version": kept.current_version, "customers": people}
    answer(document, f"“{kept.name}”, version {kept.current_version}: {counted(people, 'customer')} now.")


def _text(path: Path) -> str:
    if not path.is_file():
        raise NotFound("There is no file {path}.", hint="Give the path of a rule in JSON.", path=path)
    return path.read_bytes()[:2_000_000].decode("utf-8", errors="replace")


@app.command()
def count(name: Name, as_of: AsOf = "") -> None:
    """How many are in."""
    _open()
    from beizai.segments import membership

    at = _at(as_of)
    people = membership.count(membership.segment(name).pk, as_of=at)
    answer({"segment": name, "as_of": at, "customers": people}, counted(people, "customer"))


@app.command()
def members(
    name: Name,
    as_of: AsOf = "",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
) -> None:
    """Who is in: the numbers of their cards and their names."""
    _open()
    from beizai.customers.models import Customer
    from beizai.segments import membership

    at = _at(as_of)
    ids = [int(one) for one in membership.members(membership.segment(name).pk, as_of=at)]
    shown_ids = ids[:limit]
    names: dict[int, str] = {}
    for start in range(0, len(shown_ids), 5_000):
        names |= dict(
            Customer.objects.filter(pk__in=shown_ids[start : start + 5_000]).values_list("pk", "name")
        )
    rows = [{"id": one, "name": names.get(one, "")} for one in shown_ids]
    document = {"segment": name, "as_of": at, "customers": len(ids), "members": rows}
    answer(document, table(("Card", "Name"), [(r["id"], r["name"]) for r in rows]) if rows else "Nobody.")


@app.command()
def explain(
    name: Name,
    card: Annotated[int, typer.Argument(metavar="CARD", help="The number of a card.")],
    as_of: AsOf = "",
) -> None:
    """Why a customer is in, or not, and on which day that will turn."""
    _open()
    from beizai.customers import cards
    from beizai.segments import membership
    from beizai.segments.explaining import explain as why

    at = _at(as_of)
    found = why(membership.segment(name).pk, cards.get(card).pk, as_of=at)
    checks = [asdict(one) | {"path": list(one.path)} for one in found.checks]
    document = {
        "segment": name,
        "customer_id": card,
        "as_of": at,
        "holds": found.holds,
        "turns_on": found.turns_on,
        "checks": checks,
    }
    turning = f"; that turns on {found.turns_on}, if nothing happens" if found.turns_on else ""
    answer(
        document, [f"#{card} is {'in' if found.holds else 'not in'} “{name}”{turning}.", *map(_check, checks)]
    )


def _check(one: dict[str, Any]) -> str:
    """One condition: whether it holds, what it asks, what was found."""
    sign = "yes" if one["holds"] else "no "
    said = f" {json.dumps(one['values'], ensure_ascii=False, default=str)}" if one["values"] else ""
    value = "" if one["value"] is None else f": {one['value']} {one['unit']}".rstrip()
    return f"{'  ' * (len(one['path']) + 1)}{sign}  {word(one['kind'])}{said}{value}"
