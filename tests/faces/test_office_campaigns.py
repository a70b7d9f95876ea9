"""A campaign over HTTP: the draft is kept at every step, approval is done by a worker, the ledger tells everything."""

import time
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from beizai.base import clock
from beizai.base.home import current
from beizai.campaigns.models import Campaign, CampaignState
from beizai.channels.catcher import Mailbox
from beizai.consent import ledger as consent
from beizai.customers.models import ContactPoint, Customer
from beizai.messages.models import Message, State
from beizai.segments import membership
from beizai.sources import register
from beizai.sources.models import SourceKind, SourceStop
from beizai.staff.models import User
from beizai.staff.shop import shop
from beizai.worker import jobs, sending
from beizai.worker.models import Job, JobState

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MJML = """<mjml><mj-body><mj-section><mj-column><mj-text>Dear {{ customer.first_name }},
<a href="https://shop.example.test/tea">new tea</a>. {{ shop.name }}, {{ shop.postal_address }}
<a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text></mj-column></mj-section></mj-body></mjml>"""


def log_in(client, role):
    client.force_login(
        User.objects.create_user(f"{role}@example.test", "a long password", role=role), backend=BACKEND
    )
    return client


@pytest.fixture
def marketer(client):
    return log_in(client, "marketer")


@pytest.fixture
def people():
    """Twenty cards: sixteen may be written to, two said no, two were never asked."""
    the_shop = shop()
    the_shop.name, the_shop.postal_address = "Tea House", "1 Leaf Street, York"
    the_shop.sender_address, the_shop.smtp_host = "tea@example.test", "catcher"
    the_shop.save()
    now = datetime.now(UTC) - timedelta(days=2)
    source = register.office(now)
    for n in range(20):
        card = Customer.objects.create(
            name=f"Customer {n}",
            given_name=f"Given{n}" if n else "",
            source=source,
            created_at=now,
            changed_at=now,
        )
        point = f"c{n}@example.test"
        ContactPoint.objects.create(
            customer=card, channel="email", value=point, normal=point, source=source, added_at=now
        )
        if n < 18:
            decision = "granted" if n < 16 else "refused"
            consent.record(
                consent.Given(
                    card.pk, "marketing", decision, "Write to me.", now, source.pk, channel="email"
                ),
                now=now,
            )
    return membership.save("Everyone", {"everyone": {}}, now=now)


def draft(client, **words):
    given = {
        "name": "May",
        "segment": "Everyone",
        "window_days": 28,
        "contact_cost": "0.02",
        "share": "proposed",
    }
    client.post(reverse("campaign_new"), given)
    campaign = Campaign.objects.get()
    given = {
        "subject": "New tea for {{ customer.first_name }}",
        "mjml": MJML,
        "default.customer.first_name": "friend",
        "keep": "1",
    }
    client.post(reverse("campaign_words", args=[campaign.pk]), given | words)
    campaign.refresh_from_db()
    return campaign


def approved(client):
    campaign = draft(client)
    answer = client.post(reverse("campaign_approve_now", args=[campaign.pk]))
    number = int(answer.url.split("/")[-2])
    for _round in range(100):
        jobs.run_next(jobs.kinds(), owner="test", now=clock.machine_now)
        if Job.objects.get(pk=number).state in (JobState.DONE, JobState.FAILED):
            break
        time.sleep(0.1)
    assert Job.objects.get(pk=number).state == JobState.DONE, Job.objects.get(pk=number).error
    assert client.get(answer.url).url == reverse("campaign", args=[campaign.pk])
    campaign.refresh_from_db()
    return campaign


def test_the_draft_is_kept_at_every_step(marketer, people):
    campaign = draft(marketer)
    assert (campaign.name, campaign.window_days, campaign.contact_cost) == ("May", 28, 2)
    assert campaign.subject == "New tea for {{ customer.first_name }}"
    assert campaign.defaults == {"customer.first_name": "friend"}
    marketer.post(
        reverse("campaign_aim", args=[campaign.pk]),
        {"name": "June", "segment": "Everyone", "window_days": 14, "contact_cost": "0.015", "share": "200"},
    )
    campaign.refresh_from_db()
    assert (campaign.name, campaign.contact_cost, campaign.holdout_permille) == ("June", 1.5, 200)
    assert campaign.subject


def test_the_outlook_says_what_can_be_seen(marketer, people):
    campaign = draft(marketer)
    page = marketer.get(reverse("campaign_outlook", args=[campaign.pk])).content.decode()
    assert "20 customers in the segment, 16 may be written to." in page
    assert "You will not know what it earned" in page


def test_a_field_without_words_for_those_who_lack_it_is_asked_for(marketer, people):
    campaign = draft(marketer, **{"default.customer.first_name": ""})
    page = marketer.get(reverse("campaign_words", args=[campaign.pk]), {"checked": 1}).content.decode()
    assert 'name="default.customer.first_name"' in page
    assert "Some customers lack it" in page


def test_an_unknown_field_is_told_with_the_nearest(marketer, people):
    campaign = draft(marketer, subject="Hello {{ customer.frist_name }}")
    page = marketer.get(reverse("campaign_words", args=[campaign.pk])).content.decode()
    assert "customer.frist_name" in page
    assert "Did you mean one of customer.first_name" in page


def test_each_recipient_is_looked_at_and_looking_keeps_nothing(marketer, people):
    campaign = draft(marketer)
    somebody = Customer.objects.get(name="Customer 5")
    answer = marketer.post(
        reverse("campaign_look", args=[campaign.pk]),
        {
            "subject": "x",
            "mjml": MJML.replace("Dear", "Hi"),
            "for": somebody.pk,
            "default.customer.first_name": "friend",
        },
    )
    assert "Hi Given5" in answer.content.decode()
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    campaign.refresh_from_db()
    assert "Dear" in campaign.mjml
    page = marketer.get(reverse("campaign_look", args=[campaign.pk])).content.decode()
    assert "Dear friend" in page
    assert "/t/" not in page


def test_who_gets_it_names_everybody_and_the_reasons(marketer, people):
    campaign = draft(marketer)
    page = marketer.get(reverse("campaign_who", args=[campaign.pk]), {"full": 1}).content.decode()
    assert "8 people get the mail, 8 are left alone to prove it works" in page
    assert "No permission for offers by email" in page
    marketer.post(reverse("campaign_who", args=[campaign.pk]), {"share": "0"})
    page = marketer.get(reverse("campaign_who", args=[campaign.pk]), {"full": 1}).content.decode()
    assert "you will not know what it earned" in page


def test_a_test_mail_names_nobody_in_its_links(marketer, people):
    campaign = draft(marketer)
    somebody = Customer.objects.get(name="Customer 5")
    answer = marketer.post(
        reverse("campaign_try", args=[campaign.pk]),
        {"address": "me@example.test", "for": somebody.pk},
        follow=True,
    )
    assert "took the test mail" in answer.content.decode()
    mail = Mailbox(current().root).newest()[0]
    assert mail.rcpt_to == "me@example.test"
    assert "Given5" in Mailbox(current().root).read(mail.id).part("html")
    assert not Message.objects.exists()


def test_a_worker_approves_and_sends_and_the_ledger_tells_everything(marketer, people):
    campaign = approved(marketer)
    assert campaign.state == CampaignState.APPROVED
    page = marketer.get(reverse("campaign", args=[campaign.pk])).content.decode()
    assert "Send to 8" in page
    marketer.post(reverse("campaign_send", args=[campaign.pk]))
    sending.send_all()
    page = marketer.get(reverse("campaign", args=[campaign.pk])).content.decode()
    assert "was sent to 8" in page
    assert Mailbox(current().root).count() == 8
    page = marketer.get(reverse("ledger"), {"campaign": campaign.pk}).content.decode()
    assert "20 messages" in page
    page = marketer.get(
        reverse("ledger"), {"campaign": campaign.pk, "state": "refused", "reason": "refused"}
    ).content.decode()
    assert "2 messages" in page
    sent = Message.objects.filter(state=State.SENT).first()
    page = marketer.get(reverse("message", args=[sent.pk])).content.decode()
    assert "Write to me." in page
    part = marketer.get(reverse("message_part", args=[sent.pk, "page"])).content.decode()
    assert "/t/" not in part
    assert "new tea" in part


def test_sending_is_paused_and_gone_on_with(marketer, people):
    campaign = approved(marketer)
    marketer.post(reverse("campaign_send", args=[campaign.pk]))
    marketer.post(reverse("campaign_pause", args=[campaign.pk]))
    page = marketer.get(reverse("campaign", args=[campaign.pk])).content.decode()
    assert "Paused after 0 of 8" in page
    marketer.post(reverse("campaign_resume", args=[campaign.pk]))
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING
    answer = marketer.get(reverse("campaign_progress", args=[campaign.pk]))
    assert "X-Done" not in answer.headers


def test_what_is_approved_can_no_longer_be_changed(marketer, people):
    campaign = approved(marketer)
    for name in ("aim", "words", "who", "try", "approve"):
        assert marketer.get(reverse(f"campaign_{name}", args=[campaign.pk])).status_code == 403
    answer = marketer.post(reverse("campaign_copy", args=[campaign.pk]))
    assert Campaign.objects.get(name="May, again").state == CampaignState.DRAFT
    assert answer.status_code == 302


def test_a_picture_is_made_anew_and_anything_else_refused(marketer, people):
    campaign = draft(marketer)
    picture = BytesIO()
    Image.new("RGB", (2000, 20)).save(picture, "PNG")
    given = {"subject": "x", "mjml": MJML, "keep": "1"}
    url = reverse("campaign_words", args=[campaign.pk])
    marketer.post(url, given | {"picture": SimpleUploadedFile("tea.png", picture.getvalue())})
    campaign.refresh_from_db()
    with Image.open(current().uploads / campaign.picture) as kept:
        assert kept.width == 1200
    assert (
        marketer.post(
            url, given | {"picture": SimpleUploadedFile("tea.png", b"<svg onload=alert(1)>")}
        ).status_code
        == 400
    )


def test_without_a_sender_nothing_is_approved(marketer, people):
    the_shop = shop()
    the_shop.smtp_host = ""
    the_shop.save()
    campaign = draft(marketer)
    assert marketer.post(reverse("campaign_approve_now", args=[campaign.pk])).status_code == 400
    assert not Job.objects.exists()


def test_caught_mails_are_read_in_a_closed_frame(marketer, people):
    draft(marketer)
    marketer.post(reverse("campaign_try", args=[Campaign.objects.get().pk]), {"address": "me@example.test"})
    assert "me@example.test" in marketer.get(reverse("catcher")).content.decode()
    mail = Mailbox(current().root).newest()[0]
    page = marketer.get(reverse("caught", args=[mail.id])).content.decode()
    assert "sandbox" in page
    part = marketer.get(reverse("caught_part", args=[mail.id, "page"]))
    assert "default-src 'none'" in part.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("role", "sees"), [("staff", False), ("analyst", True)])
def test_who_may_only_look_or_not_even_that(client, people, role, sees):
    campaign = Campaign.objects.create(name="May", segment_id=people.pk, created_at=datetime.now(UTC))
    other = log_in(client, role)
    assert other.get(reverse("campaigns")).status_code == (200 if sees else 403)
    for name in ("send", "pause", "resume", "copy", "approve_now"):
        assert other.post(reverse(f"campaign_{name}", args=[campaign.pk])).status_code == 403
    for name in ("campaign_aim", "campaign_words", "campaign_who"):
        assert other.get(reverse(name, args=[campaign.pk])).status_code == 403
    assert other.get(reverse("catcher")).status_code == 403


def test_a_campaign_whose_first_mails_bounced_says_that_their_source_was_stopped(marketer, people):
    now = clock.machine_now()
    found = Campaign.objects.create(name="First", created_at=now, started_at=now, state=CampaignState.SENDING)
    bought = register.source("Bought list", SourceKind.PURCHASED, now=now)
    bounced, left_out = Customer.objects.order_by("pk")[:2]
    Customer.objects.filter(pk__in=[bounced.pk, left_out.pk]).update(source=bought)
    for card, state, reason in ((bounced, State.BOUNCED, ""), (left_out, State.REFUSED, "source_stopped")):
        Message.objects.create(
            campaign_id=found.pk, customer_id=card.pk, state=state, reason=reason, changed_at=now
        )
    SourceStop.objects.create(source=bought, reason="bounced", written=20, failed=2, stopped_at=now)
    page = marketer.get(f"/campaigns/{found.pk}/").content.decode()
    assert "Writing to “Bought list” was stopped" in page
    assert "2 of the first 20 mails bounced." in page
    assert "1 more of this campaign was not written to." in page
    assert f'href="{reverse("source", args=[bought.pk])}"' in page
