"""The ready-made books, read from the data beside this module, and opened in a home."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from beizai.base.errors import NotFound
from beizai.customers.models import AttributeDefinition
from beizai.segments import membership
from beizai.staff.models import Shop


@dataclass(frozen=True)
class Trade:
    """One ready-made book: `attributes` and `segments` as the tables of its file."""

    name: str
    label: str
    attributes: tuple[dict[str, object], ...]
    segments: tuple[dict[str, str], ...]


def trades() -> tuple[Trade, ...]:
    """All of them, by name."""
    found = [each for each in files(__package__).iterdir() if each.name.endswith(".toml")]
    return tuple(
        _read(each.name, each.read_text(encoding="utf-8")) for each in sorted(found, key=lambda e: e.name)
    )


def trade(name: str) -> Trade:
    """The trade of this name, or NotFound naming those there are."""
    known = {each.name: each for each in trades()}
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    if wanted not in known:
        raise NotFound(
            "There is no trade “{name}”.", hint="Trades: {names}.", name=name, names=", ".join(sorted(known))
        )
    return known[wanted]


def open_book_of(name: str, shop: Shop, *, now: datetime) -> Trade:
    """Gives the home the attributes and segments of a trade; what is there already stays as it is."""
    chosen = trade(name)
    for position, fields in enumerate(chosen.attributes):
        AttributeDefinition.objects.get_or_create(
            key=fields["key"], defaults={**fields, "position": position}
        )
    for segment in chosen.segments:
        membership.save_if_new(segment["name"], segment["rule"], now=now)
    shop.trade = chosen.name
    shop.save(update_fields=["trade"])
    return chosen


def _read(file_name: str, text: str) -> Trade:
    data = tomllib.loads(text)
    return Trade(
        name=file_name.removesuffix(".toml"),
        label=data["label"],
        attributes=tuple(data.get("attributes", ())),
        segments=tuple(data.get("segments", ())),
    )
