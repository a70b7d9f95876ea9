"""Web shops on the command line: connected, what they delivered, what waits aside, what they ask for."""

from typing import Annotated, Any

import typer

from beizai.base.errors import Invalid
from beizai.cli.answer import answer, table
from beizai.cli.command import Noun
from beizai.cli.wording import counted

app = Noun("Web shops (WooCommerce, Shopify) that deliver orders, customers and products.")
Number = Annotated[
    int, typer.Argument(metavar="SHOP", help="The number of the shop, as 'shops list' says it.")
]
_Email = Annotated[str, typer.Option(metavar="TEXT", help="What stands beside the tick for offers by email.")]
_Sms = Annotated[str, typer.Option(metavar="TEXT", help="What stands beside the tick for text messages.")]


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


def _typed(text: str) -> str:
    """The text; “-” stands for a line of the input, so that a secret need not stand in the shell's history."""
    return typer.get_text_stream("stdin").readline().strip() if text == "-" else text


@app.command("list")
def list_shops() -> None:
    """The connected shops, what came from each and what waits."""
    _open()
    from beizai.imports.shops import connections, counting
    from beizai.staff.shop import shop

    public = shop().public_url
    rows: list[dict[str, Any]] = [
        {
            "id": one.row.pk,
            "name": one.row.name,
            "kind": one.row.kind,
            "address": connections.address(one.row, public),
            "source": one.row.source.name,
            "currency": one.row.currency,
            "ended_at": one.row.ended_at,
            "delivered": one.row.delivered,
            "delivered_at": one.row.delivered_at,
            "refused": one.row.refused,
            "aside": one.aside,
            "requests": one.requests,
        }
        for one in counting.shown()
    ]
    heads = ("Id", "Name", "Kind", "Deliveries", "Last", "Aside", "Wrongly signed", "Asked for")
    fields = ("id", "name", "kind", "delivered", "delivered_at", "aside", "refused", "requests")
    shown = [tuple(row[field] if row[field] is not None else "" for field in fields) for row in rows]
    answer({"shops": rows}, table(heads, shown) if rows else "No shop is connected.")


@app.command()
def connect(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you call the shop.")],
    kind: Annotated[str, typer.Option(help="woocommerce or shopify.")],
    secret: Annotated[
        str,
        typer.Option(
            metavar="TEXT",
            help="The secret it signs with; Shopify makes its own. “-” reads it from the input.",
        ),
    ] = "",
    currency: Annotated[str, typer.Option(metavar="CODE", help="The currency of its prices.")] = "",
    source: Annotated[
        str, typer.Option(metavar="NAME", help="Whose orders and customer numbers it uses.")
    ] = "",
    email_words: _Email = "",
    sms_words: _Sms = "",
) -> None:
    """Connect a shop; shows the address to paste into it and, where one was made, the secret, this once."""
    _open()
    from beizai.imports.shops import connections
    from beizai.sources.models import Source
    from beizai.staff.shop import now, shop

    found = Source.objects.filter(name=source).first() if source else None
    if source and found is None:
        raise Invalid("There is no source “{name}”.", name=source, hint="See the list under Collection.")
    given = _typed(secret)
    row, text = connections.connect(
        name,
        kind,
        now=now(),
        secret=given,
        source=found,
        currency=currency,
        email_words=email_words,
        sms_words=sms_words,
    )
    address = connections.address(row, shop().public_url)
    made = {} if given else {"secret": text}
    told = f"{row.name} is shop {row.pk}.\nDelivery address: {address}"
    told += f"\nSecret, shown this once: {text}" if made else ""
    answer({"id": row.pk, "name": row.name, "kind": row.kind, "address": address} | made, told)


@app.command()
def change(
    number: Number,
    secret: Annotated[
        str, typer.Option(metavar="TEXT", help="A new secret; “-” reads it from the input.")
    ] = "",
    email_words: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What stands beside the tick for offers by email.")
    ] = None,
    sms_words: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What stands beside the tick for text messages.")
    ] = None,
) -> None:
    """Give a shop a new secret, or other words beside its ticks."""
    _open()
    from beizai.imports.shops import connections
    from beizai.staff.shop import now

    given = _typed(secret)
    row = connections.change(number, now=now(), secret=given, email_words=email_words, sms_words=sms_words)
    answer({"id": row.pk, "secret_changed": bool(given)}, f"{row.name} is changed.")


@app.command()
def end(number: Number) -> None:
    """Take nothing from a shop any more; what came in stays."""
    _open()
    from beizai.imports.shops import connections
    from beizai.staff.shop import now

    connections.end(number, now=now())
    answer({"ended": number}, f"Nothing is taken from shop {number} any more.")


@app.command()
def deliveries(
    number: Number,
    aside: Annotated[bool, typer.Option("--aside", help="Only what was kept aside.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=5_000, help="How many at most.")] = 50,
) -> None:
    """The latest deliveries of a shop and what became of them."""
    _open()
    from beizai.imports.shops import connections, counting

    connections.get(number)
    rows = (counting.aside if aside else counting.latest)(number, limit)
    told = [
        {
            "id": row.pk,
            "topic": row.topic,
            "about": row.about,
            "outcome": row.outcome,
            "reason": row.reason,
            "detail": str(counting.why(row) or ""),
            "received_at": row.received_at,
        }
        for row in rows
    ]
    shown = [
        tuple(one[name] for name in ("id", "topic", "about", "outcome", "reason", "received_at"))
        for one in told
    ]
    heads = ("Id", "Topic", "About", "Outcome", "Reason", "Received")
    answer({"deliveries": told}, table(heads, shown) if told else "Nothing.")


@app.command()
def replay(
    number: Number,
    reason: Annotated[
        str, typer.Option(help="Only what waits for this reason, as 'shops deliveries' says it.")
    ] = "",
    delivery: Annotated[int, typer.Option(metavar="ID", help="Only this delivery.")] = 0,
) -> None:
    """Play what was kept aside again; what still does not fit stays."""
    _open()
    from beizai.imports.shops import bringing, connections
    from beizai.staff.shop import now

    connections.get(number)
    if delivery:
        left = int(bringing.replay(delivery, now=now()).outcome == "aside")
        went = 1 - left
    else:
        went, left = bringing.replay_alike(number, reason, now=now())
    told = f"{counted(went, 'delivery', 'deliveries')} played again, {left} still waiting."
    answer({"replayed": went, "left": left}, told)


@app.command()
def rate(
    currency: Annotated[str, typer.Argument(metavar="CODE", help="The foreign currency.")],
    since: Annotated[str, typer.Argument(metavar="DATE", help="From this day on, as 2026-03-31.")],
    worth: Annotated[
        str, typer.Argument(metavar="RATE", help="What 1 of it was worth in the book's currency.")
    ],
) -> None:
    """Say what foreign money was worth from a day on, for orders and imports."""
    _open()
    from datetime import date
    from decimal import Decimal, InvalidOperation

    from beizai.imports import rates

    try:
        day, value = date.fromisoformat(since), Decimal(worth)
    except (ValueError, InvalidOperation):
        raise Invalid(
            "“{day} {rate}” is no day and rate.", day=since, rate=worth, hint="Write 2026-03-31 0.913."
        ) from None
    rates.put(currency, day, value)
    answer(
        {"currency": currency.upper(), "since": since, "rate": worth},
        f"1 {currency.upper()} is {worth} from {since} on.",
    )


@app.command()
def requests() -> None:
    """What shops ask in customers' names and nobody has answered yet."""
    _open()
    from beizai.imports.shops import privacy

    rows = [
        {
            "id": one.pk,
            "shop": one.connection.name,
            "kind": one.kind,
            "customer": one.customer_id,
            "asked_at": one.asked_at,
            "due_on": one.due_on,
        }
        for one in privacy.waiting(1_000)
    ]
    shown = [tuple("" if value is None else value for value in row.values()) for row in rows]
    heads = ("Id", "Shop", "Asks", "Customer", "Asked", "Until")
    answer({"requests": rows}, table(heads, shown) if rows else "Nothing waits.")


@app.command("answer")
def answer_request(
    number: Annotated[int, typer.Argument(metavar="REQUEST", help="The number of the request.")],
    how: Annotated[str, typer.Argument(metavar="ANSWER", help="given_out, nothing_held, kept, or erase.")],
    yes: Annotated[
        int, typer.Option("--yes", metavar="CUSTOMER", help="The customer's number once more, to erase.")
    ] = 0,
) -> None:
    """Answer a request; erasing asks for the customer's number once more."""
    _open()
    from beizai.imports.shops import privacy
    from beizai.staff.shop import now

    if how != "erase":
        privacy.answer(number, how, now=now())
        answer({"request": number, "answer": how}, f"Request {number} is answered.")
        return
    found = privacy.get(number)
    if not yes or yes != found.customer_id:
        raise Invalid(
            "Erasing has no way back.",
            hint="Look at the card first, then give its number: --yes {n}.",
            n=found.customer_id or "…",
        )
    certificate = privacy.erase(number, now=now())
    answer(
        {"request": number, "answer": "erased", "certificate": certificate.pk},
        f"Customer {yes} is erased; certificate {certificate.pk}.",
    )
