"""A trader in game currency with 80 customers: who asked and never bought, whom others listen to, what a mail earned."""

from datetime import date, timedelta
from pathlib import Path

from trade_story import Story


def test_a_trader_s_loop(tmp_path: Path) -> None:
    trader = Story(tmp_path, "game-currency", "name=Coins")
    stages = ["beginner", "rising", "top level", "leads a guild"]
    done = trader.customers(
        80,
        years_of_play=[number % 9 for number in range(80)],
        stage_in_game=[stages[number % 4] for number in range(80)],
        monthly_spend=[20 + number * 3 for number in range(80)],
    )
    assert done["accepted"] == 80
    trader.visits(30, date.today() - timedelta(days=1), silent_from=61, count=60, amount=50)
    assert trader.run("segments", "count", "Asked a price and never bought")["customers"] == 20
    types = {one["code"]: one["customers"] for one in trader.run("value", "types")["types"]}
    assert sum(types.values()) == 80
    assert types["not_bought_yet"] == 20
    ranked = trader.run("value", "prospects", "--limit", "5")
    assert (ranked["looked_at"], ranked["not_bought"]) == (80, 20)
    points = [one["points"] for one in ranked["prospects"]]
    assert points == sorted(points, reverse=True)
    assert {part["key"] for part in ranked["prospects"][0]["reasons"] if part["known"]} >= {"monthly_spend"}
    assert ranked["prospects"][0]["ask"], "what is not known yet and could change most is the next question"
    report = trader.campaign("Asked a price and never bought")
    assert report["ledger"]["sent"] > 0
    assert report["profit"]["verdict"] == "cannot_tell"
