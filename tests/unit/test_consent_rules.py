"""May this customer be written to: the rule alone, without a database."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from beizai.consent.countries import law_of, laws
from beizai.consent.models import Basis, Purpose
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


def under(country: str, basis: str, *, days_ago: int = 0, channel: str = "email", **asked: object) -> str:
    entry = DecisionRow(1, "granted", NOON - timedelta(days=days_ago), None, basis)
    fields = {"purpose": "marketing", "law": law_of(country), **asked}
    return str(judge([entry], at=NOON, channel=channel, **fields).reason)  # type: ignore[arg-type]


def test_implied_consent_ends_after_24_months_and_an_inquiry_after_6_in_canada() -> None:
    assert [under("CA", "implied", days_ago=days) for days in (729, 730)] == ["granted", "expired"]
    assert [under("CA", "inquiry", days_ago=days) for days in (180, 185)] == ["granted", "expired"]
    assert under("CA", "consent", days_ago=9000) == "granted"


def test_express_consent_stands_when_a_later_implied_one_has_ended() -> None:
    rows = [
        row(1, "granted", NOON - timedelta(days=1500)),
        DecisionRow(2, "granted", NOON - timedelta(days=800), None, "implied"),
    ]
    answer = judge(rows, purpose="marketing", at=NOON, law=law_of("CA"))
    assert (answer.allowed, answer.entry_id) == (True, 1)


def test_a_basis_that_does_not_carry_in_the_country_is_no_permission() -> None:
    assert under("DE", "legitimate_interest") == "basis_not_lawful"
    assert under("DE", "legitimate_interest", channel="letter") == "granted"
    assert under("DE", "soft_opt_in") == "granted"
    assert under("US", "legitimate_interest") == "granted"
    assert under("CN", "soft_opt_in") == "basis_not_lawful"
    assert under("JP", "legitimate_interest") == "basis_not_lawful"  # no rule of its own: the strictest


def test_china_wants_tracking_agreed_to_on_its_own() -> None:
    bundled = DecisionRow(1, "granted", NOON, None, "consent", separate=False)
    answers = [judge([bundled], purpose="tracking", at=NOON, law=law_of(c)).reason for c in ("CN", "FR")]
    assert answers == [Reason.NOT_SEPARATE, Reason.GRANTED]


def test_calls_without_consent_need_a_register_looked_at_within_a_month() -> None:
    def call(days: int | None) -> str:
        checked = None if days is None else NOON - timedelta(days=days)
        return under("US", "legitimate_interest", channel="phone", list_checked_at=checked)

    assert [call(None), call(31), call(30)] == ["list_out_of_date", "list_out_of_date", "granted"]
    assert under("US", "consent", channel="phone") == "granted"


def test_the_files_of_the_countries_are_whole() -> None:
    for law in laws().values():
        assert set(law.permits) == set(Purpose.values), law.code
        named = {basis for channels in law.permits.values() for bases in channels.values() for basis in bases}
        assert named | set(law.ends_after_days) | law.list_unless <= set(Basis.values), law.code
        assert law.separate <= set(Purpose.values)
        assert law.address in ("whole", "network", "none")
        assert law.laws
        assert law.countries
    everywhere_once = [country for law in laws().values() for country in law.countries]
    assert len(everywhere_once) == len(set(everywhere_once))
