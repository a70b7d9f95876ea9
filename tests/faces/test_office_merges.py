"""Pairs to look at, merges and their undoing, over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from beizai.consent import ledger
from beizai.customers import cards, remarks
from beizai.customers.models import Customer, Standing
from beizai.identity import merging, proposals, rules
from beizai.identity.cards import card_of
from beizai.identity.models import Merge, Proposal
from beizai.office import shell
from beizai.office.customers import listing
from beizai.sources.register import office
from beizai.staff.models import Shop, User
from beizai.worker.models import Job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def shop(monkeypatch):
    monkeypatch.setattr(listing, "_total", None)
    shell.forget_tallies()
    return Shop.objects.create(
        pk=1, name="Maison Lin", currency="EUR", timezone="Europe/Paris", country="FR", clock_at=NOW
    )


@pytest.fixture
def owner(client):
    return as_role(client, "owner")


def as_role(client, role):
    client.force_login(
        User.objects.create_user(f"{role}@example.test", None, name=role.title(), role=role), backend=BACKEND
    )
    return client


def card(name, *points, **fields):
    return cards.add(
        cards.NewCard(name=name, points=points, **fields), source=office(NOW), now=NOW, country="FR"
    ).pk


@pytest.fixture
def pair():
    one = card("Élodie Marchand", ("email", "elodie@example.test"), country="FR")
    other = card("Elodie Marchant", ("phone", "06 12 34 56 78"), country="FR")
    said = {"given_name": {"level": "same", "bits": 6.0}, "family_name": {"level": "one_slip", "bits": 3.0}}
    proposals.add([proposals.Found(one, other, 0.87, said)], rule="matching", now=NOW)
    return Proposal.objects.get()


def text(answer):
    return answer.content.decode()


def test_a_pair_stands_side_by_side_with_what_differs_marked(owner, pair):
    page = text(owner.get("/customers/review/"))
    assert "<mark>Élodie Marchand</mark>" in page
    assert "a letter or digit off" in page
    assert "87%" in page
    assert 'data-key="j"' in page


def test_joining_a_pair_leads_to_one_card_and_undo_gives_both_back(owner, pair):
    answer = owner.post(
        f"/customers/review/{pair.pk}/", {"answer": "join", "keep": pair.right_id}, follow=True
    )
    assert "Joined" in text(answer)
    made = Merge.objects.get()
    assert (made.card_id, card_of(pair.left_id)) == (pair.right_id, pair.right_id)
    assert str(made.user) in text(owner.get(f"/customers/merges/{made.pk}/"))
    answer = owner.post(f"/customers/merges/{made.pk}/apart/", follow=True)
    assert "Taken apart" in text(answer)
    assert card_of(pair.left_id) == pair.left_id
    assert set(Standing.objects.values_list("pk", flat=True)) == {pair.left_id, pair.right_id}


@pytest.mark.parametrize(("answer", "state"), [("apart", "apart"), ("later", "later")])
def test_a_pair_kept_apart_or_put_off_can_be_opened_again(owner, pair, answer, state):
    owner.post(f"/customers/review/{pair.pk}/", {"answer": answer})
    pair.refresh_from_db()
    assert pair.state == state
    owner.post(f"/customers/review/{pair.pk}/reopen/")
    pair.refresh_from_db()
    assert pair.state == "open"


def test_a_pair_decided_meanwhile_is_refused_with_words(owner, pair):
    proposals.keep_apart(pair.pk, now=NOW)
    answer = owner.post(f"/customers/review/{pair.pk}/", {"answer": "join"})
    assert answer.status_code == 400
    assert "decided about this pair already" in text(answer)


def test_the_card_says_that_it_may_be_a_double(owner, pair):
    assert f"/customers/review/?pair={pair.pk}" in text(owner.get(f"/customers/{pair.left_id}/"))


def test_every_page_of_a_joined_card_is_the_kept_cards(owner, pair):
    merging.merge([pair.right_id], pair.left_id, now=NOW)
    moved = owner.get(f"/customers/{pair.right_id}/edit/?x=1")
    assert (moved.status_code, moved.url) == (302, f"/customers/{pair.left_id}/edit/?x=1")
    owner.post(f"/customers/{pair.right_id}/note/", {"text": "Likes oolong"})
    page = text(owner.get(f"/customers/{pair.left_id}/?show=all"))
    assert "Likes oolong" in page
    assert "elodie@example.test" in page
    assert "06 12 34 56 78" in page


def test_a_joined_card_is_not_listed_and_its_name_and_number_find_the_kept_one(owner, pair):
    merging.merge([pair.right_id], pair.left_id, now=NOW)
    page = text(owner.get("/customers/?sort=name"))
    assert (page.count("<b>Élodie Marchand</b>"), "Elodie Marchant" in page) == (1, False)
    for words in ("Marchant", "0612345678", f"%23{pair.right_id}"):
        assert f"/customers/{pair.left_id}/" in text(owner.get(f"/customers/?q={words}&sort=name"))


def test_a_tag_of_a_joined_card_filters_the_list(owner, pair):
    remarks.add_tag(pair.right_id, "vip", source=office(NOW), now=NOW)
    merging.merge([pair.right_id], pair.left_id, now=NOW)
    assert "<b>Élodie Marchand</b>" in text(owner.get("/customers/?tag=vip&sort=name"))
    owner.post(f"/customers/{pair.left_id}/tags/", {"remove": "vip"})
    assert "<b>Élodie Marchand</b>" not in text(owner.get("/customers/?tag=vip&sort=name"))


def test_what_the_joined_one_refused_stands_on_the_card(owner, pair):
    given = ledger.Given(pair.right_id, "marketing", "refused", "No letters!", NOW, office(NOW).pk)
    ledger.record(given, now=NOW)
    merging.merge([pair.right_id], pair.left_id, now=NOW)
    assert "No letters!" in text(owner.get(f"/customers/{pair.left_id}/"))


def test_two_cards_are_joined_by_hand_from_one_of_them(owner, pair):
    third = card("Zoé Quiniou")
    answer = owner.post(f"/customers/{third}/join/", {"who": "Marchant"}, follow=True)
    assert "Joined" in text(answer)
    assert card_of(pair.right_id) == third
    again = owner.post(f"/customers/{third}/join/", {"customer": third})
    assert "cannot be joined to itself" in text(again)


def test_a_merge_says_what_would_stay_and_every_merge_is_listed(owner, pair):
    made = merging.merge([pair.right_id], pair.left_id, now=NOW - timedelta(hours=1), rule="matching")
    kept = Customer.objects.get(pk=pair.left_id)
    cards.edit(kept.pk, {"language": "fr"}, revision=kept.revision, source=office(NOW), now=NOW)
    page = text(owner.get(f"/customers/merges/{made.pk}/"))
    assert "Would stay with the kept card" in page
    assert "<b>Language</b><small>fr</small>" in page
    assert "found by comparing the whole book" in text(owner.get("/customers/merges/"))


def test_the_rules_are_set_and_joint_cards_follow(owner, pair):
    Customer.objects.filter(pk=pair.right_id).update(name="Élodie Marchand-Dupont")
    merging.merge([pair.right_id], pair.left_id, now=NOW)
    page = owner.get("/customers/merges/rules/")
    told = {name: field.value() for name, field in ((one.name, one) for one in page.context["form"])}
    told = {name: value for name, value in told.items() if value not in (None, False)}
    owner.post("/customers/merges/rules/", told | {"rule_name": "longest", "review_above": 60})
    assert Customer.objects.get(pk=pair.left_id).name == "Élodie Marchand-Dupont"
    assert rules.rules().review_above == 0.6
    refused = owner.post("/customers/merges/rules/", told | {"review_above": 99, "merge_above": 50})
    assert "Both lie between" in text(refused)


def test_looking_through_the_book_is_left_to_a_worker(owner, pair):
    answer = owner.post("/customers/review/look/")
    assert answer.url == f"/waiting/{Job.objects.get(kind='look').pk}/"
    assert owner.get(answer.url).status_code == 200


def test_who_may_not_see_names_may_not_look_at_pairs(client, pair):
    analyst = as_role(client, "analyst")
    assert analyst.get("/customers/review/").status_code == 403
    assert analyst.get("/customers/merges/1/").status_code == 403
