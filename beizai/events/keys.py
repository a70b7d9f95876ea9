"""Write keys: made, shown once, revoked; what the edge knows of them."""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from beizai.base.errors import Invalid, NotFound
from beizai.events.models import WriteKey
from beizai.sources import register
from beizai.sources.models import Source, SourceKind
from beizai.staff import audit
from beizai.staff.models import User

_BYTES = 24
_SHOWN = 6
_MOST_ORIGINS = 50
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")


@dataclass(frozen=True)
class Known:
    """What the edge must know of a key."""

    key_id: int
    source_id: int
    in_browser: bool
    origins: frozenset[str]

    def heeds(self, origin: str) -> bool:
        """Whether a request from a page of this origin is taken; one from no page is, and with no origin named any."""
        return not origin or not self.origins or origin in self.origins


def digest(key: str) -> str:
    """What a key is known again by. Keys are long and random: a plain hash cannot be guessed back."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def make(
    name: str,
    *,
    now: datetime,
    user: User | None = None,
    source: Source | None = None,
    in_browser: bool = False,
    origins: Sequence[str] = (),
) -> tuple[WriteKey, str]:
    """A new key and its text, which is nowhere else. Without a source, one of the key's own name is made."""
    if not name.strip():
        raise Invalid("A key needs a name.", hint="Say which site or program will use it.")
    text = secrets.token_urlsafe(_BYTES)
    with transaction.atomic():
        row = WriteKey.objects.create(
            name=name.strip()[:80],
            digest=digest(text),
            beginning=text[:_SHOWN],
            source=source or register.source(name.strip()[:120], SourceKind.EDGE, now=now),
            in_browser=in_browser,
            origins=[origin(one) for one in origins[:_MOST_ORIGINS]],
            made_at=now,
            made_by=user,
        )
        audit.record("write_key.made", at=now, user=user, key=row.name)
    return row, text


def sources_of_pages() -> list[int]:
    """The sources pages write for, with keys anybody can read there, revoked ones too: what comes by them is a claim."""
    return list(WriteKey.objects.filter(in_browser=True).values_list("source_id", flat=True).distinct())


def origin(text: str) -> str:
    """The origin of a site as browsers say it: scheme, host and port. Invalid where it is none.

    >>> origin(" https://Shop.example/basket ")
    'https://shop.example'
    """
    parts = urlsplit(text.strip().casefold())
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc.partition(":")[0]):
        raise Invalid(
            "“{text}” is not the address of a site.", hint="Write https://shop.example.", text=text[:80]
        )
    return f"{parts.scheme}://{parts.netloc}"


def change_origins(key_id: int, origins: Sequence[str], *, now: datetime, user: User | None = None) -> None:
    """From which sites a key is heeded from now on."""
    row = get(key_id)
    row.origins = [origin(one) for one in origins[:_MOST_ORIGINS]]
    row.save(update_fields=["origins"])
    audit.record("write_key.origins", at=now, user=user, key=row.name)


def revoke(key_id: int, *, now: datetime, user: User | None = None) -> None:
    """The key is heeded no more; what came in by it stays."""
    row = get(key_id)
    if row.revoked_at is None:
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        audit.record("write_key.revoked", at=now, user=user, key=row.name)


def get(key_id: int) -> WriteKey:
    """The key of this number, or NotFound."""
    found = WriteKey.objects.filter(pk=key_id).select_related("source").first()
    if found is None:
        raise NotFound("There is no write key {number}.", number=key_id, hint="See the list of keys.")
    return found


def known() -> Mapping[str, Known]:
    """Every key that is heeded, by its digest."""
    rows = WriteKey.objects.filter(revoked_at=None)
    return {one.digest: Known(one.pk, one.source_id, one.in_browser, frozenset(one.origins)) for one in rows}
