"""May this customer be written to: the rule alone, without a database."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from beizai.consent.rules import DecisionRow, Reason, judge

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def row(number: int, decision: str, at: datetime = NOON, expires_at: datetime | None = None) -> DecisionRow:
    return DecisionRow(number, decision, at, expires_at)


def test_no_decision_means_no_contact() -> None:
    assert judge([], purpose="marketing", at=NOON).reason is Reason.NO_DECISION


def test_an_order_asks_for_its_service_mail() -> None:
    assert judge([], purpose="service", at=NOON).allowed


def test_a_refusal_wins_a_tie() -> None:
    answer = judge([row(1, "refused"), row(2, "granted")], purpose="marketing", at=NOON)
    assert (answer.allowed, answer.reason, answer.entry_id) == (False, Reason.REFUSED, 1)


def test_the_latest_decision_holds_whatever_the_order_of_the_rows() -> None:
    later = row(3, "granted", NOON + timedelta(hours=1))
    assert judge([later, row(1, "withdrawn")], purpose="marketing", at=NOON + timedelta(days=1)).allowed


def test_what_is_decided_later_is_not_known_yet() -> None:
    assert not judge([row(1, "granted", NOON + timedelta(seconds=1))], purpose="marketing", at=NOON).allowed


def test_a_permission_ends_on_its_day() -> None:
    entry = row(1, "granted", NOON - timedelta(days=730), expires_at=NOON)
    assert judge([entry], purpose="marketing", at=NOON).reason is Reason.EXPIRED


@given(
    st.lists(st.tuples(st.sampled_from(["granted", "refused", "withdrawn"]), st.integers(0, 3)), min_size=1)
)
def test_nobody_is_written_to_while_a_refusal_is_as_new_as_any_permission(
    given_rows: list[tuple[str, int]],
) -> None:
    rows = [row(n, decision, NOON + timedelta(hours=hour)) for n, (decision, hour) in enumerate(given_rows)]
    answer = judge(rows, purpose="marketing", at=NOON + timedelta(days=1))
    newest = max(r.at for r in rows)
    assert answer.allowed == all(r.decision == "granted" for r in rows if r.at == newest)
