"""The pictures of value: the curve of who brings the sales, tiers as mirrored bars, the grid of how lately and how often."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beizai.office import labels
from beizai.office.charts import Bar, Chart, levels, lorenz, mirrored
from beizai.office.charts.lorenz import height_at
from beizai.office.wording import headline, number, percent
from beizai.value.pyramid import Pyramid
from beizai.value.rfm import FIFTHS, Cell
from beizai.value.thresholds import Thresholds

_TABLE = (1, 5, 10, 20, 35, 50, 80)


def curve_picture(found: Pyramid) -> Chart | None:
    """The curve; nothing where nothing was sold."""
    if not found.curve or found.top_fifth is None:
        return None
    top = percent(found.top_fifth)
    return lorenz(
        found.curve,
        top=_("The top fifth brings %(share)s") % {"share": top},
        top_below=_("of the sales of 12 months"),
        half=_("half of the customers: %(share)s") % {"share": percent(share_of_top(found, 50))},
        alike=_("if all spent alike"),
        fifth=percent(0.2),
        across=_("%(share)s of customers") % {"share": percent(1.0)},
        up=_("share of sales"),
        label=_("The top fifth of the customers brings %(share)s of the sales") % {"share": top},
    )


def share_of_top(found: Pyramid, percent_of_customers: int) -> float:
    """The share of the sales that the best so many per cent bring, read off the curve."""
    return height_at(list(found.curve), percent_of_customers / 100)


def curve_table(found: Pyramid) -> list[tuple[str, str]]:
    """Some points of the curve."""
    if not found.curve:
        return []
    return [(percent(top / 100), percent(share_of_top(found, top))) for top in _TABLE]


@dataclass(frozen=True)
class TierRow:
    """One tier: its share of the cards and of the sales, as two bars."""

    code: str
    name: str
    level: int
    customers: int
    of_customers: str
    of_sales: str
    left: Bar
    right: Bar
    rule: str


def tier_rows(customers: Mapping[str, int], sales_minor: Mapping[str, int]) -> list[TierRow]:
    """The six tiers from the top, with their true shares."""
    codes = labels.TIER_LEVELS
    people = [customers.get(code, 0) for code in codes]
    money = [max(sales_minor.get(code, 0), 0) for code in codes]
    of_people = [one / (sum(people) or 1) for one in people]
    of_money = [one / (sum(money) or 1) for one in money]
    names, rules = labels.tiers(), labels.rules()["tier"]
    rows = zip(codes, people, of_people, of_money, mirrored(of_people, of_money), strict=True)
    return [
        TierRow(code, names[code], level, count, percent(a), percent(z), *bars, rules[code])
        for level, (code, count, a, z, bars) in enumerate(rows)
    ]


@dataclass(frozen=True)
class HeatCell:
    """One cell of the grid."""

    r: int
    f: int
    customers: str
    mean: str
    css: str
    empty: bool


@dataclass(frozen=True)
class HeatRow:
    """One fifth of recency, with the days it stands for."""

    name: str
    cells: tuple[HeatCell, ...]


def heat(cells: Iterable[Cell], lines: Thresholds) -> list[HeatRow]:
    """The grid as a table: the latest on top, the most frequent right."""
    listed = list(cells)
    steps = levels([cell.mean_minor for cell in listed])
    drawn = [
        HeatCell(
            cell.r,
            cell.f,
            number(cell.customers),
            headline(round(cell.mean_minor)) if cell.mean_minor is not None else "",
            f"h{step}",
            not cell.customers,
        )
        for cell, step in zip(listed, steps, strict=True)
    ]
    return [
        HeatRow(recency_words(lines, drawn[start].r), tuple(drawn[start : start + FIFTHS]))
        for start in range(0, len(drawn), FIFTHS)
    ]


def recency_words(lines: Thresholds, fifth: int) -> str:
    """The days a fifth of recency stands for; its number where the lines do not say."""
    limits = lines.recency_limits
    if len(limits) < FIFTHS - 1:
        return str(fifth)
    if fifth == FIFTHS:
        return ngettext("under %(n)s day", "under %(n)s days", limits[-1]) % {"n": number(limits[-1])}
    low = limits[fifth - 1]
    if fifth == 1:
        return _("%(n)s days and more") % {"n": number(low)}
    return _("%(low)s to %(high)s days") % {"low": number(low), "high": number(limits[fifth - 2] - 1)}


def frequency_heads(lines: Thresholds) -> list[str]:
    """The days with an order that each fifth of frequency stands for."""
    cuts = lines.frequency_cuts
    if len(cuts) < FIFTHS - 1:
        return [str(fifth) for fifth in range(1, FIFTHS + 1)]
    first = _to(0, cuts[0])
    between = [_to(cuts[n - 1] + 1, cuts[n]) for n in range(1, FIFTHS - 1)]
    return [first, *between, _("%(n)s+") % {"n": number(cuts[-1] + 1)}]


def _to(low: int, high: int) -> str:
    if high < low:
        return "–"
    return number(high) if low == high else f"{number(low)}–{number(high)}"


def quiet_regulars(cells: Sequence[Cell]) -> int:
    """How many bought often and have not come for long: the lower right of the grid."""
    return sum(cell.customers for cell in cells if cell.r <= 2 and cell.f >= 4)
