"""The main job, step by step: a year of orders in, people known, two campaigns sent, eight weeks played, both measured."""

import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from urllib.request import urlopen
from zoneinfo import ZoneInfo

from beizai.base.errors import Unavailable
from beizai.base.home import Home
from beizai.base.progress import Progress
from beizai.campaigns import approval, sending
from beizai.campaigns.models import Campaign
from beizai.channels.catcher import Caught, Mailbox
from beizai.cli.demo import campaigns as plans
from beizai.cli.demo import households, invented, margins, planted, readers
from beizai.consent.ledger import Given, record_many
from beizai.consent.models import Decision, Purpose
from beizai.customers.models import AttributeDefinition, Customer, ExternalId, Family, Tie, TieKind
from beizai.events import inbox
from beizai.events.happenings import Happening
from beizai.imports import bring_in
from beizai.imports.models import Import
from beizai.messages.models import Group, Message
from beizai.products.models import CategoryMargin
from beizai.sources.models import Source, SourceKind
from beizai.sources.register import source
from beizai.staff.models import Shop
from beizai.staff.shop import shop
from beizai.value import standings
from beizai.worker import duties, loop

ZONE = ZoneInfo("America/New_York")
TODAY = datetime(2017, 11, 6, 9, 0, tzinfo=ZONE)
BOUGHT, INVENTED = "Complete Journey", "Invented people (SIMULATED)"
_CONSENT = ("consent", "consent_text", "consent_where", "consent_at")
_SENSITIVE = {"income": Family.CREDIT, "kids_count": Family.USER, "household_comp": Family.USER}


@dataclass
class Demo:
    """The home the story is played in."""

    home: Home
    port: int
    progress: Progress

    @property
    def folder(self) -> Path:
        return self.home.uploads / "demo"

    @property
    def files(self) -> households.Files:
        return households.Files(
            self.folder / "orders-before.parquet",
            self.folder / "orders-held-back.parquet",
            self.folder / "households.csv",
        )


def set_up_shop(demo: Demo) -> Shop:
    """A grocer's shop whose clock stands at 6 November 2017, sending by the built-in catcher."""
    found = shop()
    found.clock_at = TODAY.astimezone(UTC)
    found.simulated = True
    found.postal_address = "17 Market Street, Springfield, NY 13468"
    found.sender_name, found.sender_address = "Corner Grocer", "news@grocer.example.test"
    found.smtp_host = "catcher"
    found.public_url = f"http://127.0.0.1:{demo.port}"
    found.book_margin_permille = margins.BOOK_PERMILLE
    found.customer_target, found.customer_target_on = 2_600, TODAY.date() + timedelta(days=180)
    found.save()
    CategoryMargin.objects.bulk_create(
        [CategoryMargin(category=name, margin_permille=kept) for name, kept in margins.BY_DEPARTMENT.items()],
        ignore_conflicts=True,
    )
    return found


def bring_in_orders(demo: Demo) -> Import:
    """The purchases up to today."""
    demo.progress(0, 0, "writing the demo's files")
    households.write_files(demo.folder, today=TODAY.replace(hour=0))
    return _bring_in(demo, demo.files.orders_before, "orders", at=TODAY)


def bring_in_households(demo: Demo) -> Import:
    """What 801 households told of themselves; what the others did not tell is not known."""
    for position, name in enumerate(households.ATTRIBUTES):
        AttributeDefinition.objects.get_or_create(
            key=name,
            defaults={
                "label": name.replace("_", " ").capitalize(),
                "family": _SENSITIVE.get(name, Family.USER),
                "sensitive": name in _SENSITIVE,
                "position": position,
            },
        )
    return _bring_in(demo, demo.files.households, "customers", at=TODAY)


def bring_in_coupons() -> int:
    """The coupons households redeemed up to today, as events of their cards; returns how many."""
    cards, where = _cards(), Source.objects.get(name=BOUGHT)
    told = [
        Happening(
            id=f"coupon:{number}:{one.household}:{one.coupon}",
            kind="coupon_redeemed",
            occurred_at=datetime.combine(one.on, clock_time(12), ZONE),
            received_at=TODAY,
            customer_id=cards[one.household],
            source_id=where.pk,
            props={"coupon": one.coupon},
        ).message()
        for number, one in enumerate(households.redemptions(before=TODAY))
        if one.household in cards
    ]
    inbox.current().put(told)
    duties.enlist()
    loop.run((loop.REST,))
    return len(told)


def bring_in_people(demo: Demo) -> Import:
    """Invented names and addresses, then their permissions in the words of a form, then who brought whom."""
    path = demo.folder / "people-simulated.csv"
    people = invented.people(households.all_households(), today=TODAY)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("customer", "given_name", "family_name", "name", "email", *_CONSENT))
        rows.writerows(_row(one) for one in people)
    brought = _bring_in(demo, path, "customers", at=TODAY, simulated=True)
    cards = _cards()
    _record_tracking(people, cards)
    _tie_referrals(cards)
    return brought


def _row(one: invented.Person) -> tuple[str, ...]:
    who = (one.household, one.given_name, one.family_name, f"{one.given_name} {one.family_name}", one.email)
    if not one.decision or one.decided_at is None:
        return (*who, "", "", "", "")
    said = {"granted": ("yes", invented.FORM_WORDS), "refused": ("no", invented.REFUSAL_WORDS)}[one.decision]
    return (*who, *said, "slip at the till", one.decided_at.isoformat(timespec="minutes"))


def _record_tracking(people: list[invented.Person], cards: dict[str, int]) -> None:
    """Who allowed us to note what they open and follow."""
    where = source(INVENTED, SourceKind.DEMO, now=TODAY, simulated=True)
    record_many(
        (
            Given(
                customer_id=cards[one.household],
                purpose=Purpose.TRACKING,
                decision=Decision.GRANTED,
                text=invented.TRACKING_WORDS,
                at=one.decided_at,
                source_id=where.pk,
                channel="email",
                evidence={"form": "slip at the till"},
                simulated=True,
            )
            for one in people
            if one.may_track and one.decided_at is not None and one.household in cards
        ),
        now=TODAY,
    )


def _tie_referrals(cards: dict[str, int]) -> None:
    where = source(INVENTED, SourceKind.DEMO, now=TODAY, simulated=True)
    Tie.objects.bulk_create(
        [
            Tie(
                customer_id=cards[comer],
                other_id=cards[bringer],
                kind=TieKind.REFERRED_BY,
                source=where,
                added_at=TODAY,
            )
            for comer, bringer in invented.referrals(sorted(cards, key=int))
        ],
        ignore_conflicts=True,
    )


def plan_both(demo: Demo) -> list[tuple[Campaign, approval.Preview]]:
    """Both campaigns as drafts, with what the planner says of each."""
    plans.save_segments(TODAY)
    drafts = [plans.plan_campaign(letter, demo.home, now=TODAY) for letter in plans.LETTERS]
    return [(draft, approval.preview(draft.pk, shop(), at=TODAY)) for draft in drafts]


def send_both(demo: Demo, campaigns: list[Campaign]) -> None:
    """Approved, begun, and sent over SMTP by the sending worker's own loop."""
    the_shop = shop()
    for campaign in campaigns:
        approval.approve(campaign.pk, the_shop, at=TODAY, by=None, progress=demo.progress)
        sending.start(campaign.pk, the_shop, at=TODAY, by=None)
    duties.enlist()
    loop.run((loop.SENDING,))


def read_mails(demo: Demo) -> int:
    """People and machines open, click and unsubscribe by the real public addresses; returns how many requests were answered."""
    made = readers.visits(_mails(Mailbox(demo.home.root)), sent_at=TODAY)
    answered = 0
    with serving(demo.home, demo.port):
        for at, visits in _in_steps(made):
            set_clock(at)
            answered += readers.make(visits, port=demo.port)
            demo.progress(answered, len(made), "opens, clicks and unsubscribing (SIMULATED)")
    return answered


def play_purchases(demo: Demo, campaigns: list[Campaign]) -> dict[int, planted.Lift]:
    """The eight weeks' purchases as they were, for everybody, and the planted extra ones of some who were written to."""
    end = _end(campaigns)
    set_clock(end)
    lifts = {
        campaign.pk: planted.Lift(_treated_households(campaign.pk), letter.extra_one_in)
        for campaign, letter in zip(campaigns, plans.LETTERS, strict=True)
    }
    for campaign_id, lift in lifts.items():
        Campaign.objects.filter(pk=campaign_id).update(planted={"extra_baskets_one_in": lift.one_in})
    extra = demo.folder / "orders-planted-simulated.parquet"
    planted.write_extra_orders(demo.files.orders_after, extra, lifts)
    _bring_in(demo, demo.files.orders_after, "orders", at=end)
    _bring_in(demo, extra, "orders", at=end, simulated=True)
    loop.run((loop.REST,))
    standings.refresh(end)
    return lifts


def set_clock(at: datetime) -> None:
    """Moves the home's clock."""
    Shop.objects.filter(pk=1).update(clock_at=at.astimezone(UTC))


def _end(campaigns: list[Campaign]) -> datetime:
    last = max(Campaign.objects.get(pk=campaign.pk).window_ends_on or TODAY.date() for campaign in campaigns)
    return datetime.combine(last + timedelta(days=1), clock_time(9), ZONE)


def _treated_households(campaign_id: int) -> frozenset[str]:
    treated = Message.objects.filter(campaign_id=campaign_id, group=Group.TREATED).values_list(
        "customer_id", flat=True
    )
    wanted = set(treated)
    return frozenset(number for number, card in _cards().items() if card in wanted)


def _cards() -> dict[str, int]:
    """The card of each household."""
    where = Source.objects.get(name=BOUGHT)
    return dict(ExternalId.objects.filter(source=where).values_list("value", "customer_id"))


def _bring_in(demo: Demo, path: Path, kind: str, *, at: datetime, simulated: bool = False) -> Import:
    result = bring_in(
        path, kind=kind, source=BOUGHT, now=at, by=None, progress=demo.progress, simulated=simulated
    )
    return Import.objects.get(pk=result.import_id)


def _mails(mailbox: Mailbox) -> Iterator[Caught]:
    before = None
    while page := mailbox.newest(before=before, limit=500):
        for mail in page:
            yield mailbox.read(mail.id)
        before = page[-1].id


def _in_steps(visits: list[readers.Visit]) -> Iterator[tuple[datetime, list[readers.Visit]]]:
    """Visits of the same minute together, so that the clock is moved some hundreds of times and not thousands."""
    step: list[readers.Visit] = []
    for visit in visits:
        if step and visit.at - step[0].at > timedelta(
            seconds=1 if visit.at - TODAY < timedelta(minutes=1) else 300
        ):
            yield step[0].at, step
            step = []
        step.append(visit)
    if step:
        yield step[0].at, step


@contextmanager
def serving(home: Home, port: int) -> Iterator[None]:
    """The public addresses, served for as long as they are needed by a process of their own."""
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "asgi",
        "--no-ws",
        "--no-log",
        "--host",
        "127.0.0.1",
    ]
    process = subprocess.Popen(  # noqa: S603  (our own interpreter and constants)
        [*command, "--port", str(port), "beizai.asgi:application"],
        env={**os.environ, "BEIZAI_HOME": str(home.root), "DJANGO_SETTINGS_MODULE": "beizai.settings"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        try:
            with urlopen(f"http://127.0.0.1:{port}/media/{plans.PICTURE}", timeout=2):
                return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.2)
    raise Unavailable(
        "The office did not come up on port {port}.", hint="Choose another: --port 8766.", port=port
    )


def forget_files(demo: Demo) -> None:
    """The files brought in are not needed any more."""
    for path in demo.folder.glob("*"):
        path.unlink()
    demo.folder.rmdir()


def customers() -> int:
    """How many cards there are."""
    return Customer.objects.count()
