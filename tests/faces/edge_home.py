"""A home for the edge's server: python edge_home.py prepare|finish; prints one JSON document."""

import json
import os
import sys
from datetime import UTC, datetime

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
CUSTOMERS = range(1, 41)


def prepare() -> object:
    """Makes the home, a campaign with a link, and permissions; prints the addresses of every customer's mail."""
    from beizai.base.home import current

    current().make()
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from beizai.base.tokens import Token
    from beizai.campaigns.models import Campaign, CampaignLink
    from beizai.consent.ledger import Given, record_many
    from beizai.tracking import links

    campaign = Campaign.objects.create(name="Spring", created_at=LONG_AGO)
    CampaignLink.objects.create(campaign=campaign, number=1, url="https://shop.test/spring")
    wanted = [(one, purpose) for one in CUSTOMERS for purpose in ("marketing", "tracking")]
    record_many(
        (Given(one, purpose, "granted", "Yes.", LONG_AGO, None) for one, purpose in wanted), now=LONG_AGO
    )
    keys = links.keys(current().key("signing"))
    tokens = [Token(campaign.pk, one) for one in CUSTOMERS]
    return {
        "clicks": [links.click_url(keys, "", token) + ".1" for token in tokens],
        "unsubscribes": [links.unsubscribe_url(keys, "", token) for token in tokens],
    }


def finish() -> object:
    """Who may still be written to, before and after the inbox was carried to the lake, and what is in the lake."""
    import django

    django.setup()
    from beizai.base.clock import machine_now
    from beizai.consent.rules import may_contact_many
    from beizai.events.book import open_book
    from beizai.events.flusher import Flusher

    def refused() -> list[int]:
        answers = may_contact_many(CUSTOMERS, "email", "marketing", machine_now())
        return sorted(one for one, answer in answers.items() if not answer.allowed)

    at_once = refused()
    Flusher().flush_all()
    with open_book() as book:
        events = book.arrow(
            book.events.select("kind", "customer_id").order_by("kind", "customer_id")
        ).to_pylist()
    return {
        "refused": at_once,
        "later": refused(),
        "events": [[one["kind"], one["customer_id"]] for one in events],
    }


if __name__ == "__main__":
    print(json.dumps({"prepare": prepare, "finish": finish}[sys.argv[1]]()))
