"""What the law of each country asks for before somebody is written to: one file of data a country, one reader."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
STRICTEST = "eu"  # where no rule is written for a country, the strictest one holds
EVERY = "*"


@dataclass(frozen=True)
class Law:
    """The rules of one country or union.

    `permits` is {purpose: {channel or "*": lawful bases}}; `ends_after_days` how long a basis carries by itself;
    `separate` the purposes that must be agreed to on their own; `list_*` the register of people not to be called:
    on which channels, how old our check of it may be, and which bases need no check; `address` what may be kept of
    the network address a decision came from: "whole", "network" or "none".
    """

    code: str
    name: str
    laws: tuple[str, ...]
    countries: frozenset[str]
    address: str
    permits: Mapping[str, Mapping[str, frozenset[str]]]
    ends_after_days: Mapping[str, int]
    separate: frozenset[str]
    list_channels: frozenset[str]
    list_days: int
    list_unless: frozenset[str]

    def bases(self, purpose: str, channel: str) -> frozenset[str]:
        """The lawful bases for writing on this channel for this purpose."""
        channels = self.permits.get(purpose, {})
        return channels.get(channel, channels.get(EVERY, frozenset()))

    def ends_at(self, basis: str, decided_at: datetime, said: datetime | None = None) -> datetime | None:
        """When a permission on this basis ends by itself: what was said or what the law sets, whichever is sooner.

        >>> from datetime import UTC
        >>> law_of("CA").ends_at("implied", datetime(2025, 5, 1, tzinfo=UTC)).date()
        datetime.date(2027, 5, 1)
        """
        days = self.ends_after_days.get(basis)
        by_law = decided_at + timedelta(days=days) if days else None
        ends = [end for end in (said, by_law) if end is not None]
        return min(ends, default=None)


@cache
def laws() -> Mapping[str, Law]:
    """Every law by its code, read once from the files of this folder."""
    return {path.stem: _read(path) for path in sorted(_FOLDER.glob("*.toml"))}


@cache
def law_of(country: str, shop_country: str = "") -> Law:
    """The law that protects a customer of this country; where it is not known, that of the shop.

    >>> law_of("CA").code, law_of("", "US").code, law_of("FR", "US").code, law_of("").code
    ('ca', 'us', 'eu', 'eu')
    """
    wanted = (country or shop_country).upper()
    return next((law for law in laws().values() if wanted in law.countries), laws()[STRICTEST])


@cache
def everywhere(purpose: str, channel: str) -> frozenset[str]:
    """The bases that permit this under every law, without end, where asked on their own: no country is looked up."""
    return frozenset.intersection(
        *(
            law.bases(purpose, channel) - set(law.ends_after_days) - _checked(law, purpose, channel)
            for law in laws().values()
        )
    )


def _checked(law: Law, purpose: str, channel: str) -> frozenset[str]:
    """The bases for which the register of people not to be called must have been looked at."""
    asked = purpose == "marketing" and channel in law.list_channels
    return law.bases(purpose, channel) - law.list_unless if asked else frozenset()


def needs_list(law: Law, purpose: str, channel: str, basis: str) -> bool:
    """Whether writing on this basis needs a fresh look at the register of people not to be called."""
    return basis in _checked(law, purpose, channel)


def _read(path: Path) -> Law:
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    listed = data.get("do_not_call", {})
    return Law(
        code=path.stem,
        name=data["name"],
        laws=tuple(data["laws"]),
        countries=frozenset(data["countries"]),
        address=data["address"],
        permits={
            purpose: {channel: frozenset(bases) for channel, bases in channels.items()}
            for purpose, channels in data["permits"].items()
        },
        ends_after_days=data.get("ends_after_days", {}),
        separate=frozenset(data.get("separate", ())),
        list_channels=frozenset(listed.get("channels", ())),
        list_days=listed.get("days", 0),
        list_unless=frozenset(listed.get("unless", ())),
    )
