"""How long what is held of people is kept: shown, set, carried out."""

from typing import Annotated, Any

import typer

from beizai.base.errors import Invalid
from beizai.cli.answer import answer, table
from beizai.cli.command import Noun

app = Noun("How long what is held of people is kept, and what becomes of it then.")

Kind = Annotated[str, typer.Argument(help="What is kept, as 'beizai retention show' names it.")]
_FOR_EVER, _DEFAULT = "for-ever", "default"


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


@app.command()
def show() -> None:
    """What is kept how long, since when there is some of it, and what the next run will take out."""
    _open()
    from beizai.consent import retention
    from beizai.staff.shop import now

    _told(now(), retention.last_run())


def _told(at: Any, last: Any) -> None:
    from beizai.consent import retention

    lines = [
        {
            "kind": one.rule.kind,
            "what": one.rule.what,
            "keep_days": one.rule.keep_days,
            "default_days": one.rule.default_days,
            "by_the_shop": one.rule.by_the_shop,
            "counted_from": one.rule.counted_from,
            "becomes": one.rule.fate,
            "oldest_at": one.due.oldest_at,
            "due": one.due.count,
        }
        for one in retention.outlook(at)
    ]
    heads = ("Kind", "Kept for days", "Then", "Oldest", "Goes next", "What it is")
    rows = [
        (
            one["kind"],
            f"{one['keep_days']:,}" if one["keep_days"] is not None else "for ever",
            one["becomes"],
            f"{one['oldest_at']:%Y-%m-%d}" if one["oldest_at"] else "",
            f"{one['due']:,}",
            one["what"],
        )
        for one in lines
    ]
    ran = (
        f"Last carried out as of {last.at:%Y-%m-%d}." if last and last.finished_at else "Not carried out yet."
    )
    answer(
        {"as_of": at, "last_run_at": last.at if last and last.finished_at else None, "kinds": lines},
        [table(heads, rows), "", ran],
    )


@app.command("set")
def set_days(
    kind: Kind,
    days: Annotated[str, typer.Argument(help="A number of days, 'for-ever', or 'default'.")],
) -> None:
    """Say how long a kind is kept; the next run keeps to it."""
    _open()
    from beizai.consent import retention
    from beizai.staff.shop import now

    if days == _DEFAULT:
        rule = retention.back_to_default(kind, at=now())
    else:
        rule = retention.keep_for(kind, None if days == _FOR_EVER else _number(days), at=now())
    said = "for ever" if rule.keep_days is None else f"for {rule.keep_days:,} days"
    answer(
        {"kind": kind, "keep_days": rule.keep_days, "by_the_shop": rule.by_the_shop},
        f"{kind} is kept {said}.",
    )


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 6:
        raise Invalid(
            "“{text}” is no number of days.", hint="Write a number, 'for-ever', or 'default'.", text=text[:20]
        )
    return int(text)


@app.command()
def run(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and take nothing out.")
    ] = False,
) -> None:
    """Take out now what is older than its rule; the worker does the same once a day."""
    _open()
    from beizai.consent import retention
    from beizai.staff.shop import now

    at = now()
    if dry_run:
        due = {one.rule.kind: one.due.count for one in retention.outlook(at) if one.due.count}
        words = [f"{count:,}  {kind}" for kind, count in due.items()] or ["Nothing would go."]
        answer({"as_of": at, "dry_run": True, "due": due}, words)
        return
    taken = retention.carry_out(at)
    words = [f"{count:,}  {kind}" for kind, count in taken.items()] or ["Nothing was old enough to go."]
    answer({"as_of": at, "dry_run": False, "taken": taken}, words)
