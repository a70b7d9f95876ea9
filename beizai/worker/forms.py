"""What answers of forms set off: facts on cards, events in the inbox, rewards; and what is forgotten in time."""

from beizai.base import clock
from beizai.forms import carrying
from beizai.worker import rounds
from beizai.worker.loop import REST

_CARRY_SECONDS, _SWEEP_SECONDS = 1.0, 3600.0


def enlist() -> None:
    """Registers both rounds. Twice is once."""
    rounds.register("form answers", REST, _CARRY_SECONDS, carrying.carry)
    rounds.register("form sweep", REST, _SWEEP_SECONDS, _sweep)


def _sweep() -> int:
    return carrying.sweep(at=clock.machine_now())
