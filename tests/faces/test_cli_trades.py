"""A trade from the command line: a home filled with its example, looked at, and emptied again."""

from pathlib import Path

from beizai_process import beizai


def test_a_home_is_filled_with_an_example_and_emptied_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    alone = beizai(home, "init", "--example", "--json")
    assert alone.code == 1
    assert "--trade" in alone.json["error"]["hint"]
    assert not home.exists()

    made = beizai(
        home, "init", "--trade", "lender", "--example", "--currency", "EUR", "--locale", "fr", "--json"
    )
    assert made.code == 0, made.err
    assert made.json["example"]["simulated"]
    assert made.json["example"]["customers"] == 300

    plans = beizai(home, "trades", "plans", "--json").json["plans"]
    assert [one["key"] for one in plans] == ["risks"]
    assert plans[0]["subject"] == "Ce que coûte un emprunt"
    steps = beizai(home, "trades", "funnel", "--json").json["funnel"]
    assert steps[0]["customers"] == 300
    assert steps[0]["cost_minor"] == 640

    gone = beizai(home, "trades", "example", "remove", "--json")
    assert gone.json["customers"] == 300
    again = beizai(home, "trades", "example", "remove", "--json")
    assert again.code == 1
