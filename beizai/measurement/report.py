"""The report of a campaign: what was sent, what came of it, and what it earned against those left alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from beizai.base.clock import start_of
from beizai.base.errors import NotFound
from beizai.campaigns.models import Campaign
from beizai.events.book import Book, open_book
from beizai.experiments.evidence import Comparison, Evidence, evidence
from beizai.experiments.history import HISTORY_DAYS, carry_over
from beizai.experiments.profit import Profit, judge, too_early
from beizai.measurement.groups import Assigned, Ledger, OtherCampaign, assigned, ledger, others
from beizai.measurement.keeping import keep
from beizai.measurement.responses import NOTHING_YET, Responses, responses
from beizai.measurement.sales import Day, GroupSales, Outcomes, Sales
from beizai.measurement.window import Window, window_of
from beizai.staff.models import Shop
from beizai.staff.shop import shop
from beizai.value.contribution import Basis, Margins, contribution_by_customer, current_margins


@dataclass(frozen=True)
class AddsUp:
    """How the profit adds up, minor units: extra sales - goods - discounts - what the past already explained - cost.

    Each is the treated together against those left alone, who stand for them; the sum is the estimate exactly.
    """

    extra_gross_minor: float
    goods_minor: float
    discounts_minor: float
    past_minor: float  # what the treated would have bought more anyway, going by their past
    contacts_minor: float
    fixed_minor: float

    @property
    def profit_minor(self) -> float:
        costs = (
            self.goods_minor + self.discounts_minor + self.past_minor + self.contacts_minor + self.fixed_minor
        )
        return self.extra_gross_minor - costs


@dataclass(frozen=True)
class Outside:
    """Those written to who took no part in the draw. What they brought is no part of the profit: `projected_minor`
    is only what it would be if they were like the others (None where nothing can be said)."""

    people: int
    cost_minor: float
    projected_minor: float | None


@dataclass(frozen=True)
class Report:
    """All of it. Money in minor units of the book. Before the planned end `profit` says so, and `adds_up` is None."""

    campaign_id: int
    name: str
    as_of: datetime
    simulated: bool
    window: Window | None  # None: sending has not begun, and all below is empty
    ledger: Ledger
    responses: Responses
    treated: GroupSales
    held_out: GroupSales
    incremental_revenue_minor: float | None  # net sales; None before the planned end
    profit: Profit
    adds_up: AddsUp | None
    planted_profit_minor: float | None  # the truth, where the campaign's lift was planted (SIMULATED)
    curve: tuple[Day, ...]
    rests_on: Mapping[Basis, float]  # shares of the sales of both groups
    outside: Outside
    others: tuple[OtherCampaign, ...]
    outlook: Mapping[str, Any]  # what the planner said before approval


@dataclass(frozen=True, eq=False)
class _Bought:
    """What the book says of the two groups, as far as the window is seen."""

    responses: Responses
    outcomes: Outcomes
    groups: tuple[GroupSales, GroupSales]
    curve: tuple[Day, ...]
    rests_on: Mapping[Basis, float]
    comparison: Comparison | None  # None before the planned end
    theta: float


def report(campaign_id: int, as_of: datetime) -> Report:
    """The report as of a moment (aware): everybody assigned, over the window fixed at approval.

    No verdict, interval or estimate before the planned end; from then on the evidence is kept for the year. A million
    customers take under 10 s. NotFound for an unknown campaign.
    """
    made, found = measure(the_campaign(campaign_id), shop(), as_of=as_of)
    if found and made.window:
        keep(campaign_id, found, verdict=made.profit.verdict, ended_on=made.window.end_on, as_of=as_of)
    return made


def the_campaign(campaign_id: int) -> Campaign:
    """The campaign of this number, or NotFound."""
    found = Campaign.objects.filter(pk=campaign_id).first()
    if found is None:
        raise NotFound(
            "There is no campaign {n}.",
            hint="See the list of campaigns, or 'beizai campaigns list'.",
            n=campaign_id,
        )
    return found


def measure(campaign: Campaign, the_shop: Shop, *, as_of: datetime) -> tuple[Report, Evidence | None]:
    """The report and, from the planned end on, the evidence it rests on."""
    window = window_of(campaign, as_of=as_of, timezone=the_shop.timezone)
    who, counted = assigned(campaign.pk), ledger(campaign.pk)
    bought = _bought(campaign, the_shop, who, window, as_of) if window else None
    cost = float(campaign.contact_cost)
    contacts, fixed = cost * counted.written_treated, float(campaign.fixed_cost_minor)
    found = None
    if bought and bought.comparison:
        found = evidence(
            bought.comparison, campaign_id=campaign.pk, theta=bought.theta, cost_minor=contacts + fixed
        )
    early = too_early(treated=counted.treated, held_out=counted.held_out, cost_minor=contacts + fixed)
    profit = judge([found]) if found else early
    treated, held_out = bought.groups if bought else (_nothing(counted.treated), _nothing(counted.held_out))
    made = Report(
        campaign_id=campaign.pk,
        name=campaign.name,
        as_of=as_of,
        simulated=campaign.simulated or the_shop.simulated,
        window=window,
        ledger=counted,
        responses=bought.responses if bought else NOTHING_YET,
        treated=treated,
        held_out=held_out,
        incremental_revenue_minor=_revenue(bought),
        profit=profit,
        adds_up=_adds_up(bought, contacts, fixed),
        planted_profit_minor=_planted(campaign, bought, who, contacts + fixed),
        curve=bought.curve if bought else (),
        rests_on=bought.rests_on if bought else {},
        outside=_outside(who, profit, cost * counted.written_outside),
        others=_others(campaign, window, the_shop),
        outlook=campaign.outlook,
    )
    return made, found


def _bought(campaign: Campaign, the_shop: Shop, who: Assigned, window: Window, as_of: datetime) -> _Bought:
    margins = Margins.from_fields(campaign.margins) if campaign.margins else current_margins(the_shop)
    # who was drawn as two people stays two, whoever joined their cards since
    with open_book(as_of=as_of, cards_at=campaign.approved_at) as book:
        sales = Sales(book, who, margins, window)
        outcomes = sales.outcomes()
        theta = _theta(campaign, book, who, margins) if window.ended else 0.0
        return _Bought(
            responses=responses(book, campaign.pk),
            outcomes=outcomes,
            groups=sales.groups(outcomes),
            curve=sales.curve(),
            rests_on=sales.rests_on(),
            comparison=_comparison(campaign, book, who, margins, outcomes) if window.ended else None,
            theta=theta,
        )


def _comparison(
    campaign: Campaign, book: Book, who: Assigned, margins: Margins, outcomes: Outcomes
) -> Comparison:
    start_on = _past_from(campaign)
    end_on = start_on + timedelta(days=HISTORY_DAYS)
    return Comparison.of(
        who.customer_ids,
        block=who.block,
        treated=who.treated,
        outcome_minor=outcomes.contribution,
        past_minor=contribution_by_customer(
            book, who.customer_ids, start_on=start_on, end_on=end_on, margins=margins
        ),
    )


def _theta(campaign: Campaign, book: Book, who: Assigned, margins: Margins) -> float:
    """As learnt at approval; learnt from the same days where the outlook was not kept."""
    kept = campaign.outlook.get("theta")
    if kept is not None:
        return float(kept)
    end_on = _past_from(campaign) + timedelta(days=HISTORY_DAYS)
    between_on = end_on - timedelta(days=campaign.window_days)
    start_on = between_on - timedelta(days=HISTORY_DAYS)
    last = contribution_by_customer(
        book, who.customer_ids, start_on=between_on, end_on=end_on, margins=margins
    )
    before = contribution_by_customer(
        book, who.customer_ids, start_on=start_on, end_on=between_on, margins=margins
    )
    return carry_over(last, before, window_days=campaign.window_days)


def _past_from(campaign: Campaign) -> date:
    assert campaign.approved_at is not None
    return campaign.past_from_on or campaign.approved_at.date() - timedelta(days=HISTORY_DAYS)


def _revenue(bought: _Bought | None) -> float | None:
    if bought is None or bought.comparison is None:
        return None
    return bought.comparison.difference(bought.outcomes.amount)


def _adds_up(bought: _Bought | None, contacts: float, fixed: float) -> AddsUp | None:
    if bought is None or bought.comparison is None:
        return None
    difference = bought.comparison.difference
    return AddsUp(
        extra_gross_minor=difference(bought.outcomes.gross),
        goods_minor=difference(bought.outcomes.goods),
        discounts_minor=difference(bought.outcomes.discounts),
        past_minor=bought.theta * difference(bought.comparison.past_minor),
        contacts_minor=contacts,
        fixed_minor=fixed,
    )


def _planted(campaign: Campaign, bought: _Bought | None, who: Assigned, cost: float) -> float | None:
    """What was told when it was planted, else the SIMULATED purchases of the treated themselves."""
    if not campaign.planted or bought is None or bought.comparison is None:
        return None
    told = campaign.planted.get("profit_minor")
    return float(told) if told is not None else float(bought.outcomes.simulated[who.treated].sum()) - cost


def _outside(who: Assigned, profit: Profit, cost: float) -> Outside:
    people = who.outside.size
    if not people or profit.effect_minor is None:
        return Outside(people, cost, None)
    return Outside(people, cost, profit.effect_minor / profit.treated * people - cost)


def _others(campaign: Campaign, window: Window | None, the_shop: Shop) -> tuple[OtherCampaign, ...]:
    if window is None:
        return ()
    start_at, until_at = (start_of(day, the_shop.timezone) for day in (window.start_on, window.until_on))
    return others(campaign.pk, start_at=start_at, until_at=until_at)


def _nothing(people: int) -> GroupSales:
    return GroupSales(people, 0, 0, 0, 0, 0.0)
