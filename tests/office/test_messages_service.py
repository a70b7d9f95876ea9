"""Mails somebody waits for: asked for twice is sent once; what fails is tried again or said; a crash sends nothing twice."""

from datetime import UTC, datetime, timedelta

import pytest

from beizai.base.errors import Invalid, Unavailable
from beizai.channels.catcher import Mailbox
from beizai.messages import service
from beizai.messages.models import ServiceMail, ServiceState
from beizai.staff.models import Shop
from beizai.worker import sending

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 7, 0, tzinfo=UTC)


@pytest.fixture
def shop():
    return Shop.objects.create(
        pk=1, name="Thé & Co", sender_address="tea@example.test", smtp_host=sending.CATCHER, clock_at=NOW
    )


def asked(key="one", **more):
    given = {
        "kind": "reminder",
        "to": "ann@example.test",
        "subject": "Tomorrow",
        "text": "À demain, 明天见。",
    }
    return service.ask(key, now=NOW, **given | more)


def taken(mail, shop):
    """A server that takes everything."""


def refusing(code):
    def hand_over(mail, shop):
        raise Unavailable("No.", code=code)

    return hand_over


def test_a_mail_goes_out_by_the_shop_s_server_and_its_words_are_forgotten(shop, home):
    asked(html="<p>À demain</p>")
    asked(html="<p>À demain</p>")
    assert sending.send_service() == 1
    assert sending.send_service() == 0
    box = Mailbox(home.root)
    (caught,) = box.newest()
    mail = box.read(caught.id)
    assert "À demain, 明天见。" in mail.part("plain")
    kept = ServiceMail.objects.get()
    assert (kept.state, kept.text, kept.html, kept.sent_at) == (ServiceState.SENT, "", "", NOW)


def test_an_address_that_cannot_be_is_refused(shop):
    with pytest.raises(Invalid):
        asked(to="ann at example")


def test_nothing_is_sent_while_sending_stands_still(shop):
    asked()
    shop.sending_paused = True
    assert service.send_due(shop, taken, now=NOW) == 0
    assert ServiceMail.objects.get().state == ServiceState.WAITING


def test_what_the_server_puts_off_is_tried_again_later_and_given_up_in_the_end(shop):
    asked()
    at = NOW
    for _turn in range(6):
        service.send_due(shop, refusing("later"), now=at)
        at += timedelta(hours=3)
    mail = ServiceMail.objects.get()
    assert (mail.state, mail.attempts, mail.detail) == (ServiceState.FAILED, 6, "No.")


@pytest.mark.parametrize(("code", "state"), [("bounced", "failed"), ("in_doubt", "in_doubt")])
def test_a_refusal_for_good_and_a_doubt_are_not_tried_again(shop, code, state):
    asked()
    service.send_due(shop, refusing(code), now=NOW)
    assert ServiceMail.objects.get().state == state
    assert service.send_due(shop, taken, now=NOW + timedelta(days=1)) == 0


def test_a_worker_that_died_while_sending_leaves_a_doubt_and_no_second_mail(shop):
    asked()

    def dies(mail, shop):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        service.send_due(shop, dies, now=NOW)
    assert service.send_due(shop, taken, now=NOW + timedelta(hours=1)) == 0
    assert ServiceMail.objects.get().state == ServiceState.IN_DOUBT


def test_a_mail_that_is_of_no_use_any_more_stays(shop):
    asked(good_until=NOW + timedelta(minutes=5))
    service.send_due(shop, taken, now=NOW + timedelta(minutes=6))
    assert ServiceMail.objects.get().state == ServiceState.TOO_LATE


def test_what_is_not_sent_yet_can_be_taken_back(shop):
    asked()
    assert service.take_back("one")
    assert service.send_due(shop, taken, now=NOW) == 0
    assert not service.take_back("one")
