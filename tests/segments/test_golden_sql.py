"""The text each engine is given for one telling rule; run with GOLDEN=write to write it anew and read the difference."""

import os
from pathlib import Path

import ibis
import pytest
from ibis.config import Config
from rules_and_people import AS_OF, tables

from beizai.segments import compile as compiled
from beizai.segments import rule as r
from beizai.segments.person import Person
from beizai.value.thresholds import Thresholds

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
LINES = Thresholds(AS_OF, 100, (90, 60, 30, 10), (1, 2, 3, 5), (1_000, 2_000, 3_000, 9_000), 8_000, 30.0, 50)
RULES = {
    "regulars_gone_quiet": r.All(
        (
            r.Orders("purchase_days", "at_least", 3, r.Window(within_days=730)),
            r.Silence("at_least", 20),
            r.Any((r.Attribute("country", "is", "FR"), r.Tagged("vip"))),
            r.Bought(category="Tea"),
            r.NeverBought(product="B-2", window=r.Window(within_days=90)),
            r.MayContact("email", "marketing"),
        )
    ),
    "best_by_label": r.All(
        (
            r.Labelled("stage", ("loyal",)),
            r.Scored("m", "at_least", 4),
            r.Happened("clicked", window=r.Window(within_days=30)),
        )
    ),
}


class Spark(Config):
    """What Ibis would set if PySpark were here; the text needs no engine."""

    treat_nan_as_null: bool = False


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "pyspark"])
@pytest.mark.parametrize("name", RULES)
def test_the_text_an_engine_is_given_changes_only_on_purpose(name, dialect, monkeypatch):
    monkeypatch.setattr(ibis.options, "pyspark", Spark())
    named = tables([Person(1)], named=True)
    text = (
        str(ibis.to_sql(compiled.members(RULES[name], named, as_of_on=AS_OF, lines=LINES), dialect=dialect))
        + "\n"
    )
    path = GOLDEN / f"segment_{name}.{dialect}.sql"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
