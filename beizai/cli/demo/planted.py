"""The planted lift: extra purchases of some who were written to, copied from their own real baskets (SIMULATED)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa


@dataclass(frozen=True)
class Lift:
    """Of the held-back baskets of these households, one in `one_in` is bought once more."""

    households: frozenset[str]
    one_in: float


def write_extra_orders(held_back: Path, target: Path, lifts: Mapping[int, Lift]) -> None:
    """Writes the extra purchases as a file of orders to import: the same lines an hour later, number "extra-…".

    Which baskets is fixed by their number and the campaign's, so the demo always plants the same.
    """
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'; set enable_progress_bar = false")
        con.from_parquet(str(held_back)).create_view("held_back")
        baskets = con.execute('select distinct customer, "order" from held_back order by "order"').fetchall()
        con.register("chosen", pa.table({"order": pa.array(_chosen(baskets, lifts), pa.string())}))
        extra = con.sql(
            'select * replace (\'extra-\' || "order" as "order", "at" + interval 1 hour as "at") '
            'from held_back semi join chosen using ("order")'
        )
        extra.write_parquet(str(target), compression="zstd")


def _chosen(baskets: list[tuple[str, str]], lifts: Mapping[int, Lift]) -> list[str]:
    chosen = []
    for household, basket in baskets:
        for campaign_id, lift in lifts.items():
            if household in lift.households and _draw(campaign_id, basket) < 1 / lift.one_in:
                chosen.append(basket)
    return chosen


def _draw(campaign_id: int, basket: str) -> float:
    digest = hashlib.blake2b(f"{campaign_id}:{basket}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
