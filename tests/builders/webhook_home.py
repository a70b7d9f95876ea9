"""Run as a process of its own in a home: `make URL N` (an endpoint and so many cards), `work` (until it is killed), `look`."""

import json
import os
import sys
from datetime import UTC, datetime

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")


def make(url: str, count: str) -> None:
    """The tables, an endpoint, and so many cards."""
    from django.core.management import call_command

    from beizai.customers import cards
    from beizai.customers.cards import NewCard
    from beizai.sources import register
    from beizai.webhooks import endpoints
    from beizai.webhooks.endpoints import Wish

    now = datetime.now(UTC)
    call_command("migrate", verbosity=0)
    endpoints.add(Wish("ERP", url, ["customer.created"]), now=now)
    for number in range(int(count)):
        cards.add(NewCard(name=f"Person {number}"), source=register.office(now), now=now)


def work() -> None:
    """A worker's rounds of webhooks, for ever."""
    from beizai.worker import webhooks

    print("ready", flush=True)
    while True:
        webhooks._tell()
        webhooks._deliver()


def look() -> None:
    """Every delivery: whom it is about, its id, its state."""
    from beizai.webhooks.models import WebhookDelivery

    print(json.dumps(list(WebhookDelivery.objects.values_list("customer_id", "webhook_id", "state"))))


if __name__ == "__main__":
    import django

    django.setup()
    {"make": make, "work": work, "look": look}[sys.argv[1]](*sys.argv[2:])
