"""The customers of the book: how many, who, one card, a new card."""

from pathlib import Path
from typing import Annotated, Any

import typer

from beizai.cli.answer import answer, table
from beizai.cli.command import Noun
from beizai.cli.wording import amount, counted, word

app = Noun("The customers of the book.")


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


@app.command()
def count() -> None:
    """How many customers have a card."""
    _open()
    from beizai.customers import belonging
    from beizai.customers.models import Customer

    customers = belonging.listed(Customer.objects.all()).count()
    answer({"customers": customers}, counted(customers, "customer"))


@app.command("list")
def list_customers(
    search: Annotated[str, typer.Option(help="Beginnings of name, email, telephone or number.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
) -> None:
    """Who is in the book; with --search those found."""
    _open()
    from beizai.customers import belonging
    from beizai.customers import search as looking
    from beizai.customers.models import Customer
    from beizai.staff.shop import shop

    cards = belonging.listed(Customer.objects.select_related("standing").order_by("pk"))
    if search:
        cards = cards.filter(pk__in=looking.first_ids(search, limit))
    rows = [_row(card) for card in cards[:limit]]
    currency = shop().currency
    shown = [
        (r["id"], r["name"], r["last_order_on"], amount(r["spent_minor"], currency), word(r["stage"]))
        for r in rows
    ]
    heads = ("Card", "Name", "Last order", "Spent", "Stage")
    answer({"customers": rows}, table(heads, shown) if rows else "Nobody found.")


def _row(card: Any) -> dict[str, Any]:
    standing = getattr(card, "standing", None)
    return {
        "id": card.pk,
        "name": card.name,
        "country": card.country,
        "simulated": card.simulated,
        "last_order_on": standing and standing.last_order_on,
        "spent_minor": standing.spent_minor if standing else 0,
        "stage": standing.stage if standing else "",
        "type": standing.type if standing else "",
        "tier": standing.tier if standing else "",
    }


@app.command()
def show(card: Annotated[int, typer.Argument(help="The number of the card.")]) -> None:
    """One card: what is known, and from where."""
    _open()
    from beizai.customers import belonging, cards, facts, ties
    from beizai.customers.models import ContactPoint, Tag

    customer = cards.get(card)
    numbers = belonging.ids_of(customer.pk)
    sources = _sources()
    document = _row(customer) | {
        "source": customer.source.name,
        "ids": numbers,
        "contact_points": list(
            ContactPoint.objects.filter(customer_id__in=numbers, ended_at=None).values("channel", "value")
        ),
        "facts": [
            {"key": known.definition.key, "label": known.definition.label, "value": known.value,
             "source": sources.get(known.source_id or 0, ""), "at": known.at}
            for known in facts.known(customer)
        ],
        "tags": sorted(set(Tag.objects.filter(customer_id__in=numbers).values_list("tag", flat=True))),
        "ties": [{"kind": tie.kind, "customer_id": tie.customer_id, "other_id": tie.other_id} for tie in ties.of(card)],
    }  # fmt: skip
    answer(document, _card_in_words(document))


def _sources() -> dict[int, str]:
    from beizai.sources.models import Source

    return dict(Source.objects.values_list("pk", "name"))


def _card_in_words(card: dict[str, Any]) -> list[str]:
    simulated = "  SIMULATED" if card["simulated"] else ""
    lines = [
        f"#{card['id']}  {card['name']}{simulated}",
        f"from {card['source']}; {word(card['stage'])}, {word(card['type'])}",
    ]
    lines += [f"{point['channel']}: {point['value']}" for point in card["contact_points"]]
    lines += [
        f"{fact['label']}: {'not known' if fact['value'] is None else fact['value']}"
        for fact in card["facts"]
    ]
    return [*lines, *([f"tags: {', '.join(card['tags'])}"] if card["tags"] else [])]


@app.command()
def add(
    name: Annotated[str, typer.Option(help="The name.")] = "",
    email: Annotated[str, typer.Option(help="An email address.")] = "",
    phone: Annotated[str, typer.Option(help="A telephone number.")] = "",
    country: Annotated[str, typer.Option(help="A code such as FR.")] = "",
) -> None:
    """A new card, by hand. A possible double is told, not prevented."""
    _open()
    from beizai.customers import cards, doubles
    from beizai.identity import deterministic
    from beizai.sources import register
    from beizai.staff.shop import now, shop

    here, at = shop(), now()
    given = [("email", email), ("phone", phone)]
    near = doubles.possible(name=name, given=given, country=country or here.country)
    new = cards.NewCard(name=name, country=country.upper(), points=given)
    customer = cards.add(new, source=register.office(at), now=at, country=country or here.country)
    deterministic.entered(customer, now=at)
    found = [one.customer.pk for one in near]
    words = [f"Card #{customer.pk} for {customer.name or email or phone}."]
    words += [f"Perhaps the same: {', '.join(f'#{one}' for one in found)}."] if found else []
    answer({"id": customer.pk, "possible_doubles": found}, words)


@app.command()
def export(
    card: Annotated[int, typer.Argument(help="The number of the card.")],
    to: Annotated[Path, typer.Option(help="The folder for the two files.")] = Path(),
) -> None:
    """All that is held of one customer, from every room: a JSON file and a workbook."""
    _open()
    from beizai.consent import giving_out
    from beizai.staff import audit
    from beizai.staff.shop import now, shop

    at = now()
    document = giving_out.document(card, at=at, shop_name=shop().name)
    text, book = giving_out.write(document, to)
    audit.record("customer.given_out", at=at, user=None, customer_id=card, by="command line")
    rows = sum(len(part["rows"]) for part in document["data"])
    answer({"json": text, "xlsx": book, "rows": rows}, f"{rows} rows in {text} and {book}.")


@app.command()
def erase(
    card: Annotated[int, typer.Argument(help="The number of the card.")],
    reason: Annotated[str, typer.Option(help="Who asked for it, and when.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    certificate: Annotated[Path | None, typer.Option(help="Write the certificate to this file.")] = None,
) -> None:
    """Erase a customer from every room, with a certificate. There is no way back."""
    _open()
    from beizai.cli.answer import as_json
    from beizai.consent import erasing
    from beizai.customers import cards
    from beizai.staff.shop import now

    name = cards.get(card).name
    if not yes:
        typer.confirm(f"Erase card {card} ({name or 'no name'}) for good?", abort=True, err=True)
    made = erasing.erase(card, reason, at=now())
    document = {"certificate": made.pk, "sha256": made.sha256, **made.document}
    if certificate is not None:
        certificate.write_text(as_json(document), encoding="utf-8")
    words = [f"Card {card} is erased; certificate {made.pk}, {made.sha256}."]
    words += [f"kept: {line['what']} ({line['rows']}). {line['because']}" for line in made.document["kept"]]
    answer(document, words)
