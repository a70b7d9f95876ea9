"""What Beizai is measured by: each module here has `measure(folder, scale)`, which yields `Line`s of the table.

`folder` is kept between runs, for books that take long to make; `scale` is 1 for the sizes that are promised, less to
try a measurement out. Speed is claimed only as a ratio to a rival measured in the same run.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One line of docs/benchmarks.md. `ratio` is ours by the rival's; `limit` what is promised of it or of the time."""

    what: str
    ours: str
    rival: str = ""
    ratio: float | None = None
    limit: str = ""
    kept: bool | None = None  # whether the limit is kept; None where there is none
