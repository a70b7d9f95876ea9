"""A shoe house: measures come in with a file, belong to the card, stay out of mails and exports, and serve the loop."""

from datetime import date, timedelta
from pathlib import Path

from beizai_process import beizai
from trade_story import Story, said


def test_a_shoe_house_s_loop(tmp_path: Path) -> None:
    house = Story(tmp_path, "shoemaker", "name=Shoe house")
    lengths = [240 + number % 40 for number in range(50)]
    done = house.customers(50, foot_length_mm=lengths, last_number=[f"L{one}" for one in lengths])
    assert done["accepted"] == 50
    orders = house.visits(60, date.today() - timedelta(days=1), silent_from=21, count=30, amount=180)
    assert orders["orders"] == 30 * 7
    card = house.run("customers", "show", "1")
    assert "240" in said(card)
    assert house.run("segments", "count", "Measured and never bought")["customers"] == 20
    assert house.run("segments", "count", "Regulars gone quiet")["customers"] == 10

    (house.folder / "mail.mjml").write_text("<mjml><mj-body></mj-body></mjml>", "utf-8")
    plan = house.folder / "body.toml"
    plan.write_text(
        'name = "Measures"\nsegment = "Regulars gone quiet"\nsubject = "Your {{ customer.foot_length_mm }}"\nmjml = "@mail.mjml"\n'
        "contact_cost = 2\nwindow_days = 42\n",
        "utf-8",
    )
    number = house.run("campaigns", "plan", plan)["id"]
    refused = beizai(house.home, "campaigns", "approve", str(number), "--json")
    assert refused.code == 1
    assert "foot_length_mm" in said(refused.json), "what a body measures never stands in a subject"

    draft = house.run("trades", "plan", "measure")
    assert house.run("campaigns", "list")["campaigns"][-1]["id"] == draft["id"]
    report = house.campaign("Measured and never bought")
    assert report["ledger"]["sent"] > 0
    assert report["profit"]["verdict"] == "cannot_tell"
