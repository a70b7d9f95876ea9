"""A home for the events API's server: python events_home.py prepare|finish|serve PORT; prints one JSON document."""

import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")


def prepare() -> object:
    """Makes the home, a key for programs and one for pages."""
    from beizai.base.home import current

    current().make()
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from beizai.base import clock
    from beizai.events import keys

    now = clock.machine_now()
    return {
        "program": keys.make("Program", now=now)[1],
        "page": keys.make("Page", now=now, in_browser=True)[1],
    }


def finish() -> object:
    """Carries everything to the book; tells what is there."""
    import django

    django.setup()
    from beizai.customers.models import Customer
    from beizai.events import receiving
    from beizai.events.book import open_book
    from beizai.events.flusher import Flusher
    from beizai.events.models import QuarantinedEvent

    receiving.receive_all()
    Flusher().flush_all()
    with open_book() as book:
        rows = book.arrow(book.events.order_by("occurred_at", "event_id")).to_pylist()
    kept = ("kind", "customer_id", "anonymous_id")
    return {
        "events": [
            {name: row[name] for name in kept}
            | {"props": json.loads(row["props"]), "at": row["occurred_at"].isoformat()}
            for row in rows
        ],
        "aside": list(QuarantinedEvent.objects.values_list("reason", flat=True)),
        "customers": list(Customer.objects.order_by("pk").values("name", "given_name", "country")),
    }


def serve(port: int) -> None:
    """Serves the events API alone."""
    import asyncio

    import django

    django.setup()
    from granian.server.embed import Server

    from beizai.edge.collect import application

    asyncio.run(Server(application, address="127.0.0.1", port=port, interface="asginl").serve())


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        print(json.dumps({"prepare": prepare, "finish": finish}[sys.argv[1]]()))
