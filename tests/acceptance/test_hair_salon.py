"""A salon of 60 regulars: from the first command to who is due, who went quiet, and what a mail to them earned."""

from datetime import date, timedelta
from pathlib import Path

from trade_story import Story


def test_a_salon_s_loop(tmp_path: Path) -> None:
    salon = Story(tmp_path, "hair-salon", "name=Salon")
    assert salon.customers(60)["accepted"] == 60
    visits = salon.visits(42, date.today() - timedelta(days=1), silent_from=41, count=60, amount=45)
    assert visits["orders"] == 60 * 7
    due = salon.run("segments", "count", "Due for the next cut")["customers"]
    quiet = salon.run("segments", "count", "Regulars gone quiet")["customers"]
    assert quiet == 20
    assert due >= quiet
    week = {one["segment"]: one["customers"] for one in salon.run("trades", "week")["week"]}
    assert week["Regulars gone quiet"] == quiet
    report = salon.campaign("Regulars gone quiet")
    ledger = report["ledger"]
    assert ledger["sent"] > 0
    assert ledger["held_out"] > 0
    assert ledger["sent"] + ledger["held_out"] + sum(ledger["refused"].values()) == 20
    assert report["profit"]["verdict"] == "cannot_tell"
