"""Long lists in pages by key: the next page begins after the last row's key, so that page 20,000 is as quick as page 2."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from beizai.office import wording

SIZE = 50
_FIRST_PAGES = 10_000_000


@dataclass(frozen=True)
class Key:
    """What a list is sorted by: the path of the column and of the row's id; where the column may be unknown, unknown comes last."""

    column: str
    id: str = "pk"
    read: Callable[[str], Any] = int
    may_be_unknown: bool = False


@dataclass(frozen=True)
class Page:
    """One page of rows; the addresses keep every other parameter."""

    rows: list[Any]
    first: int = 1
    size: int = SIZE
    back_url: str = ""
    next_url: str = ""
    total: int | None = None
    about: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """ "1 to 50 of 4,127"."""
        if not self.rows:
            return ""
        place = {"first": wording.number(self.first), "last": wording.number(self.first + len(self.rows) - 1)}
        if self.total is None:
            return _("%(first)s to %(last)s") % place
        place["total"] = wording.number(self.total)
        if self.about:
            return _("%(first)s to %(last)s of more than %(total)s") % place
        return _("%(first)s to %(last)s of %(total)s") % place


def text(value: str) -> str:
    return value


def day(value: str) -> date:
    return date.fromisoformat(value)


def moment(value: str) -> datetime:
    return datetime.fromisoformat(value)


def by_key(
    rows: QuerySet[Any],
    key: Key,
    *,
    falls: bool,
    params: QueryDict,
    size: int = SIZE,
    total: int | None = None,
    about: bool = False,
) -> Page:
    """The page of `rows` the parameters ask for (`after` or `before` a key, `from` a place)."""
    back = bool(params.get("before"))
    cursor = params.get("before") or params.get("after") or ""
    try:
        found = _walk(rows, key, falls, cursor, back=back, wanted=size + 1)
    except (ValueError, TypeError):
        cursor, back = "", False  # an address typed by hand: begin at the top
        found = _walk(rows, key, falls, "", back=False, wanted=size + 1)
    more = len(found) > size
    found = found[:size]
    if back:
        found.reverse()
    first = _place(params) if cursor else 1
    return Page(
        rows=found,
        first=first,
        size=size,
        back_url=_address(params, "before", key, found[0], first - size)
        if found and (more if back else bool(cursor))
        else "",
        next_url=_address(params, "after", key, found[-1], first + len(found))
        if found and (more or back)
        else "",
        total=total,
        about=about,
    )


def _place(params: QueryDict) -> int:
    given = params.get("from", "1")
    return min(max(int(given), 1), _FIRST_PAGES) if given.isdecimal() else 1


def _walk(rows: QuerySet[Any], key: Key, falls: bool, cursor: str, *, back: bool, wanted: int) -> list[Any]:
    """Up to `wanted` rows from the cursor on; known values first, unknown ones after them."""
    raw, _tilde, number = cursor.rpartition("~")
    parts = ["known", "unknown"] if key.may_be_unknown else ["known"]
    if back:
        parts.reverse()
    if cursor and key.may_be_unknown and (raw == "") != (parts[0] == "unknown"):
        parts = parts[1:]
    found: list[Any] = []
    for part in parts:
        start = cursor and (raw == "") == (part == "unknown")
        asked = _part(rows, key, part, falls != back)
        if start:
            asked = asked.filter(_beyond(key, part, raw, int(number), falls != back))
        found.extend(asked[: wanted - len(found)])
        if len(found) >= wanted:
            break
    return found


def _part(rows: QuerySet[Any], key: Key, part: str, down: bool) -> QuerySet[Any]:
    if part == "unknown":
        return rows.filter(**{f"{key.column}__isnull": True}).order_by(_order(key.id, down))
    if key.may_be_unknown:
        rows = rows.filter(**{f"{key.column}__isnull": False})
    return rows.order_by(_order(key.column, down), _order(key.id, down))


def _order(column: str, down: bool) -> Any:
    return F(column).desc() if down else F(column).asc()


def _beyond(key: Key, part: str, raw: str, number: int, down: bool) -> Q:
    """Rows past the cursor, written so that the index on (column, id) is entered at the cursor."""
    side = "lt" if down else "gt"
    after_id = Q(**{f"{key.id}__{side}": number})
    if part == "unknown":
        return after_id
    value = key.read(raw)
    return Q(**{f"{key.column}__{side}e": value}) & (Q(**{f"{key.column}__{side}": value}) | after_id)


def _address(params: QueryDict, name: str, key: Key, row: Any, first: int) -> str:
    kept = params.copy()
    for old in ("after", "before", "from"):
        kept.pop(old, None)
    kept[name] = f"{_written(_value(row, key.column))}~{_value(row, key.id)}"
    if first > 1:
        kept["from"] = str(first)
    return f"?{kept.urlencode()}"


def _value(row: Any, path: str) -> Any:
    for step in path.split("__"):
        row = getattr(row, step)
    return row


def _written(value: Any) -> str:
    if value is None:
        return ""
    return str(value.isoformat()) if isinstance(value, date) else str(value)
