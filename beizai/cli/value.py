"""Who the customers are: the pyramid, RFM, stages and types, and what to do about each."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from beizai.cli.answer import answer, table
from beizai.cli.command import Noun
from beizai.cli.wording import amount, counted, share, word

app = Noun("Who the customers are, and what each kind is worth.")

AsOf = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="As it was at the end of this day, such as 2026-12-31.")
]

Told = tuple[dict[str, Any], list[str]]

CARE_WORDS: Mapping[str, str] = {
    "thank_in_person": "thank them in person for whom they brought",
    "show_first": "show them new things before anybody else",
    "reward_both_sides": "reward them and whom they bring",
    "ask_opinion": "ask what they think",
    "one_contact": "give them one person to talk to",
    "call_when_silent": "call when they are silent for longer than usual",
    "early_access": "let them in early",
    "never_discount_first": "do not begin with a discount",
    "next_purchase": "win the next order",
    "second_category": "show a second category",
    "remind_at_usual_gap": "remind them when their usual gap is over",
    "answer_question": "answer what they asked",
    "first_purchase_offer": "make the first order easy",
    "show_samples": "show samples",
    "welcome": "welcome them",
    "ask_what_they_want": "ask what they are looking for",
    "ask_permission": "ask whether you may write",
    "invite_to_leave_contact": "invite them to leave an address",
    "keep_rhythm": "keep their rhythm",
    "ask_for_referral": "ask whom they would bring",
    "complete_card": "complete the card",
    "win_next_purchase": "win the next order",
    "ask_why_silent": "ask why they are silent",
    "offer_reason_to_say_who": "give them a reason to say who they are",
}


def _customers(as_of: str) -> tuple[Any, datetime, str]:
    """Every customer as of the day asked for: one row each, the moment, the book's currency."""
    from beizai.homes.opening import open_home

    open_home()
    from beizai.cli.dates import as_of_or_now
    from beizai.events.book import open_book
    from beizai.staff.shop import shop
    from beizai.value import customers

    at = as_of_or_now(as_of)
    with open_book(as_of=at) as book:
        return customers.customers(book, at), at, shop().currency


def _buyers(rows: Any) -> Any:
    import pyarrow.compute as pc

    return rows.filter(pc.field("purchase_days") > 0)


@app.command()
def pyramid(as_of: AsOf = "") -> None:
    """What share of the sales of 12 months your best customers bring: the true curve, not 80/20."""
    answer(*pyramid_told(*_customers(as_of)))


def pyramid_told(rows: Any, at: datetime, currency: str) -> Told:
    """The pyramid as a document and in words."""
    from beizai.value import pyramid as measure

    found = measure.pyramid(_buyers(rows)["spent_12m_minor"].to_numpy())
    document = {"as_of": at} | found.as_dict()
    if found.top_fifth is None:
        return document, ["Nobody has bought in the 12 months before this day."]
    shown = [
        (f"{name} {percent} %", size, share(part))
        for name, percent, (size, part) in zip(
            ("best", "next", "last"), measure.BANDS, found.bands, strict=True
        )
    ]
    lines = [
        f"{counted(found.customers, 'customer')} who bought brought {amount(found.total_minor, currency)} in 12 months.",
        f"The best fifth brought {share(found.top_fifth)}; {share(found.needed_for_80)} of them"
        f" ({found.needed_for_80_customers:,}) brought 80 %.",
        "",
        table(("Of the customers", "Customers", "Sales"), shown),
    ]
    return document, lines


@app.command()
def rfm(as_of: AsOf = "") -> None:
    """How lately, how often, how much: the grid of fifths, 5 the best."""
    answer(*rfm_told(*_customers(as_of)))


def rfm_told(rows: Any, at: datetime, currency: str) -> Told:
    """The grid as a document and in words."""
    from beizai.value import rfm as measure

    bought = _buyers(rows)
    columns = [bought[name].to_numpy() for name in ("r", "f", "spent_12m_minor")]
    cells = measure.grid(*columns)
    document = {
        "as_of": at,
        "customers": bought.num_rows,
        "cells": [
            {"r": cell.r, "f": cell.f, "customers": cell.customers, "spent_minor": cell.spent_minor, "mean_minor": cell.mean_minor}
            for cell in cells
        ],
    }  # fmt: skip
    shown = [
        (f"R {r}", *(f"{cell.customers:,}" if cell.customers else "." for cell in cells if cell.r == r))
        for r in range(measure.FIFTHS, 0, -1)
    ]
    means = [
        (f"R {r}", *(amount(cell.mean_minor, currency) or "." for cell in cells if cell.r == r))
        for r in range(measure.FIFTHS, 0, -1)
    ]
    heads = ("", *(f"F {f}" for f in range(1, measure.FIFTHS + 1)))
    words = ["Customers, by how lately (R) and how often (F) they bought:", table(heads, shown)]
    return document, [*words, "", "What each spent in 12 months, on average:", table(heads, means)]


@app.command()
def stages(as_of: AsOf = "") -> None:
    """How far the relation has come, and what to do about each stage."""
    answer(*labels_told("stage", *_customers(as_of)))


@app.command()
def types(as_of: AsOf = "") -> None:
    """Key accounts, opinion leaders, occasional buyers, those who have not bought; and what to do about each."""
    answer(*labels_told("type", *_customers(as_of)))


def labels_told(kind: str, rows: Any, at: datetime, currency: str) -> Told:
    """How many stand at each stage, or are of each type, and what to do about them; a document and words."""
    from beizai.value.care import CARE
    from beizai.value.labels import SCALES

    found: list[dict[str, Any]] = [
        {"code": code, **_summed(rows, kind, code), "care": list(CARE[kind].get(code, ()))}
        for code in SCALES[kind].codes
    ]
    shown = [
        (
            word(one["code"]),
            one["customers"],
            one["may_be_written_to"],
            amount(one["spent_12m_minor"], currency),
        )
        for one in found
    ]
    care = [
        f"{word(one['code'])}: {', '.join(CARE_WORDS[code] for code in one['care'])}"
        for one in found
        if one["customers"]
    ]
    heads = (kind.capitalize(), "Customers", "May be written to", "Sales, 12 months")
    document = {"as_of": at, "customers": rows.num_rows, f"{kind}s": found}
    return document, [table(heads, shown), "", "What to do:", *care]


@app.command()
def prospects(
    as_of: AsOf = "",
    limit: Annotated[int, typer.Option(min=1, max=20_000, help="How many, from the top.")] = 20,
) -> None:
    """Who has not bought, the most promising first, with the reasons and the next best question."""
    from beizai.homes.opening import open_home

    open_home()
    from beizai.cli.dates import as_of_or_now
    from beizai.staff.shop import shop
    from beizai.trades import prospecting

    at = as_of_or_now(as_of)
    answer(*prospects_told(prospecting.ranking(shop(), at), at, limit))


def prospects_told(found: Any, at: datetime, limit: int) -> Told:
    """The ranking as a document and in words."""
    from beizai.trades.prospecting import in_document

    document = in_document(found, at, limit)
    shown = [
        (
            one["rank"],
            one["customer"],
            f"{one['points']:g}",
            *(f"{one[part]:g}" for part in ("power", "frequency", "buyers")),
            share(one["chance"]["middle"]) if one["chance"] else "",
            one["ask"] or "",
        )
        for one in document["prospects"]
    ]
    heads = ("Rank", "Customer", "Points", "Means", "How often", "Buyers around", "Chance", "Ask next")
    return document, [
        f"{counted(len(found.prospects), 'customer')} of {found.looked_at:,} looked at have not bought.",
        _learnt_in_words(document["learnt"]),
        *([table(heads, shown)] if shown else []),
    ]


def _learnt_in_words(learnt: dict[str, Any] | None) -> str:
    if learnt is None:
        return "Ranked by the points of the book: too few buyers, or too few who decided against it, to learn from."
    compared = f"over ten folds {learnt['auc_points']:.2f} by the points, {learnt['auc_learnt']:.2f} learnt (1 is perfect, 0.5 is chance)"
    if learnt["used"]:
        return f"Ranked by what {learnt['buyers']:,} buyers have taught: {compared}."
    return f"Ranked by the points of the book; weights learnt from {learnt['buyers']:,} buyers were not better: {compared}."


def _summed(rows: Any, kind: str, code: str) -> dict[str, int]:
    import pyarrow.compute as pc

    own = rows.filter(pc.field(kind) == code)
    return {
        "customers": own.num_rows,
        "may_be_written_to": int(pc.sum(own["contactable"]).as_py() or 0),
        "spent_12m_minor": int(pc.sum(own["spent_12m_minor"]).as_py() or 0),
    }
