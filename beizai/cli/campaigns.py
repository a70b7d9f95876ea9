"""Campaigns from the plan to the report: nothing is sent before it is approved, and the draw is never made twice."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from beizai.cli.answer import answer, progress, table
from beizai.cli.command import Noun
from beizai.cli.wording import amount, counted, share, word

app = Noun("Campaigns: planned, approved, sent, measured.")

Number = Annotated[int, typer.Argument(metavar="CAMPAIGN", help="The number of the campaign.")]


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


@app.command("list")
def list_campaigns() -> None:
    """Every campaign with its state."""
    _open()
    from beizai.campaigns.models import Campaign

    rows = [_said(one) for one in Campaign.objects.order_by("pk")]
    shown = [
        (
            r["id"],
            r["name"],
            word(r["state"]),
            r["started_at"] and r["started_at"].date(),
            r["window_ends_on"],
            ", ".join(f"{stop['source']} stopped" for stop in r["stopped_sources"]),
        )
        for r in rows
    ]
    heads = ("Campaign", "Name", "State", "Begun", "Window ends", "")
    answer(
        {"campaigns": rows}, table(heads, shown) if rows else "No campaign yet: 'beizai campaigns plan FILE'."
    )


def _said(campaign: Any) -> dict[str, Any]:
    names = (
        "name",
        "state",
        "pause_reason",
        "pause_detail",
        "segment_id",
        "holdout_permille",
        "window_days",
        "topic",
    )
    times = ("approved_at", "started_at", "finished_at", "window_ends_on", "simulated")
    told = {name: getattr(campaign, name) for name in (*names, *times)}
    return {"id": campaign.pk} | told | {"stopped_sources": _stops(campaign)}


def _stops(campaign: Any) -> list[dict[str, Any]]:
    """The sources whose people are not written to any more because of this campaign's first mails."""
    from beizai.campaigns import stopping

    return [
        {
            "source": one.stop.source.name,
            "import_id": one.stop.import_id,
            "reason": one.stop.reason,
            "written": one.stop.written,
            "failed": one.stop.failed,
            "stopped_at": one.stop.stopped_at,
            "lifted_at": one.stop.lifted_at,
            "left_out": one.left_out,
        }
        for one in stopping.of_campaign(campaign)
    ]


@app.command()
def plan(
    file: Annotated[Path, typer.Argument(help="The plan, TOML or JSON; its template may stand beside it.")],
    replacing: Annotated[int | None, typer.Option(metavar="CAMPAIGN", help="In place of this draft.")] = None,
) -> None:
    """Keep a plan as a draft, and say what it can be expected to show."""
    _open()
    from beizai.campaigns import approval
    from beizai.campaigns.plan import read_plan, save
    from beizai.staff.shop import now, shop

    at = now()
    campaign = save(read_plan(file), now=at, by=None, campaign_id=replacing)
    looked = approval.preview(campaign.pk, shop(), at=at)
    document = _said(campaign) | looked_at(looked)
    answer(document, [f"Campaign {campaign.pk}, “{campaign.name}”, is a draft.", *preview_in_words(document)])


@app.command()
def preview(campaign: Number) -> None:
    """Who would be written to now, who not and why, and how large an effect could be seen."""
    _open()
    from beizai.campaigns import approval
    from beizai.campaigns.plan import campaign as campaign_of
    from beizai.staff.shop import now, shop

    found = campaign_of(campaign)
    document = _said(found) | looked_at(approval.preview(campaign, shop(), at=now()))
    answer(
        document, [f"Campaign {campaign}, “{found.name}”, {word(found.state)}.", *preview_in_words(document)]
    )


def looked_at(looked: Any) -> dict[str, Any]:
    """A preview of an approval as plain data."""
    return {
        "eligible": int(looked.audience.eligible.size),
        "refused": dict(looked.audience.refused),
        "spared": len(looked.audience.spared),
        "share": looked.share,
        "outlook": asdict(looked.outlook),
    }


def preview_in_words(document: dict[str, Any]) -> list[str]:
    """The same as it is read: who, who not and why, what must be earned to be seen."""
    from beizai.staff.shop import shop

    currency, outlook = shop().currency, document["outlook"]
    lines = [
        f"{counted(document['eligible'], 'customer')} may be written to;"
        f" {outlook['treated']:,} would be, {outlook['held_out']:,} would be left alone ({share(document['share'])}).",
        *_reasons(document["refused"]),
    ]
    if outlook["detectable_minor"] is None:
        return [*lines, "Nobody is left alone: what the campaign earns cannot be measured."]
    head = amount(outlook["detectable_head_minor"], currency)
    lift = outlook["detectable_lift"]
    rise = f": their spending must rise by about {share(lift)}" if lift is not None else ""
    least = amount(outlook["detectable_minor"], currency)
    return [*lines, f"A result shows only if it earns about {least} or more, {head} a head{rise}."]


def _reasons(refused: dict[str, int]) -> list[str]:
    return [
        f"  not: {people:,}  {word(reason)}"
        for reason, people in sorted(refused.items(), key=lambda one: -one[1])
    ]


@app.command()
def approve(campaign: Number) -> None:
    """Fix everything: who may be written to, the draw, the window, the margins. It cannot be changed afterwards."""
    _open()
    from beizai.campaigns import approval, sending
    from beizai.staff.shop import now, shop

    with progress() as tell:
        approved = approval.approve(campaign, shop(), at=now(), by=None, progress=tell)
    counts = asdict(sending.progress(campaign))
    lines = [
        f"“{approved.name}” is approved: {counts['left']:,} to be written to, {counts['held_out']:,} left alone, {counts['refused']:,} refused.",
        f"'beizai campaigns send {campaign}' lets the workers send it.",
    ]  # fmt: skip
    answer(_said(approved) | {"sending": counts}, lines)


@app.command()
def send(campaign: Number) -> None:
    """Let the workers send what was approved; from today the window counts."""
    _open()
    from beizai.campaigns import sending

    _turn(campaign, lambda shop, at: sending.start(campaign, shop, at=at, by=None))


@app.command()
def pause(campaign: Number) -> None:
    """Stop after the mails under way."""
    _open()
    from beizai.campaigns import sending

    _turn(campaign, lambda shop, at: sending.pause(campaign, at=at, by=None))


@app.command()
def resume(campaign: Number) -> None:
    """Go on where it stopped; nobody is written to twice."""
    _open()
    from beizai.campaigns import sending

    _turn(campaign, lambda shop, at: sending.resume(campaign, at=at, by=None))


def _turn(number: int, change: Callable[[Any, Any], Any]) -> None:
    """A change of the campaign's state, and how far it is now."""
    from beizai.campaigns import sending
    from beizai.staff.shop import now, shop

    changed = change(shop(), now())
    counts = asdict(sending.progress(number))
    detail = f" ({word(changed.pause_reason)})" if changed.pause_reason else ""
    answer(
        _said(changed) | {"sending": counts},
        f"“{changed.name}” is {word(changed.state)}{detail}: {counts['sent']:,} sent, {counts['left']:,} left,"
        f" {counts['bounced']:,} bounced, {counts['in_doubt']:,} in doubt.",
    )


@app.command()
def report(
    campaign: Number,
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help="As it was at the end of this day.")
    ] = "",
) -> None:
    """What it earned against those left alone, with its interval and its verdict."""
    _open()
    from beizai.cli.dates import as_of_or_now
    from beizai.cli.reports import as_document, in_words
    from beizai.measurement import report as measuring
    from beizai.staff.shop import shop

    found = measuring.report(campaign, as_of_or_now(as_of))
    answer(as_document(found), in_words(found, shop().currency))
