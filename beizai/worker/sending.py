"""Sending: every campaign that is to go out, one after the other, until it is out, paused, or the mail server gives up."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from beizai.base import clock, home
from beizai.base.errors import Invalid
from beizai.base.home import Home
from beizai.campaigns import sending as campaigns
from beizai.campaigns.models import Campaign, CampaignState
from beizai.channels.catcher import Catcher
from beizai.channels.compile import Outgoing, outgoing
from beizai.channels.driver import Driver, Stop
from beizai.channels.smtp import SmtpDriver, SmtpServer, Timeouts
from beizai.messages import history, outbox, recovery, service
from beizai.messages.ledger import Leased
from beizai.messages.models import Message, State
from beizai.staff import secrets
from beizai.staff.models import Shop
from beizai.staff.shop import now, shop
from beizai.worker import loop
from beizai.worker.mails import composer

CATCHER = "catcher"
"""As the name of the mail server: the built-in one, which delivers to nobody."""

_TURN_SECONDS = 20.0  # then other campaigns and the contact history have theirs
_QUICK = Timeouts(connect=10, command=15, message=30)  # somebody waits for the answer


@contextmanager
def server_of(the_shop: Shop, the_home: Home, timeouts: Timeouts | None = None) -> Iterator[SmtpServer]:
    """The shop's mail server; the built-in catcher is started for as long as it is needed."""
    timeouts = timeouts or Timeouts()
    if the_shop.smtp_host != CATCHER:
        yield SmtpServer(
            the_shop.smtp_host,
            the_shop.smtp_port,
            the_shop.smtp_security,
            the_shop.smtp_user,
            secrets.decipher(the_shop.smtp_password),
            the_shop.sending_connections,
            timeouts,
        )
        return
    with Catcher(the_home.root) as catcher:
        yield SmtpServer("127.0.0.1", catcher.port, "none", connections=the_shop.sending_connections)


def recover() -> int:
    """Settles what a worker that died left behind; how many mails are in doubt because of it."""
    return recovery.recover(home.current(), at=now(), now=clock.machine_now())


def send_all() -> int:
    """Sends every campaign that is to go out now; returns how many mails were settled. Safe to run twice at once."""
    recover()
    the_shop = shop()
    if the_shop.sending_paused:
        return 0
    going = Campaign.objects.filter(state=CampaignState.SENDING, channel="email").order_by("started_at", "id")
    return sum(send_one(campaign, the_shop) for campaign in going)


def send_one(campaign: Campaign, the_shop: Shop, driver: Driver | None = None) -> int:
    """Sends one campaign as far as it goes; a channel that stops pauses it with the reason and the server's words."""
    if not _anybody_due(campaign.pk):
        campaigns.finish_if_done(campaign.pk, at=now(the_shop))
        return 0
    try:
        task = _task(campaign, the_shop)
    except Invalid as error:
        _pause(campaign.pk, Stop("mail_unusable", str(error)))
        return 0
    with server_of(the_shop, home.current()) as server:
        result = outbox.send(task, driver or SmtpDriver(server), home.current())
    if result.stop is not None:
        _pause(campaign.pk, result.stop)
    else:
        campaigns.finish_if_done(campaign.pk, at=now())
    return sum(result.counts.values())


def _anybody_due(campaign_id: int) -> bool:
    rows = Message.objects.filter(campaign_id=campaign_id)
    return (
        rows.filter(state=State.CHOSEN).exists()
        or rows.filter(state=State.RETRY, not_before__lte=clock.machine_now()).exists()
    )


def _task(campaign: Campaign, the_shop: Shop) -> outbox.Task:
    sending = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.SENDING)
    turn_ends = time.monotonic() + _TURN_SECONDS

    def go_on() -> bool:
        if loop.leaving() or time.monotonic() > turn_ends:
            return False
        return sending.exists() and not shop().sending_paused

    return outbox.Task(
        campaign_id=campaign.pk,
        channel=campaign.channel,
        purpose=campaign.purpose,
        topic=campaign.topic,
        cap_days=the_shop.frequency_cap_days,
        compose=composer(campaign, the_shop),
        clock=lambda: now(the_shop),  # asked for every mail: no look at the database
        go_on=go_on,
    )


def _pause(campaign_id: int, stop: Stop) -> None:
    """Pauses the campaign for a reason of the program's; somebody may have paused it in the same moment."""
    if Campaign.objects.filter(pk=campaign_id, state=CampaignState.SENDING).exists():
        campaigns.pause(campaign_id, at=now(), by=None, reason=stop.code, detail=stop.words)


def enter_history() -> int:
    """Writes what was sent and what bounced into the contact history."""
    return history.enter(simulated=shop().simulated)


def mail_for(campaign: Campaign, the_shop: Shop, customer_id: int, *, to: str) -> Outgoing:
    """The mail exactly as this customer would get it, to any address: for the preview and the test mail.

    Its links name nobody (recipient 0): whoever tries the unsubscribe link must not unsubscribe the customer.
    """
    compose, at = composer(campaign, the_shop), now(the_shop)
    row = Leased(number=0, customer_id=0, address=to, attempts=0)
    values = compose.wording([customer_id]).get(customer_id, {})
    return outgoing(compose.mail, compose.sender, compose.recipient(row, values, False), number=0, at=at)


def send_test(mail: Outgoing, the_shop: Shop) -> None:
    """Hands one mail over now, outside every ledger. Unavailable with the server's words where it is not taken."""
    with server_of(the_shop, home.current(), _QUICK) as server:
        outbox.hand_over(mail, SmtpDriver(server))


def send_service(*, limit: int = 20) -> int:
    """The mails somebody waits for, a few at a time."""
    the_shop = shop()
    return service.send_due(the_shop, send_test, now=now(the_shop), limit=limit)
