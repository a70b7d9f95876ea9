"""The lines of this book: where the fifths part, where a key account begins, what rhythm is usual.

They are read off all customers as of a day and kept, so that one card can be judged without counting all the others.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from beizai.value.pyramid import half_bringers
from beizai.value.rfm import cuts

Whole = npt.NDArray[np.int64]

VERSION = 1
SILENT_MULTIPLE = 2  # silent for twice the usual gap (own choice)
REFERRALS_OF_A_LEADER = 2  # one friend brought is friendship; from two on it is a habit (own choice)
KEY_SHARE_PERMILLE = (
    500  # key accounts are the best customers who together bring half (class A of an ABC analysis)
)
GAP_OF_A_YOUNG_BOOK_DAYS = 90.0  # until the book has customers enough with a rhythm of their own (own choice)
GAP_NEEDS_CUSTOMERS = 20


@dataclass(frozen=True)
class Thresholds:
    """The lines as of a day.

    `recency_limits`: R is 1 + how many of them the silent days stay under. `frequency_cuts`, `monetary_cuts`: F and M are
    1 + how many of them the value is over. `key_account_minor`: None where nothing was sold in 365 days.
    `book_gap_days` stands in for the usual gap of those with two purchase days only.
    """

    as_of_on: date
    buyers: int
    recency_limits: tuple[int, ...] = ()
    frequency_cuts: tuple[int, ...] = ()
    monetary_cuts: tuple[int, ...] = ()
    key_account_minor: int | None = None
    book_gap_days: float = GAP_OF_A_YOUNG_BOOK_DAYS
    gap_customers: int = 0
    version: int = VERSION

    def dumps(self) -> str:
        """The lines as JSON text."""
        return json.dumps(asdict(self) | {"as_of_on": self.as_of_on.isoformat()})

    @classmethod
    def loads(cls, text: str) -> "Thresholds":
        """The lines from the text `dumps` made."""
        data = json.loads(text)
        lists = {key: tuple(value) for key, value in data.items() if isinstance(value, list)}
        return cls(**(data | lists | {"as_of_on": date.fromisoformat(data["as_of_on"])}))


def thresholds(
    *,
    as_of_on: date,
    recency_days: Whole,
    purchase_days_12m: Whole,
    spent_12m_minor: Whole,
    usual_gap_days: npt.NDArray[np.float64],
) -> Thresholds:
    """The lines read off the buyers (one entry each; a gap not known is NaN)."""
    gaps = usual_gap_days[~np.isnan(usual_gap_days)]
    return Thresholds(
        as_of_on=as_of_on,
        buyers=len(recency_days),
        recency_limits=tuple(-cut for cut in cuts(-recency_days)),
        frequency_cuts=cuts(purchase_days_12m),
        monetary_cuts=cuts(spent_12m_minor),
        key_account_minor=half_bringers(spent_12m_minor, share_permille=KEY_SHARE_PERMILLE),
        book_gap_days=_book_gap(gaps),
        gap_customers=len(gaps),
    )


def _book_gap(gaps: npt.NDArray[np.float64]) -> float:
    """The lower median of the customers' own gaps: one of them, so every engine finds the same."""
    if len(gaps) < GAP_NEEDS_CUSTOMERS:
        return GAP_OF_A_YOUNG_BOOK_DAYS
    middle = (len(gaps) - 1) // 2
    return float(np.partition(gaps, middle)[middle])
