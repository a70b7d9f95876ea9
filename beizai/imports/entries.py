"""One person of a customers file whom the book knows: what the file tells, to be laid beside the card."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from beizai.imports import person_statements
from beizai.imports.desk import Desk


@dataclass(slots=True)
class Entry:
    """One customer as a file tells of them, and their card; several rows of one person have become one entry."""

    row_no: int
    card: int
    number: str = ""
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    email_normal: str = ""
    phone: str = ""
    phone_normal: str = ""
    postal_address: str = ""
    country: str = ""
    language: str = ""
    birthday: date | None = None
    tags: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)


def known_entries(desk: Desk) -> Iterator[Entry]:
    """The people of the file whose cards were found, in its order."""
    found = desk.con.cursor().execute(person_statements.KNOWN_PEOPLE)
    names = [column[0] for column in found.description]
    keys = {f"attribute_{index}": key for key, index in desk.mapped.attributes.items()}
    while rows := found.fetchmany(5_000):
        for row in rows:
            yield _entry(dict(zip(names, row, strict=True)), keys)


def _entry(row: Mapping[str, Any], keys: Mapping[str, str]) -> Entry:
    return Entry(
        row_no=row["row_no"],
        card=row["customer_id"],
        number=row["number"] or "",
        name=row["full_name"] or "",
        given_name=(row["given"] or "")[:100],
        family_name=(row["family"] or "")[:100],
        email=row["address"] or "",
        email_normal=row["email_normal"] or "",
        phone=(row["phone"] or "")[:254],
        phone_normal=row["phone_normal"] or "",
        postal_address=_postal(row)[:1000],
        country=row["country"] or "",
        language=(row["language"] or "")[:10],
        birthday=row["birthday_on"],
        tags=tags_of(row["tags"] or ""),
        facts={key: row[name].strip() for name, key in keys.items() if (row[name] or "").strip()},
    )


def _postal(row: Mapping[str, Any]) -> str:
    if row["postal_address"]:
        return str(row["postal_address"])
    place = " ".join(part for part in (row["postcode_meant"], row["city"]) if part)
    return "\n".join(part for part in (row["street"], place) if part)


def tags_of(text: str) -> tuple[str, ...]:
    """The tags of a cell, each once."""
    words = (tag.strip()[:60] for tag in text.replace(";", ",").split(","))
    return tuple(dict.fromkeys(word for word in words if word))
