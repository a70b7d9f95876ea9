"""What the demo invents: the same every time, at example.test, and a fifth that may not be written to."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from beizai.channels.catcher import Caught
from beizai.cli.demo import invented, planted, readers
from beizai.cli.demo.picture import draw_picture

TODAY = datetime(2017, 11, 6, 14, tzinfo=UTC)
HOUSEHOLDS = [str(number) for number in range(1, 2470)]
MAIL = b"""From: a@shop.example.test\r\nTo: b@example.test\r\nSubject: s\r\nMIME-Version: 1.0\r
List-Unsubscribe: <http://127.0.0.1:8765/t/u/token>\r\nContent-Type: text/html\r\n\r
<a href="http://127.0.0.1:8765/t/c/token.1">x</a><img src="http://127.0.0.1:8765/t/o/token.gif">"""


def test_about_one_in_five_has_no_address_or_gave_no_permission() -> None:
    people = invented.people(HOUSEHOLDS, today=TODAY)
    unreachable = sum(not one.email or one.decision != "granted" for one in people) / len(people)
    assert 0.15 < unreachable < 0.25
    assert all(one.email.endswith(".test") for one in people if one.email)
    assert people == invented.people(HOUSEHOLDS, today=TODAY)


def test_nobody_decided_after_today_or_is_tracked_without_having_allowed_mails() -> None:
    people = invented.people(HOUSEHOLDS, today=TODAY)
    assert all(one.decided_at is None or one.decided_at <= TODAY for one in people)
    assert all(one.decision == "granted" for one in people if one.may_track)


def test_nobody_brought_themselves() -> None:
    assert all(comer != bringer for comer, bringer in invented.referrals(HOUSEHOLDS))


def test_only_baskets_of_the_treated_are_bought_once_more(tmp_path: Path) -> None:
    held_back = pa.table(
        {
            "customer": [str(n % 10) for n in range(400)],
            "order": [f"b{n}" for n in range(400)],
            "at": pa.array([TODAY + timedelta(days=1)] * 400, pa.timestamp("us", "UTC")),
            "amount": [1.0] * 400,
        }
    )
    pq.write_table(held_back, tmp_path / "held.parquet")
    lifts = {1: planted.Lift(frozenset({"1", "2"}), one_in=4.0)}
    planted.write_extra_orders(tmp_path / "held.parquet", tmp_path / "extra.parquet", lifts)
    extra = duckdb.read_parquet(str(tmp_path / "extra.parquet")).fetchall()
    assert {row[0] for row in extra} == {"1", "2"}
    assert 8 < len(extra) < 34
    assert all(row[1].startswith("extra-b") for row in extra)


def test_what_readers_do_comes_in_order_of_time_and_after_the_mail() -> None:
    mails = [Caught(n, TODAY, "a@shop.example.test", f"c{n}@example.test", "s", "", MAIL) for n in range(200)]
    made = readers.visits(mails, sent_at=TODAY)
    assert made == sorted(made)
    assert made[0].at > TODAY
    assert {visit.method for visit in made} == {"GET", "HEAD", "POST"}


def test_the_picture_is_small_enough_for_a_mail(tmp_path: Path) -> None:
    draw_picture(tmp_path / "basket.png")
    assert (tmp_path / "basket.png").stat().st_size < 100_000
