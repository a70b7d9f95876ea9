"""The ready-made books, read from the folders beside this module, and opened in a home in the shop's language.

A text of a book is said by language: `label = { en = "...", fr = "...", zh-hans = "..." }`; English stands in for others.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from django.db import transaction

from beizai.appointments.models import MadeToMeasure, Service
from beizai.base.errors import Invalid, NotFound
from beizai.customers.models import AttributeDefinition
from beizai.forms import definition, publishing
from beizai.forms.models import Form
from beizai.segments import membership
from beizai.staff.models import Shop
from beizai.trades.models import OpenedBook

LANGUAGES = ("en", "fr", "zh-hans")
Table = Mapping[str, Any]


@dataclass(frozen=True)
class Trade:
    """One ready-made book, as the tables of its file; `refuses` names what such a shop must not do."""

    name: str
    label: Mapping[str, str]
    attributes: tuple[Table, ...] = ()
    segments: tuple[Table, ...] = ()
    services: tuple[Table, ...] = ()
    made_to_measure: tuple[Table, ...] = ()
    forms: tuple[Table, ...] = ()
    care: tuple[Table, ...] = ()  # what a type of customer gets here
    prospects: Table = field(default_factory=dict)  # the points by which those who have not bought are ranked
    week: tuple[Table, ...] = ()  # whom to look at this week, in the trade's words
    journeys: tuple[Table, ...] = ()  # what to do step by step, with its days
    campaigns: tuple[Table, ...] = ()  # plans to open as drafts
    funnel: tuple[Table, ...] = ()  # the steps from a card to a regular, each as a rule
    words: Table = field(default_factory=dict)  # what mails must say and never say
    refuses: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def trades() -> tuple[Trade, ...]:
    """All of them, by name."""
    folders = [each for each in files(__package__).iterdir() if each.joinpath("book.toml").is_file()]
    return tuple(
        _read(each.name, each.joinpath("book.toml").read_text(encoding="utf-8"))
        for each in sorted(folders, key=lambda folder: folder.name)
    )


def trade(name: str) -> Trade:
    """The trade of this name, or NotFound naming those there are."""
    known = {each.name: each for each in trades()}
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    if wanted not in known:
        raise NotFound(
            "There is no trade “{name}”.",
            name=name,
            hint="Trades: {trades}.",
            trades=", ".join(sorted(known)),
        )
    return known[wanted]


def opened(shop: Shop) -> tuple[Trade, ...]:
    """The books this home has opened, the one the shop names first; also where the shop calls itself something else by now."""
    names = [shop.trade, *OpenedBook.objects.order_by("pk").values_list("trade", flat=True)]
    known = {each.name: each for each in trades()}
    return tuple(known[name] for name in dict.fromkeys(names) if name in known)


def language_of(shop: Shop) -> str:
    """The language in which books speak to this shop."""
    return shop.language if shop.language in LANGUAGES else "en"


def text(said: Mapping[str, str], language: str) -> str:
    """A text in this language; English stands in for others.

    >>> text({"en": "Town", "fr": "Ville"}, "zh-hans")
    'Town'
    """
    return said.get(language, said["en"])


def open_book_of(name: str, shop: Shop, *, now: datetime) -> Trade:
    """Gives the home what a trade knows, in the shop's language; what is there already stays as it is."""
    chosen, language = trade(name), language_of(shop)
    with transaction.atomic():
        for position, table in enumerate(chosen.attributes):
            fields = said(table, language)
            key = fields.pop("key")
            fields["columns"] = _columns(fields.get("columns", []))
            AttributeDefinition.objects.get_or_create(key=key, defaults={**fields, "position": position})
        for position, table in enumerate(chosen.services):
            fields = said(table, language)
            Service.objects.get_or_create(name=fields.pop("name"), defaults={**fields, "position": position})
        for position, table in enumerate(chosen.made_to_measure):
            fields = said(table, language)
            MadeToMeasure.objects.get_or_create(
                name=fields["name"],
                defaults={
                    "attribute_keys": list(fields["attributes"]),
                    "good_for_months": fields["good_for_months"],
                    "position": position,
                },
            )
        _add_forms(chosen, language, now)
        shop.trade = chosen.name
        shop.save(update_fields=["trade"])
        OpenedBook.objects.get_or_create(trade=chosen.name, defaults={"opened_at": now})
    add_segments(chosen, language, now=now)
    return chosen


def add_segments(chosen: Trade, language: str, *, now: datetime) -> list[str]:
    """Keeps the segments of a book that this home can ask; returns those left out.

    One that names a category the shop's own catalogue does not have would be refused: it is left out until a product of it is there.
    """
    left_out = []
    for table in chosen.segments:
        fields = said(table, language)
        try:
            membership.save_if_new(fields["name"], fields["rule"], now=now)
        except Invalid:
            left_out.append(fields["name"])
    return left_out


def care(shop: Shop, *, language: str = "") -> dict[str, list[str]]:
    """What each type of customer gets in this shop's trade, by the type's code; empty where no book says it."""
    language = language or language_of(shop)
    found: dict[str, list[str]] = {}
    for table in (row for one in opened(shop)[:1] for row in one.care):
        found[table["type"]] = list(said(table, language)["do"])
    return found


def said_name(chosen: Trade, english: str, language: str) -> str:
    """The name a segment of this book has in a language, by its English one."""
    names = (table["name"] for table in chosen.segments)
    return next((text(name, language) for name in names if name["en"] == english), english)


def said(table: Table, language: str) -> dict[str, Any]:
    """A table of a book with its texts in one language.

    >>> said({"key": "town", "label": {"en": "Town", "fr": "Ville"}}, "fr")
    {'key': 'town', 'label': 'Ville'}
    """
    return {
        key: value.get(language, value["en"]) if _is_text(value) else value for key, value in table.items()
    }


def form_of(table: Table, attributes: tuple[Table, ...], language: str) -> definition.Definition:
    """The form of a book: the shop's language first, choices from the attribute its answer fills."""
    by_key = {each["key"]: each for each in attributes}
    questions = [
        question | _options(by_key.get(question.get("attribute", ""), {}).get("choices"))
        if question["ask"] in ("choice", "many")
        else question
        for question in table["questions"]
    ]
    return definition.read(
        {
            "kind": table["kind"],
            "languages": _first(language),
            "title": dict(table["name"]),
            "thanks": _THANKS,
            "questions": questions,
        }
    )


_THANKS = {
    "en": "Thank you. Your answers have arrived.",
    "fr": "Merci, vos réponses sont bien arrivées.",
    "zh-hans": "谢谢您，回答已收到。",
}


def _options(choices: Mapping[str, list[str]] | None) -> dict[str, Any]:
    """The answers of an attribute as the options of a question; none where it has none."""
    if not choices:
        return {}
    rows = zip(*(choices[language] for language in LANGUAGES), strict=True)
    options = [
        {"key": f"o{number}", "text": dict(zip(LANGUAGES, row, strict=True))}
        for number, row in enumerate(rows, 1)
    ]
    return {"options": options}


def _add_forms(chosen: Trade, language: str, now: datetime) -> None:
    for table in chosen.forms:
        name = said(table, language)["name"]
        if Form.objects.filter(name=name).exists():
            continue
        form = form_of(table, chosen.attributes, language)
        wish = publishing.Wish(
            name, form.kind, slug=table["name"]["en"], languages=form.languages, definition=form
        )
        publishing.add(wish, now=now)


def _first(language: str) -> list[str]:
    return [language, *(other for other in LANGUAGES if other != language)]


def _columns(rows: list[list[str]]) -> list[dict[str, str]]:
    return [{"key": key, "label": label, "kind": kind} for key, label, kind in rows]


def _is_text(value: object) -> bool:
    return isinstance(value, Mapping) and "en" in value


def _read(name: str, text: str) -> Trade:
    data = tomllib.loads(text)
    return Trade(
        name=name,
        label=data["label"],
        refuses=tuple(data.get("refuses", ())),
        prospects=data.get("prospects", {}),
        words=data.get("words", {}),
        **{table: tuple(data.get(table, ())) for table in LISTS},
    )


LISTS = (
    "attributes",
    "segments",
    "services",
    "made_to_measure",
    "forms",
    "care",
    "week",
    "journeys",
    "campaigns",
    "funnel",
)
