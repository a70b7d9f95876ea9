"""What customers say: written down once, in somebody's hands, facts proposed from it, and who complains is not sold to."""

from datetime import UTC, datetime, timedelta

import pytest

from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.base.personal import holdings
from beizai.consent import ledger
from beizai.conversations import talking
from beizai.conversations.exports import Line
from beizai.conversations.models import Conversation, ProposedFact, Utterance
from beizai.conversations.talking import Told
from beizai.customers import cards
from beizai.customers.models import AttributeDefinition, Customer
from beizai.messages.arbitration import arbitrate
from beizai.sources.register import office
from beizai.staff.models import Shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 7, 0, tzinfo=UTC)


@pytest.fixture
def ann():
    Shop.objects.create(pk=1, currency="EUR", timezone="Europe/Paris", country="FR", clock_at=NOW)
    AttributeDefinition.objects.create(key="town", label="Town")
    AttributeDefinition.objects.create(key="age", label="Age", kind="number")
    return cards.add(
        cards.NewCard(name="Ann Lee", points=[("email", "ann@example.test")]), source=office(NOW), now=NOW
    )


def told(ann, text="I live in Nantes.", kind="question", **more):
    return talking.open_one(
        Told(ann.pk, kind, "call", text, NOW, **more), source=office(NOW), by=None, now=NOW
    )


def lines(*texts, who="Ann"):
    return [Line(who, datetime(2026, 4, 1, 9, number), text) for number, text in enumerate(texts)]


def brought(ann, found, name="Ann"):
    return talking.bring_in(
        found, customer_id=ann.pk, name=name, way="messenger", source=office(NOW), by=None, now=NOW
    )


def test_a_question_is_due_a_talk_is_closed_at_once(ann):
    assert told(ann).due_at == NOW + timedelta(days=2)
    assert told(ann, kind="complaint").due_at == NOW + timedelta(days=1)
    talk = told(ann, kind="talk")
    assert (talk.due_at, talk.closed_at) == (None, NOW)


def test_a_fact_is_taken_onto_the_card_with_its_sentence_or_left(ann):
    told(ann, "I live in Nantes. I am 34 years old.")
    town, age = ProposedFact.objects.order_by("-attribute_key")
    assert (town.value, town.sentence, town.rule, town.rule_version) == (
        "Nantes",
        "I live in Nantes.",
        "lives in",
        1,
    )
    talking.take(town.pk, source=office(NOW), by=None, now=NOW)
    talking.leave(age.pk, by=None, now=NOW)
    card = Customer.objects.get(pk=ann.pk)
    assert card.facts["town"]["v"] == "Nantes"
    assert "age" not in card.facts
    with pytest.raises(Forbidden):
        talking.take(age.pk, source=office(NOW), by=None, now=NOW)


def test_a_value_that_does_not_fit_stays_proposed(ann):
    told(ann, "I live in Nantes.")
    AttributeDefinition.objects.filter(key="town").update(kind="number")
    proposal = ProposedFact.objects.get()
    with pytest.raises(Invalid):
        talking.take(proposal.pk, source=office(NOW), by=None, now=NOW)
    proposal.refresh_from_db()
    assert proposal.state == "open"


def test_what_the_card_knows_is_not_proposed_again(ann):
    told(ann)
    talking.take(ProposedFact.objects.get().pk, source=office(NOW), by=None, now=NOW)
    told(ann, "As I said, I live in Nantes.")
    assert ProposedFact.objects.count() == 1


def test_who_complains_is_not_sold_to_until_it_is_closed(ann):
    said = ledger.Given(ann.pk, "marketing", "granted", "Write to me.", NOW, None)
    ledger.record(said, now=NOW)

    def verdict(purpose="marketing"):
        return arbitrate([ann.pk], channel="email", purpose=purpose, at=NOW, cap_days=0)[ann.pk]

    assert verdict().eligible
    complaint = told(ann, "It broke on the first day.", kind="complaint")
    assert verdict().reason == "complaint_open"
    assert verdict("service").eligible
    talking.settle(complaint.pk, by=None, now=NOW)
    assert verdict().eligible
    talking.open_again(complaint.pk)
    assert verdict().reason == "complaint_open"


def test_an_exported_chat_keeps_only_the_customer_s_own_words_once(ann):
    chat = lines("I live in Nantes.", "Do you have it in black?") + lines("Yes, we do.", who="Shop")
    first = brought(ann, chat)
    assert (first.new, first.known, first.left_out, first.proposals) == (2, 0, 1, 1)
    again = brought(ann, chat + lines("x", "y", "Then I come on Friday."))
    assert (again.new, again.known) == (3, 2)
    assert Conversation.objects.count() == 1
    assert not Utterance.objects.filter(text__contains="we do").exists()
    assert Utterance.objects.order_by("said_at").first().said_at == datetime(2026, 4, 1, 7, 0, tzinfo=UTC)


def test_a_name_that_wrote_nothing_is_answered_with_those_who_did(ann):
    with pytest.raises(Invalid) as refused:
        brought(ann, lines("Hello", who="Bo"), name="Ann")
    assert "Bo" in refused.value.hint


def test_odd_input_is_refused(ann):
    with pytest.raises(NotFound):
        talking.open_one(Told(9_999, "talk", "call", "x", NOW), source=office(NOW), by=None, now=NOW)
    for kind, text in (("gossip", "x"), ("talk", "   "), ("talk", "x" * 20_001)):
        with pytest.raises(Invalid):
            told(ann, text, kind=kind)
    assert not Conversation.objects.exists()


def test_what_they_said_is_given_out_and_erased(ann):
    told(ann, "It broke.", kind="complaint")
    (held,) = [each for each in holdings() if each.table == "conversations_conversation"]
    assert held.give_out(ann.pk)[0]["text"] == "It broke."
    assert held.erase(ann.pk, NOW) > 0
    assert not Utterance.objects.exists()
