"""Makes a home with one campaign that is to be sent: python sending_home.py HOME PEOPLE PORT CONNECTIONS."""

import os
import sys
from datetime import UTC, datetime

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
MJML = """<mjml><mj-body><mj-section><mj-column><mj-text>Dear {{ customer.first_name | default: "friend" }},
<a href="https://shop.example.test/tea">new tea</a>. {{ shop.name }}, {{ shop.postal_address }}
<a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text></mj-column></mj-section></mj-body></mjml>"""


def prepare(folder: str) -> None:
    """Django on a fresh home."""
    os.environ["BEIZAI_HOME"] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = "beizai.settings"
    from beizai.base.home import current

    current().make()
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def shop(port: int, connections: int) -> None:
    """A shop that may send."""
    from beizai.staff.shop import shop as the_shop

    found = the_shop()
    found.name, found.postal_address, found.sender_address = (
        "Tea House",
        "1 Leaf Street, York",
        "tea@example.test",
    )
    found.smtp_host, found.smtp_port, found.smtp_security = "127.0.0.1", port, "none"
    found.sending_connections = connections
    found.save()


def people(count: int) -> list[int]:
    """Cards with an address and a permission."""
    from beizai.consent import ledger
    from beizai.customers.models import ContactPoint, Customer
    from beizai.sources import register

    source = register.office(NOW)
    ids = []
    for start in range(0, count, 2_000):
        cards = Customer.objects.bulk_create(
            Customer(name=f"C {n}", given_name=f"C{n}", source=source, created_at=NOW, changed_at=NOW)
            for n in range(start, min(count, start + 2_000))
        )
        ContactPoint.objects.bulk_create(
            ContactPoint(
                customer=card,
                channel="email",
                value=f"c{card.pk}@example.test",
                normal=f"c{card.pk}@example.test",
                source=source,
                added_at=NOW,
            )
            for card in cards
        )
        ledger.record_many(
            (
                ledger.Given(c.pk, "marketing", "granted", "Write.", NOW, source.pk, channel="email")
                for c in cards
            ),
            now=NOW,
        )
        ids += [card.pk for card in cards]
    return ids


def campaign(ids: list[int]) -> int:
    """A campaign to all of them, approved and started."""
    from beizai.campaigns.models import Campaign, CampaignState
    from beizai.messages.models import Group, Message, State

    row = Campaign.objects.create(
        name="Tea", subject="New tea", mjml=MJML, state=CampaignState.SENDING, created_at=NOW, started_at=NOW
    )
    for start in range(0, len(ids), 2_000):
        Message.objects.bulk_create(
            Message(
                campaign_id=row.pk,
                customer_id=i,
                address=f"c{i}@example.test",
                group=Group.TREATED,
                state=State.CHOSEN,
                changed_at=NOW,
            )
            for i in ids[start : start + 2_000]
        )
    return row.pk


if __name__ == "__main__":
    prepare(sys.argv[1])
    shop(int(sys.argv[3]), int(sys.argv[4]))
    campaign(people(int(sys.argv[2])))
