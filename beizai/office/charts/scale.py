"""Scales: where a value stands on the field, and the round numbers an axis names."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Maps values from `low` to `high` onto places from `start` to `end`."""

    low: float
    high: float
    start: float = 0.0
    end: float = 100.0

    def at(self, value: float) -> float:
        """The place of a value; all places are `start` where the scale has no length."""
        reach = self.high - self.low
        return self.start if reach == 0 else self.start + (self.end - self.start) * (value - self.low) / reach


def rounds(high: float, most: int = 3) -> tuple[float, ...]:
    """Round numbers above 0 up to `high`, at most so many: 1, 2 or 5 times a power of ten.

    >>> rounds(9.4)
    (5.0,)
    >>> rounds(15.2)
    (5.0, 10.0, 15.0)
    """
    if high <= 0:
        return ()
    power = 10 ** math.floor(math.log10(high))
    for step in (power / 5, power / 2, power, 2 * power, 5 * power):
        count = math.floor(high / step + 1e-9)
        if 1 <= count <= most:
            return tuple(float(step * number) for number in range(1, count + 1))
    return (float(power),)
