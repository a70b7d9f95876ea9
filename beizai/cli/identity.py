"""Which cards are one person: looked for, decided about, joined and taken apart."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from beizai.cli.answer import answer, progress, table
from beizai.cli.command import Noun
from beizai.cli.wording import counted

app = Noun("Which cards are one person.")


class Verdict(StrEnum):
    """What somebody says about a pair."""

    JOIN = "join"
    APART = "apart"
    LATER = "later"


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


@app.command()
def match(
    join: Annotated[
        bool | None,
        typer.Option(
            "--join/--ask", help="Join sure pairs, or ask about all; without it, as the book's rules say."
        ),
    ] = None,
) -> None:
    """Looks through the whole book for cards of one person; likely pairs wait for a person."""
    _open()
    from beizai.identity import looking
    from beizai.staff.shop import now
    from beizai.value import standings

    at = now()
    with progress() as told:
        found = looking.look(now=at, join=join, progress=told)
        if found.joined:
            standings.refresh(at, progress=told)
    words = (
        f"{counted(found.cards, 'card')} compared: {counted(found.pairs, 'likely pair')}, "
        f"{counted(found.joined, 'card')} joined, {found.proposed} to look at (beizai identity review)."
    )
    answer(found, words)


@app.command()
def review(
    pair: Annotated[
        int | None, typer.Argument(help="The number of a pair; without it all that wait.")
    ] = None,
    verdict: Annotated[
        Verdict | None, typer.Option("--answer", help="They are one person, two, or it is for later.")
    ] = None,
    keep: Annotated[
        int | None, typer.Option(help="Which of the two cards is kept when they are joined.")
    ] = None,
    later: Annotated[bool, typer.Option("--later", help="Those put off.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
) -> None:
    """The pairs that wait, one of them side by side, or an answer to it."""
    _open()
    from beizai.identity import proposals

    if pair is None:
        rows = [_pair(one) for one in proposals.waiting(later=later)[:limit]]
        shown = [
            (row["id"], row["left_id"], row["right_id"], row["probability"], row["evidence"]) for row in rows
        ]
        heads = ("Pair", "Card", "Card", "Likely", "Evidence")
        answer({"pairs": rows}, table(heads, shown) if rows else "No pair waits.")
        return
    if verdict is None:
        _show(pair)
        return
    _decide(pair, verdict, keep)


@app.command()
def merge(
    cards: Annotated[list[int], typer.Argument(help="The cards that are joined.")],
    into: Annotated[int, typer.Option(help="The card that is kept.")],
) -> None:
    """Joins cards to one that is kept; nothing of them is rewritten."""
    _open()
    from beizai.identity import merging
    from beizai.staff.shop import now

    made = merging.merge(cards, into, now=now())
    _stand([into])
    words = f"Merge {made.pk}: {counted(len(set(cards)), 'card')} joined to #{into}."
    answer({"merge_id": made.pk, "card_id": into, "cards": sorted(set(cards))}, words)


@app.command()
def unmerge(number: Annotated[int, typer.Argument(metavar="MERGE", help="The number of the merge.")]) -> None:
    """Takes a merge apart: each card says again what it would have said."""
    _open()
    from beizai.identity import merging
    from beizai.staff.shop import now

    done = merging.unmerge(number, now=now())
    _stand([done.card_id, *done.cards])
    words = [
        f"Merge {number} is taken apart: {', '.join(f'#{card}' for card in done.cards[:20])} by themselves again."
    ]
    if done.stayed:
        words.append(
            f"Stayed with #{done.card_id}: {', '.join(str(one['field']) for one in done.stayed[:20])}."
        )
    answer(done, words)


@app.command()
def merges(card: Annotated[int, typer.Argument(help="The number of a card.")]) -> None:
    """The merges a card was ever part of."""
    _open()
    from beizai.identity import cards, merging

    kept = cards.card_of(card)
    rows: list[dict[str, Any]] = [
        {
            "merge_id": one.pk,
            "card_id": one.card_id,
            "cards": list(one.cards.order_by("customer_id").values_list("customer_id", flat=True)),
            "at": one.at,
            "by": str(one.user or one.rule),
            "undone_at": one.undone_at,
        }
        for one in merging.merges_of(card)
    ]
    shown = [
        (
            row["merge_id"],
            row["card_id"],
            len(row["cards"]),
            f"{row['at']:%Y-%m-%d}",
            row["undone_at"] and "apart",
        )
        for row in rows
    ]
    words = table(("Merge", "Kept", "Joined", "On", "State"), shown) if rows else "Never joined."
    answer({"card_id": kept, "ids": cards.ids_of(kept), "merges": rows}, words)


def _decide(pair: int, verdict: Verdict, keep: int | None) -> None:
    from beizai.identity import proposals
    from beizai.staff.shop import now

    at = now()
    if verdict is Verdict.JOIN:
        made = proposals.join(pair, keep=keep, now=at)
        _stand([made.card_id])
        answer({"merge_id": made.pk, "card_id": made.card_id}, f"Merge {made.pk}: joined to #{made.card_id}.")
        return
    found = (proposals.keep_apart if verdict is Verdict.APART else proposals.put_off)(pair, now=at)
    words = "They stay two people." if verdict is Verdict.APART else "Put off."
    answer({"pair": found.pk, "state": found.state}, words)


def _show(pair: int) -> None:
    from beizai.identity import proposals

    found = proposals.get(pair)
    lines = proposals.side_by_side(found)
    shown = [(one.field, one.left, one.right, "≠" if one.differs else "", one.level) for one in lines]
    heads = ("Field", f"#{found.left_id}", f"#{found.right_id}", "", "Compared")
    answer(_pair(found) | {"state": found.state, "fields": lines}, table(heads, shown))


def _pair(found: Any) -> dict[str, Any]:
    said = sorted(found.evidence.items(), key=lambda one: -abs(one[1].get("bits", 0.0)))
    return {
        "id": found.pk,
        "left_id": found.left_id,
        "right_id": found.right_id,
        "probability": found.probability,
        "evidence": ", ".join(f"{name} {one.get('level', '')}".strip() for name, one in said[:4]),
    }


def _stand(card_ids: list[int]) -> None:
    from beizai.events.book import open_book
    from beizai.staff.shop import now
    from beizai.value import standings

    at = now()
    with open_book(at) as book:
        for number in card_ids[:20]:
            standings.refresh_one(book, number, at)
