"""A file on its way in: kept in the home while it is looked at, with what was decided about it so far."""

import json
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from beizai.base import home
from beizai.base.errors import Invalid, NotFound
from beizai.imports.reading import file_kind

LARGEST = 1_500_000_000
_KEEP = timedelta(days=2)
_ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".parquet")


@dataclass(frozen=True)
class Draft:
    """One upload: where it lies and every choice made about it. The choices are what the command line takes too."""

    token: str
    name: str
    kind: str
    source: str
    user_id: int
    kept_at: str
    columns: Mapping[str, str] = field(default_factory=dict)
    dates: str = ""
    decimal: str = ""
    sheet: str = ""
    basis: str = ""
    evidence: str = ""
    repairs: Mapping[str, bool] = field(default_factory=dict)
    same_meaning: Sequence[str] = ()

    @property
    def path(self) -> Path:
        return _folder(self.token) / self.name

    def keep(self) -> "Draft":
        """Writes the choices beside the file."""
        target = _folder(self.token) / "draft.json"
        fresh = target.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")
        fresh.replace(target)
        return self

    def changed(self, **values: object) -> "Draft":
        """The draft with other choices, kept."""
        return replace(self, **values).keep()  # type: ignore[arg-type]  # names of its own fields


def _root() -> Path:
    return home.current().uploads / "incoming"


def _folder(token: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{24}", token):
        raise NotFound(_("There is no such upload."), hint=_("Choose the file again."))
    return _root() / token


def begin(
    given: Any, *, kind: str, source: str, user_id: int, now: datetime, basis: str = "", evidence: str = ""
) -> Draft:
    """Keeps an uploaded file; refuses what is too large or is not what its name says, and leaves nothing behind then."""
    _sweep(now)
    if (given.size or 0) > LARGEST:
        raise Invalid(
            _("The file is larger than 1.5 GB."),
            hint=_("Use the command line for it: beizai import orders FILE."),
        )
    token = secrets.token_hex(12)
    draft = Draft(
        token,
        safe_name(given.name or ""),
        kind,
        source,
        user_id,
        now.isoformat(),
        basis=basis,
        evidence=evidence,
    )
    folder = _folder(token)
    folder.mkdir(parents=True)
    try:
        with draft.path.open("wb") as target:
            for chunk in given.chunks():
                target.write(chunk)
        file_kind(draft.path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return draft.keep()


def safe_name(name: str) -> str:
    """The file's own name without folders and odd signs; a name without a known ending gets .csv.

    >>> safe_name("../../Clients été.XLSX"), safe_name("")
    ('Clients été.XLSX', 'file.csv')
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = (
        "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*').strip(". ")[-120:]
        or "file"
    )
    return kept if kept.lower().endswith(_ENDINGS) else f"{kept}.csv"


def draft(token: str) -> Draft:
    """The upload of this token, or NotFound."""
    found = _folder(token) / "draft.json"
    if not found.is_file():
        raise NotFound(
            _("This upload is gone: it was brought in, or lay for two days."),
            hint=_("Choose the file again."),
        )
    return Draft(**json.loads(found.read_text(encoding="utf-8")))


def forget(token: str) -> None:
    """Takes the file away."""
    shutil.rmtree(_folder(token), ignore_errors=True)


def waiting() -> list[Draft]:
    """Uploads that were begun and not brought in, the newest first."""
    found = [draft(path.parent.name) for path in _root().glob("*/draft.json")]
    return sorted(found, key=lambda one: one.kept_at, reverse=True)


def _sweep(now: datetime) -> None:
    """Takes away what lay for two days."""
    for one in waiting():
        if datetime.fromisoformat(one.kept_at) < now - _KEEP:
            forget(one.token)
