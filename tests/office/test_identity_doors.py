"""The same person comes to the same card, whichever door they come by; whom nobody can be sure of waits for a person."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beizai.base.home import Home
from beizai.customers import cards as book_cards
from beizai.customers import points as book_points
from beizai.customers.cards import NewCard
from beizai.customers.models import Channel, ContactPoint, Customer, ExternalId
from beizai.identity import deterministic, meeting, merging, rules
from beizai.identity.deterministic import Point, same_card
from beizai.identity.models import Belonging, Proposal, SharedPoint
from beizai.imports.files import Preview, Result, Wish, bring_in, preview, undo
from beizai.sources import register
from beizai.sources.models import Source, SourceKind
from beizai.staff.shop import shop

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HEAD = "Customer number,Name,Email,Phone\n"


@pytest.fixture
def bring(home: Home, tmp_path: Path) -> Callable[..., Result]:
    the_shop = shop()
    the_shop.currency, the_shop.timezone, the_shop.country = "EUR", "Europe/Paris", "FR"
    the_shop.save()

    def bring_text(
        text: str, *, source: str = "Shop", at: datetime = NOW, look: bool = False, kind: str = "customers"
    ):
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
        do = preview if look else bring_in
        return do(path, kind=kind, source=source, now=at, wish=Wish())

    return bring_text


def card(name: str = "Marie Lin", email: str = "", phone: str = "", **more: object) -> int:
    given = [(channel, value) for channel, value in (("email", email), ("phone", phone)) if value]
    return book_cards.add(
        NewCard(name=name, points=given), source=register.office(NOW), now=NOW, country="FR"
    ).pk


def waiting() -> set[tuple[int, int, str]]:
    found = Proposal.objects.filter(state=Proposal.State.OPEN)
    return {(one.left_id, one.right_id, next(iter(one.evidence))) for one in found}


def test_a_person_written_down_by_hand_is_met_by_a_files_email(bring: Callable[..., Result]) -> None:
    number = card(email="m@example.test")
    done = bring(HEAD + "K1,Lin Marie,m@example.test,\n")
    assert (done.new_customers, done.met) == (0, {"email": 1})
    assert ExternalId.objects.get(value="K1").customer_id == number


def test_an_email_under_another_name_makes_a_card_and_a_question(bring: Callable[..., Result]) -> None:
    marie = card("Marie Lin", "house@example.test")
    done = bring(HEAD + "K1,Benjamin Okafor,house@example.test,\n")
    ben = ExternalId.objects.get(value="K1").customer_id
    assert (done.new_customers, done.doubts, done.doubted_pairs) == (1, {"other_name": 1}, 1)
    assert waiting() == {(marie, ben, "other_name")}


def test_a_familys_phone_with_two_names_leads_each_to_their_own_card(bring: Callable[..., Result]) -> None:
    text = "Name,Phone\nAda Lin,0612345678\nBenjamin Okafor,0612345678\n"
    first = bring(text)
    again = bring(text, at=NOW + DAY, source="Fair")
    assert (first.new_customers, again.new_customers, again.met) == (2, 0, {"phone": 2})
    assert not Proposal.objects.exists()


def test_a_phone_without_a_name_is_a_question(bring: Callable[..., Result]) -> None:
    number = card("Ada Lin", phone="0612345678")
    done = bring("Name,Phone\n,0612345678\n")
    assert (done.new_customers, done.doubts) == (1, {"phone_alone": 1})
    assert {one for one, *_ in waiting()} == {number}


def test_the_number_wins_over_an_email_and_the_contradiction_is_shown_before_and_after(
    bring: Callable[..., Result],
) -> None:
    bring(HEAD + "K1,Ada Lin,ada@example.test,\nK2,Benjamin Okafor,ben@example.test,\n")
    ada, ben = (ExternalId.objects.get(value=number).customer_id for number in ("K1", "K2"))
    text = HEAD + "K1,,ben@example.test,\n"
    seen = bring(text, look=True)
    assert isinstance(seen, Preview)
    assert (seen.happens["known_by_number"], seen.doubts) == (1, {"two_ways": 1})
    assert seen.doubtful == (("two_ways", 2, ben),)
    assert not Proposal.objects.exists()
    bring(text, at=NOW + DAY)
    assert waiting() == {(ada, ben, "two_ways")}


def test_a_row_that_leads_to_two_cards_goes_by_the_email_and_is_a_question(
    bring: Callable[..., Result],
) -> None:
    by_email, by_phone = card("", email="m@example.test"), card("Marie Lin", phone="0612345678")
    done = bring("Name,Email,Phone\nMarie Lin,m@example.test,0612345678\n")
    assert (done.new_customers, done.met) == (0, {"email": 1})
    assert waiting() == {(by_email, by_phone, "two_ways")}


def test_two_cards_of_one_email_and_name_are_never_guessed_between(bring: Callable[..., Result]) -> None:
    one, two = card(email="m@example.test"), card(email="m@example.test")
    done = bring("Name,Email\nMarie Lin,m@example.test\n")
    assert (done.new_customers, done.doubts) == (1, {"several": 1})
    assert {left for left, *_ in waiting()} == {one, two}
    again = bring("Name,Email\nMarie Lin,m@example.test\n", at=NOW + DAY)
    assert again.new_customers == 0  # by the card this source brought


def test_two_rows_of_one_person_under_two_addresses_of_the_book_complete_one_card(
    bring: Callable[..., Result],
) -> None:
    number = card(email="m@example.test")
    book_points.add(
        Customer.objects.get(pk=number), "email", "lin@example.test", source=register.office(NOW), now=NOW
    )
    done = bring(
        "Name,Email,Phone,Tags\nMarie Lin,m@example.test,0612345678,tea\n,lin@example.test,0612345678,tea\n"
    )
    assert (done.customers, done.new_customers, Customer.objects.count()) == (1, 0, 1)
    assert ContactPoint.objects.filter(channel="phone").count() == 1


def test_two_numbers_of_one_source_never_meet_one_card(bring: Callable[..., Result]) -> None:
    card(email="m@example.test", phone="0612345678")
    done = bring(HEAD + "K1,Marie Lin,m@example.test,\nK2,Marie Lin,,0612345678\n")
    assert (done.new_customers, done.met) == (1, {"email": 1})
    assert len({one.customer_id for one in ExternalId.objects.all()}) == 2


def test_what_somebody_typed_on_a_site_stands_for_nothing_until_it_is_proved(
    bring: Callable[..., Result],
) -> None:
    site = register.source("Site", SourceKind.EDGE, now=NOW)
    claimer = book_cards.add(NewCard(points=(("email", "m@example.test"),)), source=site, now=NOW).pk
    done = bring("Name,Email\nMarie Lin,m@example.test\n")
    assert done.new_customers == 1
    assert {(left, why) for left, _, why in waiting()} == {(claimer, "claimed")}
    ContactPoint.objects.filter(customer=claimer).update(verified_at=NOW)
    assert same_card(points=[Point("email", "m@example.test", verified=True)]).card_id == claimer


def test_an_offices_address_on_many_cards_joins_only_the_very_name(bring: Callable[..., Result]) -> None:
    names = ["Ada Lin", "Benjamin Okafor", "Chloé Martin", "Dora Novak", "Émile Roux"]
    text = "Name,Email\n" + "".join(f"{name},info@example.test\n" for name in names)
    assert bring(text).new_customers == 5
    again = bring(text + "Fatima Zahra,info@example.test\n", at=NOW + DAY, source="Fair")
    assert (again.new_customers, again.met, again.doubts) == (1, {"email": 5}, {})


def test_undoing_an_import_that_met_cards_restores_them_and_takes_its_questions_back(
    bring: Callable[..., Result],
) -> None:
    number = card(email="m@example.test")
    before = Customer.objects.filter(pk=number).values().get()
    other = card("Benjamin Okafor", phone="0612345678")
    done = bring(HEAD + "K1,Lin Marie,m@example.test,0611111111\nK2,Ben Okafor,,0612345678\n")
    assert waiting()
    undo(done.import_id, now=NOW + DAY)
    assert Customer.objects.filter(pk=number).values().get() == before
    assert sorted(Customer.objects.values_list("pk", flat=True)) == [number, other]
    assert not Proposal.objects.exists()
    assert not ExternalId.objects.exists()


def test_a_pair_somebody_told_apart_is_not_asked_again_by_a_file(bring: Callable[..., Result]) -> None:
    card("Marie Lin", "house@example.test")
    bring(HEAD + "K1,Benjamin Okafor,house@example.test,\n")
    Proposal.objects.update(state=Proposal.State.APART)
    again = bring(HEAD + "K1,Benjamin Okafor,house@example.test,\n", at=NOW + DAY)
    assert again.doubted_pairs == 0
    assert not waiting()


def test_an_orders_file_meets_the_same_card(bring: Callable[..., Result]) -> None:
    number = card(email="m@example.test")
    text = "Order number,Date,Amount,Customer number,Name,Email\n1,2025-12-01,10.00,K1,Marie Lin,m@example.test\n"
    assert bring(text, kind="orders").new_customers == 0
    assert ExternalId.objects.get(value="K1").customer_id == number


NAMES = ("", "Marie Lin", "LIN Marie", "M. Lin", "Benjamin Okafor")
CARD = st.tuples(
    st.sampled_from(NAMES),
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from(["told", "proved", "typed", "own"]),
    st.booleans(),
)
ROW = st.tuples(st.sampled_from(NAMES), st.integers(0, 2), st.integers(0, 2), st.booleans())


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    cards=st.lists(CARD, max_size=6), row=ROW, merge=st.booleans(), said=st.sampled_from([None, True, False])
)
def test_a_file_and_a_single_person_are_met_by_one_rule(
    home: Home, cards: list[tuple], row: tuple, merge: bool, said: bool | None
) -> None:
    """The statements for a whole file and the rule for one person give the same card and the same questions."""
    for model in (Proposal, Belonging, SharedPoint, Customer, Source):
        model.objects.all().delete()
    rules.change(shared_by=3)
    mine = register.source("Shop", SourceKind.CUSTOMERS, now=NOW)
    site = register.source("Site", SourceKind.EDGE, now=NOW)
    kinds = {"told": register.office(NOW), "proved": register.office(NOW), "typed": site, "own": mine}
    made = []
    for place, (name, email, phone, how, with_number) in enumerate(cards):
        one = Customer.objects.create(name=name, source=kinds[how], created_at=NOW, changed_at=NOW)
        for channel, which in (("email", email), ("phone", phone)):
            if which:
                one.contact_points.create(
                    channel=channel, value="x", normal=f"{channel}{which}", source=kinds[how], added_at=NOW,
                    verified_at=NOW if how == "proved" else None,
                )  # fmt: skip
        if with_number:
            ExternalId.objects.create(customer=one, source=mine, value=f"K{place}")
        made.append(one.pk)
    if merge and len(made) > 1:
        merging.merge([made[1]], made[0], now=NOW)
    if said is not None:
        deterministic.mark("email", "email1", shared=said, now=NOW)
    name, email, phone, with_number = row
    normals = [(c, f"{c}{which}") for c, which in (("email", email), ("phone", phone)) if which]
    con = duckdb.connect()
    con.execute("create table met (row_no bigint, customer_id bigint, because varchar)")
    con.execute(
        "create table arrivals (row_no bigint, number varchar, email varchar, phone varchar, name varchar)"
    )
    given_points = dict(normals)
    con.execute(
        "insert into arrivals values (7, ?, ?, ?, ?)",
        ["K99" if with_number else None, given_points.get("email"), given_points.get("phone"), name or None],
    )
    meeting.meet(con, mine.pk)
    met = con.execute("select customer_id from met").fetchall()
    maybe = sorted(con.execute("select card_id, reason from maybe").fetchall())
    con.close()
    one = same_card(
        external_ids=[(mine.pk, "K99")] if with_number else [],
        points=[Point(channel, normal, told=True) for channel, normal in normals],
        name=name,
        source_id=mine.pk,
    )
    assert [card for (card,) in met] == ([] if one.card_id is None else [one.card_id])
    assert maybe == sorted((found.card_id, found.reason) for found in one.maybe)
    assert set(meeting.BOTH) == {Channel.EMAIL, Channel.PHONE}
