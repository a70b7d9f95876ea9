"""The report of a campaign in words and numbers: who was written to, who answered, what it earned."""

from dataclasses import asdict
from typing import Any

from beizai.cli.answer import table
from beizai.cli.wording import amount, counted, fine, share, word


def as_document(report: Any) -> dict[str, Any]:
    """The whole report as plain data. Money in minor units."""
    document = asdict(report)
    if report.adds_up is not None:
        document["adds_up"]["profit_minor"] = report.adds_up.profit_minor
    return document


def in_words(report: Any, currency: str) -> list[str]:
    """The report as it is read: ledger, answers, the two groups, profit with its interval, verdict."""
    simulated = "   SIMULATED in part" if report.simulated else ""
    lines = [f"“{report.name}”{simulated}", *_ledger(report.ledger)]
    if report.window is None:
        return [*lines, "Sending has not begun."]
    window = report.window
    lines += [
        f"Window: {window.start_on} to {window.end_on}, {window.days_seen} of {window.days} days seen.",
        "",
        *_answers(report.responses),
        "",
        *_groups(report, currency),
        "",
        *_profit(report, currency),
        *_beside(report, currency),
    ]
    return lines


def _ledger(ledger: Any) -> list[str]:
    refused = dict(ledger.refused)
    for reason, people in ledger.refused_later.items():
        refused[reason] = refused.get(reason, 0) + people
    return [
        f"{counted(ledger.segment, 'customer')} in the segment: {ledger.sent:,} sent, {ledger.held_out:,} left alone by lot,"
        f" {ledger.bounced:,} bounced, {ledger.in_doubt:,} in doubt, {ledger.waiting:,} waiting.",
        *(
            f"  not written to: {people:,}  {word(reason)}"
            for reason, people in sorted(refused.items(), key=lambda one: -one[1])
        ),
    ]


def _answers(responses: Any) -> list[str]:
    kinds = ("opened", "clicked", "unsubscribed", "complained")
    rows = [(word(kind), *(getattr(getattr(responses, kind), name) for name in ("people", "unnamed", "machines_only", "machine_events")))
            for kind in kinds]  # fmt: skip
    heads = ("", "People", "Without a name", "Only machines", "By machines (events)")
    return [table(heads, rows)]


def _groups(report: Any, currency: str) -> list[str]:
    rows = [
        (
            name,
            group.people,
            group.buyers,
            group.orders,
            fine(group.a_head(group.sales_minor), currency),
            fine(group.a_head(group.contribution_minor), currency),
        )
        for name, group in (("written to", report.treated), ("left alone", report.held_out))
    ]
    return [table(("", "People", "Bought", "Orders", "Sales a head", "Contribution a head"), rows)]


def _profit(report: Any, currency: str) -> list[str]:
    profit = report.profit
    lines = []
    if report.incremental_revenue_minor is not None:
        lines.append(f"Incremental revenue: {amount(report.incremental_revenue_minor, currency)}")
    if profit.estimate_minor is not None:
        low = amount(profit.low_minor, currency) or "no limit"
        high = amount(profit.high_minor, currency) or "no limit"
        lines.append(
            f"Incremental profit: {amount(profit.estimate_minor, currency)}  (95 % interval: {low} to {high})"
        )
    reasons = ", ".join(word(reason) for reason in profit.reasons)
    lines.append(f"Verdict: {word(profit.verdict).upper()}" + (f" ({reasons})" if reasons else ""))
    if report.planted_profit_minor is not None:
        lines.append(f"The planted truth (SIMULATED): {amount(report.planted_profit_minor, currency)}")
    return lines


def _beside(report: Any, currency: str) -> list[str]:
    rests = ", ".join(
        f"{share(part)} on the {word(basis)}" for basis, part in report.rests_on.items() if part
    )
    lines = [f"The margins rest on: {rests}."] if rests else []
    if report.outside.people:
        cost = amount(report.outside.cost_minor, currency)
        lines.append(
            f"Outside the comparison: {counted(report.outside.people, 'customer')} written to, at {cost}."
        )
    lines += [
        f"In the window also: “{other.name}” reached {other.treated:,} of the written-to, {other.held_out:,} of the left-alone."
        for other in report.others
    ]
    return lines
