"""What customers allowed and refused: shown with its reason, written down, proved; lists of those nobody writes to."""

from dataclasses import asdict
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any

import typer

from beizai.base.errors import Invalid
from beizai.cli.answer import answer, as_json, table
from beizai.cli.command import Noun
from beizai.cli.dates import as_of_or_now

app = Noun("What customers allowed and refused, and the lists of those nobody writes to.")

Card = Annotated[int, typer.Argument(help="The number of the card.")]
Purpose = Annotated[
    str, typer.Option(help="marketing, service, tracking, sharing, sensitive, abroad or gifts.")
]
Channel = Annotated[str, typer.Option(help="email, phone, sms, letter, messenger; empty: every channel.")]
Words = Annotated[str, typer.Option("--text", help="The exact words agreed to, or said.")]
CHANNELS = ("email", "phone", "sms", "letter", "messenger")


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


@app.command()
def show(
    card: Card,
    as_of: Annotated[str, typer.Option(help="A day such as 2026-12-31; now where none is given.")] = "",
) -> None:
    """May they be written to, channel by channel, why, and by which entry; then the whole ledger."""
    _open()
    from beizai.consent import proof
    from beizai.consent.rules import may_contact
    from beizai.customers import cards

    at = as_of_or_now(as_of)
    card = cards.get(card).pk
    answers = {channel: asdict(may_contact(card, channel, "marketing", at)) for channel in CHANNELS}
    entries = proof.entries(card)
    rows = [
        (channel, "yes" if one["allowed"] else "no", one["reason"], one["entry_id"] or "")
        for channel, one in answers.items()
    ]
    heads = ("Entry", "When", "Decision", "Purpose", "Channel", "Basis", "Words")
    said = [
        (e["entry"], f"{e['at']:%Y-%m-%d}", e["decision"], e["purpose"], e["channel"] or "every", e["basis"], e["text"][:60])
        for e in entries
    ]  # fmt: skip
    words = [table(("Offers by", "Allowed", "Reason", "Entry"), rows)]
    answer(
        {"customer_id": card, "as_of": at, "marketing": answers, "entries": entries},
        [*words, "", table(heads, said) if said else "Nothing is in the ledger yet."],
    )


@app.command()
def grant(
    card: Card,
    text: Words,
    purpose: Purpose = "marketing",
    channel: Channel = "email",
    basis: Annotated[
        str,
        typer.Option(
            help="consent, contract, soft_opt_in, legitimate_interest, implied, inquiry or legal_duty."
        ),
    ] = "consent",
    on: Annotated[str, typer.Option(help="The day they said so; now where none is given.")] = "",
    how: Annotated[str, typer.Option(help="How we know: paper form, phone call.")] = "",
    assessment: Annotated[str, typer.Option(help="For a legitimate interest: why it outweighs theirs.")] = "",
    evidence: Annotated[Path | None, typer.Option(help="A scan or recording to keep.")] = None,
) -> None:
    """Write a permission down."""
    _open()
    from beizai.consent import proof

    kept = proof.keep(_bytes(evidence), evidence.name) if evidence else None
    more = {"evidence_file": kept.name, "evidence_sha256": kept.sha256} if kept else {}
    _record(
        card, "granted", text, on=on, purpose=purpose, channel=channel, basis=basis,
        assessment=assessment, evidence={"how": how} if how else {}, **more,
    )  # fmt: skip


@app.command()
def withdraw(
    card: Card,
    text: Words = "Withdrawn by word of mouth.",
    purpose: Purpose = "marketing",
    channel: Channel = "",
    on: Annotated[str, typer.Option(help="The day they said so; now where none is given.")] = "",
) -> None:
    """Write down that a permission is taken back; it holds from that moment."""
    _open()
    _record(card, "withdrawn", text, on=on, purpose=purpose, channel=channel)


def _record(card: int, decision: str, text: str, *, on: str, **said: Any) -> None:
    from beizai.consent import ledger
    from beizai.consent.rules import may_contact
    from beizai.customers import cards
    from beizai.sources import register
    from beizai.staff.shop import now

    at = now()
    given = ledger.Given(
        customer_id=cards.get(card).pk,
        decision=decision,
        text=text,
        at=_moment(on, at),
        source_id=register.office(at).pk,
        **said,
    )
    entry = ledger.record(given, now=at)
    found = may_contact(card, given.channel or "email", given.purpose, at)
    answer(
        {"entry": entry.pk, "text_sha256": entry.text_sha256, "answer": asdict(found)},
        f"Entry {entry.pk}. {given.purpose.capitalize()} now: {'yes' if found.allowed else 'no'} ({found.reason}).",
    )


def _moment(on: str, now: datetime) -> datetime:
    from beizai.base import clock
    from beizai.staff.shop import shop

    if not on:
        return now
    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise Invalid("“{text}” is not a date.", hint="Write it as 2026-12-31.", text=on) from None
    noon = datetime.combine(day, time(12), tzinfo=clock.zone(shop().timezone))
    return min(noon, now) if day == now.date() else noon


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Invalid(
            "“{file}” cannot be read.", hint="{why}", file=path.name, why=error.strerror or ""
        ) from None


@app.command()
def export(
    card: Card,
    to: Annotated[Path | None, typer.Option(help="Write the proof to this JSON file.")] = None,
) -> None:
    """The proof of every consent of one person: words, hashes, forms, times, evidence, and the answers they lead to."""
    _open()
    from beizai.consent import proof
    from beizai.consent.rules import may_contact
    from beizai.staff import audit
    from beizai.staff.shop import now

    at = now()
    answers = {channel: may_contact(card, channel, "marketing", at) for channel in CHANNELS}
    document = proof.document(card, at=at, answers=answers)
    audit.record("consent.exported", at=at, user=None, customer_id=card, by="command line")
    if to is not None:
        to.write_text(as_json(document), encoding="utf-8")
    answer(document, f"{len(document['entries'])} entries in {to}." if to else as_json(document))


@app.command()
def restrict(card: Card, reason: Annotated[str, typer.Option(help="What they asked for, and when.")]) -> None:
    """From now on their data is only kept: no segment chooses them, nothing is sent."""
    _open()
    _restriction(card, reason, on=True)


@app.command()
def lift(card: Card, reason: Annotated[str, typer.Option(help="How they were told beforehand.")]) -> None:
    """Their data is used again."""
    _open()
    _restriction(card, reason, on=False)


def _restriction(card: int, reason: str, *, on: bool) -> None:
    from beizai.consent import restricting
    from beizai.customers import cards
    from beizai.staff.shop import now

    (restricting.restrict if on else restricting.lift)(cards.get(card).pk, reason, at=now())
    words = "is only kept, and nothing else done with it" if on else "is used again"
    answer({"customer_id": card, "restricted": on}, f"The data of card {card} {words}.")


@app.command("import-list")
def import_list(
    file: Annotated[Path, typer.Argument(help="A text or CSV file; its first column holds the numbers.")],
    name: Annotated[str, typer.Option(help="The name of the list, such as Bloctel.")],
    checked_on: Annotated[str, typer.Option(help="The day the list was taken, such as 2026-12-31.")],
    channel: Annotated[str, typer.Option(help="The channel it forbids.")] = "phone",
) -> None:
    """Take in a list of people nobody may call; it takes the place of the last one of its name."""
    _open()
    from beizai.consent import suppression
    from beizai.staff.shop import now, shop

    _bytes(file)
    at = now()
    found = suppression.import_list(
        file, name=name, channel=channel, checked_at=_moment(checked_on, at), now=at, country=shop().country
    )
    answer(
        asdict(found),
        f"{found.points:,} on the list, {found.on_cards:,} of them on a card; {found.unread_count:,} lines are none.",
    )


@app.command()
def lists() -> None:
    """The lists of those nobody contacts: those of others with their age, and how many stand on our own."""
    _open()
    from beizai.consent import own_list
    from beizai.staff.shop import now

    others, own = own_list.others(now()), own_list.own_counts()
    rows = [
        (one.name, one.channel, f"{one.checked_at:%Y-%m-%d}", f"{one.points:,}", f"{one.on_cards:,}", "too old" if one.is_stale else "")
        for one in others
    ]  # fmt: skip
    words = (
        [table(("List", "Channel", "Taken on", "Names", "On cards", ""), rows)]
        if rows
        else ["No list of others."]
    )
    words += [f"Our own list: {count:,} {channel} ({reason})" for channel, reason, count in own]
    answer(
        {
            "others": [asdict(one) for one in others],
            "own": [
                {"channel": channel, "reason": reason, "points": count} for channel, reason, count in own
            ],
        },
        words,
    )


Point = Annotated[str, typer.Argument(help="An address or number.")]
Forbidden = Annotated[str, typer.Option("--channel", help="email, phone, sms, letter or messenger.")]
Because = Annotated[str, typer.Option("--reason", help="Who asked for it, when and how.")]


@app.command("on-list")
def on_list(point: Point, channel: Forbidden = "phone") -> None:
    """Whether an address or number stands on a list, and on which."""
    _open()
    from beizai.consent import own_list
    from beizai.staff.shop import now

    _normal, found = own_list.look_up(channel, point, at=now())
    words = [f"{one.name or 'Our own list'} ({one.reason}), {one.at:%Y-%m-%d}" for one in found]
    answer({"lists": [asdict(one) for one in found]}, words or "It stands on no list.")


@app.command()
def suppress(point: Point, reason: Because, channel: Forbidden = "phone") -> None:
    """Put an address or number on our own list: nobody writes there or calls from now on."""
    _open()
    from beizai.consent import own_list
    from beizai.staff.shop import now

    own_list.add(channel, point, reason, at=now())
    answer({"channel": channel, "on_list": True}, "It stands on our own list.")


@app.command()
def unsuppress(point: Point, reason: Because, channel: Forbidden = "phone") -> None:
    """Take an address or number off our own list again, for a reason; what they allowed still decides."""
    _open()
    from beizai.consent import own_list, suppression
    from beizai.staff.shop import now

    at = now()
    own = [one for one in suppression.standing(channel, own_list.read(channel, point)) if one.suppression_id]
    if not own:
        raise Invalid("This does not stand on our own list.", hint="Look it up once more.")
    for one in own:
        own_list.take_off(channel, point, one.suppression_id or 0, reason, at=at)
    answer(
        {"channel": channel, "on_list": False, "taken_off": len(own)}, "It no longer stands on our own list."
    )


@app.command()
def laws() -> None:
    """The rules of each country there is a file for."""
    from beizai.consent.countries import laws as read

    found = sorted(read().values(), key=lambda law: law.name)
    document = [
        {"code": one.code, "name": one.name, "laws": one.laws, "countries": sorted(one.countries)}
        for one in found
    ]
    answer({"laws": document}, [f"{one.code}  {one.name}: {'; '.join(one.laws)}" for one in found])


@app.command()
def topic(
    name: Annotated[str, typer.Argument(help="What the shop writes about, such as New shoes.")],
) -> None:
    """Add a topic customers may choose on their preference page."""
    _open()
    from beizai.consent.models import Topic

    clean = " ".join(name.split())
    if not clean or len(clean) > 60:
        raise Invalid("“{name}” cannot be a topic.", hint="A topic has 1 to 60 characters.", name=clean[:40])
    made, new = Topic.objects.get_or_create(name=clean, defaults={"position": Topic.objects.count()})
    answer({"topic": made.name, "new": new}, f"{made.name}: {'added' if new else 'there already'}.")
