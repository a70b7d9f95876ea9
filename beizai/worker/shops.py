"""What web shops have delivered comes to the cards, the products and the lake."""

from beizai.imports.shops import bringing, following
from beizai.staff.shop import now
from beizai.worker import rounds
from beizai.worker.loop import REST

_BRING_SECONDS, _FOLLOW_SECONDS = 0.5, 1.0


def enlist() -> None:
    """Registers both rounds. Twice is once."""
    rounds.register("shop deliveries", REST, _BRING_SECONDS, bringing.bring_once)
    rounds.register("shop orders", REST, _FOLLOW_SECONDS, lambda: following.follow_once(now()))
