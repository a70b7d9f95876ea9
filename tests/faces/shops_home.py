"""A home with two connected shops: python shops_home.py prepare|serve PORT|carry|finish; prints one JSON document."""

import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")
SECRET = "a secret of the shop"


def prepare() -> object:
    """Makes the home and its connections; their paths."""
    from beizai.base.home import current

    current().make()
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from beizai.base import clock
    from beizai.imports.shops import connections

    now = clock.machine_now()
    made = {
        kind: connections.connect(kind, kind, now=now, secret=SECRET, currency="EUR")[0]
        for kind in ("woocommerce", "shopify")
    }
    return {kind: f"{connections.PATH}{one.key}" for kind, one in made.items()}


def serve(port: int) -> None:
    """Serves the whole house."""
    import asyncio

    from granian.server.embed import Server

    from beizai.asgi import application

    asyncio.run(Server(application, address="127.0.0.1", port=port, interface="asginl").serve())


def carry() -> None:
    """Carries deliveries to the book for ever, a few at a time."""
    import django

    django.setup()
    from beizai.base import clock
    from beizai.base.errors import Unavailable
    from beizai.imports.shops import bringing, following

    print("ready", flush=True)
    while True:
        try:
            bringing.bring_once(limit=5)
            following.follow_once(clock.machine_now(), limit=7)
        except Unavailable as error:
            print(error, file=sys.stderr, flush=True)


def finish() -> object:
    """Carries everything to the book; tells what is there."""
    import django

    django.setup()
    from beizai.base import clock
    from beizai.customers.models import Customer
    from beizai.events import batches
    from beizai.events.book import open_book
    from beizai.imports.models import ShopConnection, ShopDelivery
    from beizai.imports.shops import bringing, following

    while bringing.bring_once():
        pass
    following.follow_all(clock.machine_now())
    batches.recover(at=clock.machine_now())
    with open_book() as book:
        rows = book.arrow(book.orders.order_by("number")).to_pylist()
        lines = book.arrow(book.lines.count().name("n").as_table()).to_pylist()[0]["n"]
    return {
        "orders": [[row["number"], row["amount_minor"]] for row in rows],
        "lines": lines,
        "customers": Customer.objects.count(),
        "deliveries": ShopDelivery.objects.count(),
        "refused": list(ShopConnection.objects.order_by("pk").values_list("refused", flat=True)),
    }


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    elif sys.argv[1] == "carry":
        carry()
    else:
        print(json.dumps({"prepare": prepare, "finish": finish}[sys.argv[1]]()))
