"""Who is written to and who is not: the first reason that holds, for everybody."""

from datetime import UTC, date, datetime, timedelta

import pytest

from beizai.base.home import Home
from beizai.consent import ledger as consent
from beizai.customers.models import ContactPoint, Customer
from beizai.messages.arbitration import Eligibility, arbitrate
from beizai.messages.models import Group, Message, State
from beizai.sources import register

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """A home with keys of its own."""


def customer(
    email: str | None = "", *, decision: str | None = "granted", birthday: date | None = None
) -> int:
    source = register.office(NOW)
    card = Customer.objects.create(
        name="Ann", source=source, created_at=NOW, changed_at=NOW, birthday_on=birthday
    )
    if email is not None:
        address(card.pk, email or f"c{card.pk}@example.test")
    if decision:
        consent.record(
            consent.Given(card.pk, "marketing", decision, "Write to me.", NOW, source.pk, channel="email"),
            now=NOW,
        )
    return card.pk


def address(customer_id: int, email: str, *, verified: bool = False) -> None:
    ContactPoint.objects.create(
        customer_id=customer_id,
        channel="email",
        value=email,
        normal=email,
        source=register.office(NOW),
        added_at=NOW,
        verified_at=NOW if verified else None,
    )


def judged(
    *ids: int, cap_days: int = 3, purpose: str = "marketing", campaign_id: int = 9
) -> dict[int, Eligibility]:
    return arbitrate(
        ids, channel="email", purpose=purpose, at=NOW, cap_days=cap_days, campaign_id=campaign_id
    )


def reason(customer_id: int, **given: int) -> str:
    return judged(customer_id, **given)[customer_id].reason


def written(customer_id: int, days_ago: float, *, campaign_id: int = 1, state: str = State.SENT) -> None:
    at = NOW - timedelta(days=days_ago)
    Message.objects.create(
        campaign_id=campaign_id,
        customer_id=customer_id,
        state=state,
        group=Group.TREATED,
        sent_at=at if state == State.SENT else None,
        changed_at=at,
    )


def test_a_permission_with_an_address_is_enough_and_names_its_entry() -> None:
    one = customer("ann@example.test")
    verdict = judged(one)[one]
    assert verdict.eligible
    assert verdict.address == "ann@example.test"
    assert verdict.consent_id


@pytest.mark.parametrize(
    ("decision", "said"), [(None, "no_permission"), ("refused", "refused"), ("withdrawn", "withdrawn")]
)
def test_no_permission_comes_before_every_other_reason(decision: str | None, said: str) -> None:
    assert reason(customer(None, decision=decision)) == said


def test_nobody_under_age_is_written_to() -> None:
    assert reason(customer(birthday=date(2008, 5, 5))) == "minor"
    assert reason(customer(birthday=date(2008, 5, 4))) == ""


def test_an_address_that_bounced_is_left_alone_and_another_is_taken() -> None:
    one = customer("gone@example.test")
    consent.suppress("email", "gone@example.test", "hard_bounce", at=NOW)
    assert reason(one) == "suppressed_hard_bounce"
    address(one, "new@example.test")
    assert judged(one)[one].address == "new@example.test"


def test_no_address_and_an_impossible_one_are_two_reasons() -> None:
    assert reason(customer(None)) == "no_address"
    assert reason(customer("ann(at)example")) == "invalid_address"


def test_an_address_proved_to_work_is_preferred() -> None:
    one = customer("old@example.test")
    address(one, "proved@example.test", verified=True)
    address(one, "newest@example.test")
    assert judged(one)[one].address == "proved@example.test"


def test_two_cards_with_one_address_get_one_mail() -> None:
    first, second = customer("ann@example.test"), customer("ann@example.test")
    verdicts = judged(second, first)
    assert verdicts[first].eligible
    assert verdicts[second].reason == "duplicate_address"


def test_a_card_that_is_refused_does_not_use_up_the_address() -> None:
    refused, second = customer("ann@example.test"), customer("ann@example.test")
    written(refused, 1)
    verdicts = judged(refused, second)
    assert verdicts[refused].reason == "written_lately"
    assert verdicts[second].eligible


def test_who_was_written_to_within_the_cap_waits() -> None:
    one, two, three, four = (customer() for _ in range(4))
    written(one, 2.9)
    written(two, 3.1)
    written(three, 1, state=State.IN_DOUBT)
    written(four, 1, campaign_id=9)
    assert [reason(i) for i in (one, two, three, four)] == ["written_lately", "", "written_lately", ""]
    assert reason(one, cap_days=0) == ""


def test_a_card_that_is_gone_is_no_customer() -> None:
    assert reason(12345) == "no_customer"


def test_service_mail_has_no_cap_and_needs_no_permission() -> None:
    one = customer(decision=None)
    written(one, 1)
    assert judged(one, purpose="service")[one].eligible
