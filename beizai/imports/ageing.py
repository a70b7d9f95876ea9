"""Files that were brought in or kept aside hold people too: how long they lie in the home."""

import shutil
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from beizai.base import home, keeping
from beizai.base.keeping import Due, Fate, Found, Keeping, Mark
from beizai.imports.models import Import


def _take_files_away(rows: Any) -> None:
    for name in rows.values_list("aside", flat=True):
        (home.current().root / name).unlink(missing_ok=True)
    rows.update(aside="")


keeping.keep(
    keeping.by_age(
        "kept_aside_files",
        "files with the rows of an import that could not be read",
        lambda: Import.objects.exclude(aside="").exclude(state=Import.State.COMING_IN),
        age="started_at",
        counted_from="came_in",
        keep_days=180,
        owner="",
        out=_take_files_away,
    )
)


def _uploads() -> Iterator[tuple[Path, datetime]]:
    """Each upload that waits to be brought in, with when something was last decided about it."""
    folder = home.current().uploads / "incoming"
    for one in sorted(folder.iterdir()) if folder.is_dir() else ():
        times = [file.stat().st_mtime for file in (one, *one.glob("*"))]
        yield one, datetime.fromtimestamp(max(times), UTC)


def _due(before: datetime, spared: Collection[int]) -> Due:
    times = [at for _, at in _uploads()]
    return Due(sum(at < before for at in times), min(times, default=None))


def _find(before: datetime, spared: Collection[int], after: Mark) -> Found:
    return Found([one.name for one, at in _uploads() if at < before], None)


def _take(marks: Sequence[Mark], before: datetime, spared: Collection[int]) -> int:
    still = [one for one, at in _uploads() if one.name in marks and at < before]
    for one in still:
        shutil.rmtree(one, ignore_errors=True)
    return len(still)


keeping.keep(
    Keeping(
        "uploaded_files",
        "uploaded files that were never brought in",
        Fate.DELETED,
        "came_in",
        2,
        _due,
        _find,
        _take,
        in_office=False,
    )
)
