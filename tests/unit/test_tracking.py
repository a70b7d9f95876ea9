"""Signed links, and whether a person or a machine followed them."""

import doctest
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beizai.base.errors import NotFound
from beizai.base.tokens import Token
from beizai.tracking import links, verdict
from beizai.tracking.verdict import Hit, Reason, verdicts

KEYS = links.keys(bytes(range(32)))
AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Safari/537.36"


def hit(kind: str = "clicked", *, seconds: float = 0, **fields: object) -> Hit:
    given_fields = {"user_agent": BROWSER, "campaign_id": 7, "customer_id": 1, "link_no": 1} | fields
    return Hit(kind=kind, at=AT + timedelta(seconds=seconds), **given_fields)  # type: ignore[arg-type]


def signed(url: str) -> str:
    return url.rsplit("/", 1)[1]


def test_the_examples_of_the_documentation_hold() -> None:
    assert doctest.testmod(links).failed == doctest.testmod(verdict).failed == 0


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**63 - 1), st.integers(0, 999))
def test_a_signed_link_gives_back_what_was_signed(campaign: int, customer: int, number: int) -> None:
    token = Token(campaign, customer)
    text = signed(links.click_url(KEYS, "https://x.test", token))
    assert links.read_click(KEYS, f"{text}.{number}") == links.Click(token, number)
    assert links.read_open(KEYS, signed(links.pixel_url(KEYS, "https://x.test", token))) == token


@given(st.integers(0, 27), st.characters(codec="ascii"))
def test_one_changed_character_is_not_ours(place: int, other: str) -> None:
    text = signed(links.click_url(KEYS, "https://x.test", Token(7, 12345)))
    forged = text[:place] + other + text[place + 1 :]
    if forged != text:
        with pytest.raises(NotFound):
            links.read_click(KEYS, f"{forged}.1")


def test_a_token_of_one_purpose_serves_no_other() -> None:
    opened = signed(links.pixel_url(KEYS, "https://x.test", Token(7, 1))).removesuffix(".gif")
    with pytest.raises(NotFound):
        links.read_unsubscribe(KEYS, opened)
    with pytest.raises(NotFound):
        links.read_click(KEYS, f"{opened}.1")


@pytest.mark.parametrize("text", ["", ".", ".1", "a" * 5000, "%00", "é" * 28, "AQAA.1.2", "²" * 28])
def test_odd_texts_are_not_ours(text: str) -> None:
    with pytest.raises(NotFound):
        links.read_click(KEYS, text)


@pytest.mark.parametrize("number", ["", "-1", "1e3", "٣", "1000", " 1"])
def test_odd_link_numbers_are_not_ours(number: str) -> None:
    text = signed(links.click_url(KEYS, "https://x.test", Token(7, 1)))
    with pytest.raises(NotFound):
        links.read_click(KEYS, f"{text}.{number}")


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (hit(method="HEAD"), Reason.HEAD),
        (hit(purpose="prefetch;prerender"), Reason.PREFETCH),
        (hit("opened", user_agent="Mozilla/5.0"), Reason.PRIVACY_PROXY),
        (hit("opened", network="17.58.97.0"), Reason.PRIVACY_PROXY),
        (hit(user_agent=""), Reason.NO_BROWSER),
        (hit(user_agent="Mozilla/5.0 (compatible; LinkScanner/4.2; mail security)"), Reason.SCANNER),
        (hit(user_agent="python-requests/2.32"), Reason.SCANNER),
    ],
)
def test_machines_are_known_by_what_they_say(one: Hit, reason: Reason) -> None:
    assert verdict.verdict(one) == verdict.Verdict("machine", reason)


def test_a_browser_is_a_person_and_so_is_who_reads_through_gmails_proxy() -> None:
    assert verdict.verdict(hit()) == verdict.Verdict("person", Reason.NOTHING_ODD)
    through = hit(
        "opened",
        user_agent="Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    )
    assert verdict.verdict(through) == verdict.Verdict("person", Reason.IMAGE_PROXY)


def test_within_ten_seconds_of_the_delivery_it_was_a_machine() -> None:
    assert verdict.verdict(hit(), delivered_at=AT - timedelta(seconds=9)).reason == Reason.AT_DELIVERY
    assert verdict.verdict(hit(), delivered_at=AT - timedelta(seconds=11)).who == "person"
    assert verdict.verdict(hit(), delivered_at=AT + timedelta(seconds=1)).who == "person"


def test_different_links_of_one_mail_within_two_seconds_were_a_machine() -> None:
    burst = [hit(seconds=n, link_no=n) for n in (0, 1, 2)]
    later = hit(seconds=30, link_no=5)
    stranger = hit(seconds=1, link_no=2, customer_id=2)
    found = verdicts([*burst, later, stranger])
    assert [one.reason for one in found] == [Reason.MANY_LINKS] * 3 + [Reason.NOTHING_ODD] * 2


def test_the_same_link_twice_is_an_impatient_person() -> None:
    assert {one.who for one in verdicts([hit(), hit(seconds=0.5)])} == {"person"}


def test_the_verdict_does_not_depend_on_the_order_of_the_hits() -> None:
    hits = [
        hit(seconds=s, link_no=n, customer_id=c) for s, n, c in ((0, 1, 1), (1, 2, 1), (9, 1, 1), (0, 1, 2))
    ]
    forwards, backwards = verdicts(hits), verdicts(hits[::-1])
    assert forwards == backwards[::-1]
