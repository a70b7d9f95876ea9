"""The worker sends campaigns that are to go out, through the built-in catcher, and says why where it cannot."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from beizai.base.home import Home
from beizai.campaigns import sending as campaigns
from beizai.campaigns.models import Campaign, CampaignState
from beizai.channels.catcher import Mailbox
from beizai.consent import ledger as consent
from beizai.messages.models import Message
from beizai.staff.models import Shop
from beizai.staff.shop import shop
from beizai.tracking import links
from beizai.worker import sending

pytestmark = pytest.mark.django_db


def _made() -> ModuleType:
    path = Path(__file__).parents[1] / "faces" / "sending_home.py"
    spec = importlib.util.spec_from_file_location("sending_home", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MADE = _made()


@pytest.fixture
def tea(home: Home) -> Campaign:
    """A campaign to five people that is to go out, by the catcher."""
    MADE.shop(0, 2)
    Shop.objects.update(smtp_host=sending.CATCHER)
    return Campaign.objects.get(pk=MADE.campaign(MADE.people(5)))


def test_a_campaign_goes_out_and_is_marked_sent(home: Home, tea: Campaign) -> None:
    assert sending.send_all() == 5
    tea.refresh_from_db()
    assert tea.state == CampaignState.SENT
    assert (campaigns.progress(tea.pk).sent, campaigns.progress(tea.pk).left) == (5, 0)
    assert sending.send_all() == 0
    assert Mailbox(home.root).count() == 5


def test_who_allows_tracking_gets_a_pixel_and_everybody_signed_links(home: Home, tea: Campaign) -> None:
    tracked, other = Message.objects.order_by("id").values_list("customer_id", flat=True)[:2]
    given = consent.Given(tracked, "tracking", "granted", "Count my clicks.", MADE.NOW, None)
    consent.record(given, now=MADE.NOW)
    sending.send_all()
    box = Mailbox(home.root)
    pages = {
        customer_id: box.read(box.newest(search=f"c{customer_id}@")[0].id).part("html")
        for customer_id in (tracked, other)
    }
    keys = links.keys(home.key("signing"))
    assert "/t/o/" in pages[tracked]
    assert "/t/o/" not in pages[other]
    for customer_id, page in pages.items():
        click = links.read_click(keys, page.split("/t/c/")[1].split('"')[0])
        assert (click.token.campaign_id, click.token.recipient_id, click.link_no) == (tea.pk, customer_id, 1)
        signed = page.split("/t/u/")[1].split('"')[0]
        assert links.read_unsubscribe(keys, signed).recipient_id == customer_id


def test_a_server_that_is_not_there_pauses_the_campaign_with_its_words(tea: Campaign) -> None:
    Shop.objects.update(smtp_host="127.0.0.1", smtp_port=1)
    assert sending.send_all() == 0
    tea.refresh_from_db()
    assert (tea.state, tea.pause_reason) == (CampaignState.PAUSED, "no_connection")
    assert "127.0.0.1:1" in tea.pause_detail
    assert set(Message.objects.values_list("state", flat=True)) == {"chosen"}


def test_a_restored_home_sends_nothing_by_itself(home: Home, tea: Campaign) -> None:
    Shop.objects.update(sending_paused=True)
    assert sending.send_all() == 0
    assert not Mailbox(home.root).count()


def test_a_mail_that_can_no_longer_be_used_pauses_the_campaign(tea: Campaign) -> None:
    Shop.objects.update(postal_address="")
    sending.send_all()
    tea.refresh_from_db()
    assert tea.pause_reason == "mail_unusable"
    assert "postal address" in tea.pause_detail


def test_a_test_mail_is_the_mail_of_one_customer_to_another_address(home: Home, tea: Campaign) -> None:
    customer_id = Message.objects.values_list("customer_id", flat=True)[0]
    mail = sending.mail_for(tea, shop(), customer_id, to="me@example.test")
    sending.send_test(mail, shop())
    (caught,) = Mailbox(home.root).newest()
    assert caught.rcpt_to == "me@example.test"
    assert "Dear C0" in Mailbox(home.root).read(caught.id).part("plain")
    assert set(Message.objects.values_list("state", flat=True)) == {"chosen"}
