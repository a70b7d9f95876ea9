"""The pictures of a report: the profit with its interval, the two groups day by day, the sum, the way from sending to buying."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from beizai.base.money import from_minor
from beizai.experiments.profit import Verdict
from beizai.measurement.report import Report
from beizai.measurement.sales import Day
from beizai.office.charts import Chart, Interval, Line, Step, curves, density, waterfall
from beizai.office.charts.curves import tick_values
from beizai.office.charts.density import Said
from beizai.office.frame import frame
from beizai.office.results.finding import carried
from beizai.office.wording import headline, money, number, short_day

_BAND = 1.96
_TABLE_ROWS = 6


def profit_picture(report: Report) -> Chart | None:
    """Which profits fit what happened; nothing where there is no estimate."""
    found = report.profit
    if found.estimate_minor is None or (found.low_minor is None and found.high_minor is None):
        return None
    planted = report.planted_profit_minor
    said = Said(
        estimate=carried(found.estimate_minor, found),
        low=carried(found.low_minor, found),
        high=carried(found.high_minor, found),
        zero=carried(0.0, found),
        lost=_("lost ←"),
        earned=_("→ earned"),
        planted=_("planted truth %(amount)s") % {"amount": headline(round(planted))}
        if planted is not None
        else "",
        label=_("The profit and its interval; the same figures stand beside it."),
    )
    return density(Interval(found.estimate_minor, found.low_minor, found.high_minor, planted), said)


@dataclass(frozen=True)
class DayRow:
    """One line of the table behind the curves."""

    on: date
    treated_minor: int | None
    held_out_minor: int | None


def curve_picture(report: Report) -> Chart | None:
    """Sales a head of both groups since the mail; nothing before the second day or without a group left alone."""
    days = report.curve
    if len(days) < 2 or any(d.treated_sales_minor is None or d.held_out_sales_minor is None for d in days):
        return None
    treated = _line(days, "treated", _("written to"))
    alone = _line(days, "held_out", pgettext("at the end of a line", "left alone"))
    ticks = [(value, _tick(round(value))) for value in tick_values(treated, alone)]
    middle = days[len(days) // 2].on
    named = [(0.0, short_day(days[0].on)), (0.5, short_day(middle)), (1.0, short_day(days[-1].on))]
    label = _("Sales a head: %(treated)s for those written to, %(alone)s for those left alone") % {
        "treated": treated.said,
        "alone": alone.said,
    }
    return curves(treated, alone, ticks=ticks, days=named, label=label)


def _tick(minor: int) -> str:
    """An axis names round amounts: minor units only where they are not nought."""
    return money(minor, whole=round(from_minor(minor, frame().shop.currency) % 1, 3) == 0)


def _line(days: tuple[Day, ...], group: str, name: str) -> Line:
    values = [float(getattr(each, f"{group}_sales_minor") or 0) for each in days]
    errors = [float(getattr(each, f"{group}_error_minor") or 0) for each in days]
    low = [value - _BAND * error for value, error in zip(values, errors, strict=True)]
    high = [value + _BAND * error for value, error in zip(values, errors, strict=True)]
    return Line(values, low, high, money(round(values[-1])), name)


def curve_table(report: Report) -> list[DayRow]:
    """Some of the days, the last among them."""
    days = report.curve
    if not days:
        return []
    last = len(days) - 1
    places = sorted({round(last * step / (_TABLE_ROWS - 1)) for step in range(_TABLE_ROWS)})
    return [
        DayRow(days[n].on, _rounded(days[n].treated_sales_minor), _rounded(days[n].held_out_sales_minor))
        for n in places
    ]


@dataclass(frozen=True)
class Sum:
    """One line of how the profit adds up."""

    name: str
    more: str
    amount: str
    css: str
    step: Step


def adds_up(report: Report) -> list[Sum]:
    """Extra sales, less the goods, the discounts, what would have come anyway, and the cost: the estimate exactly."""
    found = report.adds_up
    if found is None:
        return []
    people = number(report.profit.treated)
    lines = [
        (_("Extra sales"), _("of %(n)s people written to, against those left alone") % {"n": people}, found.extra_gross_minor),
        (_("The goods themselves"), _("what the goods cost you"), -found.goods_minor),
        (_("Discounts used"), _("more than those left alone used"), -found.discounts_minor),
        (_("What they would have bought anyway"), _("going by their past; the lot is never quite even"), -found.past_minor),
        (_("Sending"), ngettext("%(n)s mail", "%(n)s mails", report.ledger.written_treated) % {"n": number(report.ledger.written_treated)},
         -found.contacts_minor),
        (_("Fixed cost"), "", -found.fixed_minor),
    ]  # fmt: skip
    kept = [line for line in lines if round(line[2]) or line[0] == lines[0][0]]
    steps = waterfall([amount for _name, _more, amount in kept])
    css = ["blue", *(["grey"] * (len(kept) - 1))]
    rows = [
        Sum(name, more, money(round(amount)), colour, step)
        for (name, more, amount), colour, step in zip(kept, css, steps, strict=False)
    ]
    total = steps[-1]
    words = {Verdict.EARNED: _("Profit it earned"), Verdict.LOST: _("What it lost")}.get(
        report.profit.verdict, _("The estimate; it may be luck")
    )
    return [
        *rows,
        Sum(words, "", money(round(total.amount)), "teal" if total.amount >= 0 else "ochre", total),
    ]


@dataclass(frozen=True)
class Stage:
    """One step on the way from sending to buying."""

    name: str
    people: int
    share: float
    more: str = ""


def funnel(report: Report) -> list[Stage]:
    """From sending to buying. People where they may be known, and beside it what was counted without a name."""
    ledger, did = report.ledger, report.responses
    sent = max(ledger.sent, 1)
    arrived = ledger.sent - ledger.bounced
    held, treated = report.held_out, report.treated
    days = report.window.days if report.window else 0
    bought = ngettext("Ordered in %(n)s day", "Ordered in %(n)s days", days) % {"n": number(days)}
    also = _("%(n)s of %(all)s left alone ordered too") % {
        "n": number(held.buyers),
        "all": number(held.people),
    }
    complained = (
        ngettext("%(n)s called it spam", "%(n)s called it spam", ledger.complained)
        % {"n": number(ledger.complained)}
        if ledger.complained
        else _("no complaint")
    )
    return [
        Stage(_("Sent"), ledger.sent, ledger.sent / sent),
        Stage(_("Arrived"), arrived, arrived / sent, _bounced(ledger.bounced)),
        Stage(
            _("Opened by a person"),
            did.opened.people,
            did.opened.people / sent,
            _unnamed(did.opened.machines_only, did.opened.unnamed),
        ),
        Stage(
            _("Clicked"),
            did.clicked.people,
            did.clicked.people / sent,
            _unnamed(did.clicked.machines_only, did.clicked.unnamed),
        ),
        Stage(bought, treated.buyers, treated.buyers / max(treated.people, 1), also if held.people else ""),
        Stage(_("Said no more"), did.unsubscribed.people, did.unsubscribed.people / sent, complained),
    ]


def _bounced(people: int) -> str:
    return ngettext("%(n)s bounced", "%(n)s bounced", people) % {"n": number(people)} if people else ""


def _unnamed(machines: int, unnamed: int) -> str:
    parts = []
    if machines:
        parts.append(ngettext("another %(n)s only by machines: not counted", "another %(n)s only by machines: not counted", machines)
                     % {"n": number(machines)})  # fmt: skip
    if unnamed:
        parts.append(ngettext("%(n)s time by people who may not be watched by name", "%(n)s times by people who may not be watched by name",
                              unnamed) % {"n": number(unnamed)})  # fmt: skip
    return _("; ").join(parts)


def _rounded(minor: float | None) -> int | None:
    return None if minor is None else round(minor)
