"""A report in words: the finding for the head of the page, the verdict, and what may and may not be said of it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beizai.base.money import minor_digits
from beizai.experiments.profit import Profit, Reason, Verdict
from beizai.measurement.report import Report
from beizai.office import reasons
from beizai.office.frame import frame
from beizai.office.wording import day, headline, money, number


@dataclass(frozen=True)
class Finding:
    """What a report says before anybody looks at a picture."""

    head: str
    verdict: reasons.Told
    figure: str
    text: str
    more: tuple[str, ...]


def finding(report: Report) -> Finding:
    """The report's own words (research: profit, section 11). Nothing is claimed that the interval does not carry."""
    profit = report.profit
    if Reason.BEFORE_PLANNED_END in profit.reasons or report.window is None:
        return _waiting(report)
    match profit.verdict:
        case Verdict.EARNED:
            head = _("“%(name)s” earned money: about %(amount)s of profit that would not be there otherwise")
        case Verdict.LOST:
            head = _("“%(name)s” lost money: about %(amount)s")
        case _:
            head = _("“%(name)s” may have earned or lost: we cannot tell yet")
    return Finding(
        head % {"name": report.name, "amount": _amount(profit)},
        reasons.verdict(profit.verdict.value),
        carried(profit.estimate_minor, profit),
        interval_words(profit),
        tuple(_more(report)),
    )


def _amount(profit: Profit) -> str:
    found = profit.estimate_minor or 0.0
    return carried(abs(found) if profit.verdict is Verdict.LOST else found, profit)


def carried(minor: float | None, profit: Profit) -> str:
    """An amount with no more digits than the interval carries: whole units unless the interval is narrower than ten of them."""
    if minor is None:
        return ""
    digits = minor_digits(frame().shop.currency)
    known = profit.low_minor is not None and profit.high_minor is not None
    narrow = known and (profit.high_minor or 0) - (profit.low_minor or 0) < 10 * 10**digits
    return money(round(minor), whole=not narrow)


def _waiting(report: Report) -> Finding:
    if report.window is None:
        return Finding(
            _("“%(name)s” has not begun") % {"name": report.name},
            reasons.verdict("waiting"),
            "",
            _("Nothing was sent yet, so there is nothing to compare."),
            (),
        )
    left = (report.window.end_on - report.window.until_on).days
    over = ngettext("%(n)s day is missing.", "%(n)s days are missing.", left) % {"n": number(left)}
    return Finding(
        _("“%(name)s”: no verdict before %(day)s") % {"name": report.name, "day": day(report.window.end_on)},
        reasons.verdict("waiting"),
        "",
        _(
            "The end was fixed before sending. Whoever looks early and stops when it looks good sees profit that is luck."
        ),
        (over,) if left > 0 else (),
    )


def interval_words(profit: Profit) -> str:
    """Between which two amounts the profit lies, or which of the limits cannot be given."""
    low, high = carried(profit.low_minor, profit), carried(profit.high_minor, profit)
    earned = profit.verdict is Verdict.EARNED or profit.verdict is Verdict.LOST
    if low and high:
        words = (
            _(
                "Between %(low)s and %(high)s more than without the campaign, after margin, discounts and contacts."
            )
            if earned
            else _("Somewhere between %(low)s and %(high)s, after margin, discounts and contacts.")
        )
        return words % {"low": low, "high": high}
    if high:
        buyers = number(min(profit.buyers_treated, profit.buyers_held_out))
        return _(
            "At most %(high)s. How much it may have lost cannot be limited: only %(n)s bought in the smaller group."
        ) % {
            "high": high,
            "n": buyers,
        }
    if low:
        return _("At least %(low)s. How much it may have earned cannot be limited.") % {"low": low}
    return _("Neither a lower nor an upper limit can be given.")


def _more(report: Report) -> list[str]:
    profit = report.profit
    lines = [
        _("95 in 100 such intervals hold the true figure. %(n)s written to, %(alone)s left alone by lot.")
        % {"n": number(profit.treated), "alone": number(profit.held_out)}
    ]
    lines += [words for reason in profit.reasons if (words := because(reason, profit))]
    seen = report.outlook.get("detectable_minor")
    if profit.verdict is Verdict.CANNOT_TELL and seen:
        lines.append(
            _("With this book a result shows only if the campaign brings about %(amount)s or more.")
            % {"amount": headline(round(seen))}
        )
    return lines


def because(reason: Reason, profit: Profit) -> str:
    """Why there is no verdict or no limit."""
    return {
        Reason.NOBODY_LEFT_ALONE: _("Nobody was left alone, so there is nobody to compare with."),
        Reason.NOBODY_WRITTEN_TO: _("Nobody was written to."),
        Reason.TOO_FEW_BUYERS: _("Fewer than five bought in one of the groups: too few to say anything."),
        Reason.ZERO_IS_POSSIBLE: _(
            "That is not the same as “no effect”: zero lies within the interval, and so does profit."
        ),
        Reason.FAMILIES_DISAGREE: _("Two ways of reckoning disagree about it, so nothing is said."),
    }.get(reason, "")


def rule_words() -> str:
    """When a verdict is given, behind its "why?"."""
    return _(
        "“Earned” if the whole interval is above zero, “lost” if all of it is below, else “cannot tell yet”. "
        "The lot, the window and the margins were fixed before sending; the same lot is drawn again thousands of times "
        "to see what luck alone would have done."
    )
