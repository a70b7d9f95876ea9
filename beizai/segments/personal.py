"""What the segments hold of a person: no table, only copies for analysis that are thrown away and made anew."""

from datetime import datetime

from beizai.base import home
from beizai.base.keeping import Stays
from beizai.base.personal import Holding, register


def _erase(customer_id: int, at: datetime) -> int:
    """Throws the copies away; the next question makes them anew, without the person."""
    copies = sorted(home.current().analysis.glob("*.parquet"))
    for copy in copies:
        copy.unlink(missing_ok=True)
    return len(copies)


register(
    Holding(
        table="analysis files",
        what="a copy of the card for analysis",
        give_out=lambda customer_id: [],
        erase=_erase,
        kept=Stays.MADE_ANEW,
    )
)
