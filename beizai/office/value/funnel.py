"""The funnel of a trade as a picture: how many came to each step, of how many before, and what one of them has cost."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from beizai.office import wording
from beizai.office.frame import frame
from beizai.trades import funnels


@dataclass(frozen=True)
class Step:
    """One step as it is drawn."""

    name: str
    customers: int
    share: float
    of_before: str
    cost: str


def steps(at: datetime) -> list[Step]:
    """The steps of this shop's trade; none where its book has none."""
    found = funnels.funnel(frame().shop, at, language=frame().language)
    if found is None:
        return []
    return [
        Step(
            one.name,
            one.customers,
            one.of_all or 0.0,
            _("%(share)s of the step before") % {"share": wording.percent(one.of_before)}
            if one.of_before is not None
            else "",
            wording.money(one.cost_minor) if one.cost_minor is not None else "",
        )
        for one in found.steps
    ]
