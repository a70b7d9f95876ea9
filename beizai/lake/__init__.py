"""The event lake: what happened, in Delta tables any number of processes read at once; seven verbs and nothing else."""

from beizai.lake.lease import FREE, Lease
from beizai.lake.schema import EVENTS, LINES, ORDERS, TABLES
from beizai.lake.snapshot import Pin, Snapshot
from beizai.lake.store import Lake

__all__ = ["EVENTS", "FREE", "LINES", "ORDERS", "TABLES", "Lake", "Lease", "Pin", "Snapshot"]
