"""A part of a mail ready to be filled: byte segments with holes where that is all it needs, Liquid otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote_plus

from liquid import BoundTemplate

from beizai.channels.compile.fields import CLICK, PIXEL
from beizai.channels.compile.liquid import Hole, escaped, holes, render, safe
from beizai.channels.compile.quoted import clean, crlf, quoted, quoted_hole, soft_ended

Values = Mapping[str, str]
_OURS = (CLICK, PIXEL)


class Body(Protocol):
    """A part of a mail. `values` are cleaned, with the shop's and the campaign's own words already laid under them."""

    def plain(self, values: Values) -> str:
        """The part filled, as people read it."""

    def in_transit(self, values: Values) -> bytes:
        """The part filled, in quoted-printable."""


@dataclass(frozen=True)
class SegmentBody:
    """Words that are the same for everybody, encoded once, with holes between them: some ten microseconds a mail."""

    parts: tuple[str | Hole, ...]
    encoded: tuple[bytes | Hole, ...]
    html: bool

    def plain(self, values: Values) -> str:
        return crlf(
            "".join(part if isinstance(part, str) else self._fill(part, values) for part in self.parts)
        )

    def in_transit(self, values: Values) -> bytes:
        return b"".join(
            [
                part if isinstance(part, bytes) else quoted_hole(self._fill(part, values))
                for part in self.encoded
            ]
        )

    def _fill(self, hole: Hole, values: Values) -> str:
        value = values.get(hole.field)
        if not value:  # the template's own words are written for this part: nothing to escape
            return quote_plus(hole.default) if hole.url_encoded else hole.default
        if hole.url_encoded:
            return quote_plus(value)
        return escaped(value) if self.html and hole.field not in _OURS else value


@dataclass(frozen=True)
class LiquidBody:
    """A part with conditions, loops or filters, rendered for each person."""

    template: BoundTemplate
    source: str
    html: bool
    where: str

    def plain(self, values: Values) -> str:
        known: dict[str, object] = {name: value for name, value in values.items() if value}
        if self.html:
            known.update({name: safe(values[name]) for name in _OURS if values.get(name)})
        return crlf(render(self.template, self.source, known, where=self.where))

    def in_transit(self, values: Values) -> bytes:
        return quoted(self.plain(values))


def body(template: BoundTemplate, source: str, *, html: bool, where: str) -> Body:
    """The fastest body that fills this template rightly."""
    parts = holes(template)
    if parts is None:
        return LiquidBody(template, source, html, where)
    return SegmentBody(tuple(parts), tuple(_encoded(parts)), html)


def _encoded(parts: list[str | Hole]) -> list[bytes | Hole]:
    """The words in quoted-printable, each ending on a fresh line where a hole follows."""
    words: list[bytes | Hole] = []
    for number, part in enumerate(parts):
        if isinstance(part, Hole):
            words.append(part)
            continue
        encoded = quoted(part)
        words.append(soft_ended(encoded) if number + 1 < len(parts) else encoded)
    return words


def cleaned(values: Values) -> dict[str, str]:
    """Values as a part may hold them."""
    return {name: clean(value) for name, value in values.items()}
