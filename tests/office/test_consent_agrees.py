"""Every way of asking gives the answer of may_contact: one by one, the whole book, a list's condition, the snapshot."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beizai.consent import ledger, suppression
from beizai.consent.asking import permitted_q
from beizai.consent.models import ConsentEntry, ListCheck, ListedPoint
from beizai.consent.permitted import permitted
from beizai.consent.restricting import lift, restrict
from beizai.consent.rules import may_contact_many
from beizai.customers.models import ContactPoint, Customer
from beizai.segments import rows
from beizai.sources import register
from beizai.staff.shop import shop

pytestmark = pytest.mark.django_db(transaction=False)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PEOPLE = 6
CHANNELS = ("email", "phone", "letter")

decision = st.fixed_dictionaries(
    {
        "who": st.integers(0, PEOPLE - 1),
        "purpose": st.sampled_from(["marketing", "tracking", "service"]),
        "decision": st.sampled_from(["granted", "granted", "granted", "refused", "withdrawn"]),
        "channel": st.sampled_from(["", *CHANNELS]),
        "topic": st.sampled_from(["", "", "shoes"]),
        "basis": st.sampled_from(
            ["consent", "soft_opt_in", "legitimate_interest", "implied", "inquiry", "contract"]
        ),
        "separate": st.booleans(),
        "months": st.integers(0, 30),
        "ends": st.sampled_from([None, None, 10, 500]),
    }
)
mark = st.tuples(
    st.sampled_from(["own", "list", "restrict", "lift"]), st.integers(0, PEOPLE - 1), st.integers(0, 12)
)


def people(countries: list[str]) -> list[int]:
    source = register.office(NOON)
    ids = []
    for number in range(PEOPLE):
        card = Customer.objects.create(
            name=f"C{number}", country=countries[number], source=source,
            created_at=NOON - timedelta(days=2000), changed_at=NOON - timedelta(days=2000),
        )  # fmt: skip
        ids.append(card.pk)
        for channel in ("email", "phone"):
            ContactPoint.objects.create(
                customer=card, channel=channel, value=f"{channel}{card.pk}", normal=f"{channel}{card.pk}",
                source=source, added_at=NOON - timedelta(days=1000),
            )  # fmt: skip
    return ids


def months_ago(months: int) -> datetime:
    return NOON - timedelta(days=30 * months)


def written(ids: list[int], entry: dict[str, object]) -> None:
    at = months_ago(entry["months"])  # type: ignore[arg-type]
    ends = entry["ends"]
    ledger.record(
        ledger.Given(
            ids[entry["who"]], entry["purpose"], entry["decision"], "Yes.", at, None,  # type: ignore[index,arg-type]
            channel=entry["channel"], basis=entry["basis"], topic=entry["topic"], separate=entry["separate"],  # type: ignore[arg-type]
            assessment="Weighed.", expires_at=at + timedelta(days=ends) if ends else None,  # type: ignore[arg-type]
        ),
        now=NOON,
    )  # fmt: skip


def marked(ids: list[int], what: str, who: int, months: int) -> None:
    at = months_ago(months)
    match what:
        case "own":
            suppression.suppress("email", f"email{ids[who]}", "complaint", at=at)
        case "list":
            check = ListCheck.objects.create(
                name="Register", channel="phone", checked_at=at, file_name="r.csv", file_sha256="", points=1, recorded_at=NOON
            )  # fmt: skip
            point = f"phone{ids[who]}"
            ListedPoint.objects.create(list_check=check, normal_hash=suppression._hash("phone", point))
            suppression._mark("phone", [point], suppression.DO_NOT_CALL, at=at, list_check_id=check.pk)
        case "restrict":
            restrict(ids[who], "They asked.", at=at)
        case "lift":
            lift(ids[who], "They were told.", at=at)


@given(
    countries=st.lists(
        st.sampled_from(["", "FR", "US", "CA", "CN", "GB", "JP"]), min_size=PEOPLE, max_size=PEOPLE
    ),
    home=st.sampled_from(["", "US", "CA", "JP"]),
    entries=st.lists(decision, max_size=24),
    marks=st.lists(mark, max_size=6),
    months=st.integers(-2, 20),
)
@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_every_way_of_asking_agrees_now_and_in_the_past(
    countries: list[str],
    home: str,
    entries: list[dict[str, object]],
    marks: list[tuple[str, int, int]],
    months: int,
) -> None:
    here = shop()
    here.country = home
    here.save()
    ids = people(countries)
    for entry in entries:
        written(ids, entry)
    for one in marks:
        marked(ids, *one)
    at = months_ago(months)
    snapshot, _ = rows.table(rows.Asked(at, "UTC", {}, only=ids))
    flags = {row["customer_id"]: row for row in snapshot.to_pylist()}
    for purpose in ("marketing", "tracking", "service"):
        whole, some = permitted(purpose, at), permitted(purpose, at, customer_ids=ids[:3])
        for channel in CHANNELS:
            answers = may_contact_many(ids, channel, purpose, at)
            told = [one for one, answer in answers.items() if answer.allowed]
            assert [one for one in ids if whole.may(one, channel)] == told
            assert [one for one in ids[:3] if some.may(one, channel)] == [
                one for one in told if one in ids[:3]
            ]
            assert [one for one in ids if flags.get(one, {}).get(f"may_{channel}_{purpose}")] == told
            if purpose != "service":
                asked = permitted_q(channel, purpose, at, key="pk", country="country")
                found = Customer.objects.filter(asked, pk__in=ids).order_by("pk")
                assert list(found.values_list("pk", flat=True)) == told
            assert all(
                answer.entry_id is None
                or ConsentEntry.objects.filter(pk=answer.entry_id, customer_id=one, purpose=purpose).exists()
                for one, answer in answers.items()
            )
