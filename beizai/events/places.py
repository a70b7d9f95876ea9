"""Where this home keeps what happened: its lake and its inbox."""

from beizai.base import home
from beizai.lake import Lake


def lake() -> Lake:
    """The lake of this process's home. Opening it costs nothing; each question opens the tables anew."""
    return Lake(home.current().lake)
