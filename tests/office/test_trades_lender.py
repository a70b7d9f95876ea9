"""A lender's mails say the risk and promise nothing; credit facts leave the book by no way."""

from datetime import UTC, datetime

import pytest

from beizai.base.errors import Invalid
from beizai.campaigns import approval, mail, must_say, plan
from beizai.campaigns.models import Campaign
from beizai.customers import facts
from beizai.customers.models import AttributeDefinition, Family
from beizai.staff.shop import shop
from beizai.trades import books, plans, words

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
RISK = "Borrowing costs money: you pay back more than you borrow."
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
FRAME = """<mjml><mj-body><mj-section><mj-column><mj-text>%s</mj-text>
<mj-text>{{ shop.name }}, {{ shop.postal_address }}. <a href="{{ unsubscribe_url }}">No more</a></mj-text></mj-column></mj-section></mj-body></mjml>"""


@pytest.fixture
def lender() -> None:
    here = shop()
    here.name, here.postal_address, here.sender_address, here.smtp_host = "L", "1 Street", "l@example.test", "catcher"  # fmt: skip
    here.save()
    books.open_book_of("lender", here, now=NOW)


def draft(body: str, *, subject: str = "A word", text: str = "") -> Campaign:
    wish = plan.Plan("To all", "Risks not read yet", subject, FRAME % body, text=text)
    return plan.save(wish, now=NOW, by=None)


@pytest.mark.usefixtures("lender")
def test_a_mail_without_the_risk_is_not_approved() -> None:
    campaign = draft("We lend to you.")
    with pytest.raises(Invalid, match="does not say the risk") as refused:
        approval.approve(campaign.pk, shop(), at=NOW, by=None)
    assert RISK in refused.value.hint
    assert Campaign.objects.get(pk=campaign.pk).state == "draft"


@pytest.mark.usefixtures("lender")
def test_the_risk_must_be_seen_and_stand_in_the_text_too() -> None:
    with pytest.raises(Invalid, match="does not say the risk"):
        mail.ready(draft(f"We lend. <!-- {RISK} -->"), shop())
    with pytest.raises(Invalid, match="does not say the risk"):
        mail.ready(
            draft(RISK, text="We lend. {{ shop.name }} {{ shop.postal_address }} {{ unsubscribe_url }}"),
            shop(),
        )
    assert mail.ready(draft(f"We lend. <b>{RISK}</b>"), shop())


@pytest.mark.usefixtures("lender")
@pytest.mark.parametrize("promise", ["guaranteed", "Risk-Free", "no risk", "零风险", "sans risque"])
def test_a_promise_is_refused_in_the_subject_and_in_the_mail(promise: str) -> None:
    for campaign in (draft(f"{RISK} It is {promise}."), draft(RISK, subject=f"A {promise} loan")):
        with pytest.raises(Invalid, match="promises what nobody can"):
            mail.ready(campaign, shop())


@pytest.mark.usefixtures("lender")
def test_a_word_that_only_holds_a_promise_in_it_is_none() -> None:
    assert mail.ready(draft(f"{RISK} Nothing is unguaranteed here."), shop())


@pytest.mark.usefixtures("lender")
def test_the_rule_holds_whatever_the_shop_calls_itself_later() -> None:
    here = shop()
    here.trade = "Tea and gifts"
    here.save()
    assert RISK in words.of(here).must
    with pytest.raises(Invalid, match="does not say the risk"):
        mail.ready(draft("We lend to you."), here)


@pytest.mark.usefixtures("lender")
def test_the_trade_s_own_plans_keep_to_it_in_every_language() -> None:
    for language in books.LANGUAGES:
        proposed = plans.plans(shop(), language=language)[0]
        wish = plan.Plan("To all", "Risks not read yet", proposed.subject, plans.mail(proposed, language))
        assert mail.ready(plan.save(wish, now=NOW, by=None), shop())


def test_other_shops_have_no_such_words_to_say() -> None:
    books.open_book_of("food shop", shop(), now=NOW)
    assert must_say.rules_of(shop()) == must_say.NOTHING


@pytest.mark.usefixtures("lender")
def test_credit_facts_are_sensitive_and_refused_in_a_subject() -> None:
    credit = list(AttributeDefinition.objects.filter(family=Family.CREDIT))
    assert credit
    assert all(facts.is_sensitive(one) for one in credit)
    with pytest.raises(Invalid, match="income_band"):
        mail.ready(draft(RISK, subject='For {{ customer.income_band | default: "you" }}'), shop())


@pytest.mark.usefixtures("lender")
def test_no_prospect_gets_points_for_means() -> None:
    """Whom to talk to first is not a decision on credit, and rests on no fact of it."""
    credit = set(AttributeDefinition.objects.filter(family=Family.CREDIT).values_list("key", flat=True))
    for row in books.trade("lender").prospects["points"]:
        assert row.get("attribute") not in credit
