"""Clicks, openings and unsubscribing as mail programs, browsers and machines ask for them."""

import contextlib
import doctest
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from beizai.base import clock, home
from beizai.base.errors import Unavailable
from beizai.base.home import Home
from beizai.base.tokens import Token
from beizai.campaigns.models import Campaign, CampaignLink
from beizai.consent.ledger import Given, record
from beizai.consent.models import ConsentEntry
from beizai.consent.rules import may_contact
from beizai.edge import hits, office, pages
from beizai.edge.app import Edge
from beizai.edge.http import read_body
from beizai.events import inbox, unkept
from beizai.events.book import open_book
from beizai.events.flusher import Flusher
from beizai.homes import checkup
from beizai.staff.shop import shop
from beizai.tracking import delivery, links

pytestmark = pytest.mark.django_db
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Safari/537.36"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ANN = 12345


class Browser:
    """Asks the edge, as ASGI servers do."""

    def __init__(self, home: Home, campaign_id: int) -> None:
        self.edge, self.campaign_id = Edge(), campaign_id
        self.keys = links.keys(home.key("signing"))
        self.token = Token(campaign_id, ANN)

    def ask(
        self, path: str, method: str = "GET", body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        sent: list[Any] = []
        named = {"user-agent": BROWSER} | {name.replace("_", "-"): value for name, value in headers.items()}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "client": ("203.0.113.77", 1234),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        with contextlib.suppress(
            StopIteration
        ):  # nothing waits: no loop is needed, and the test's connection is used
            self.edge(scope, receive, send).send(None)
        start, end = sent
        return start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, end["body"]

    def click(self, number: int = 1, **headers: str) -> tuple[int, dict[str, str], bytes]:
        return self.ask(links.click_url(self.keys, "", self.token) + f".{number}", **headers)

    def open(self, **headers: str) -> tuple[int, dict[str, str], bytes]:
        return self.ask(links.pixel_url(self.keys, "", self.token), **headers)

    def unsubscribe(self, method: str = "POST", **headers: str) -> tuple[int, dict[str, str], bytes]:
        return self.ask(
            links.unsubscribe_url(self.keys, "", self.token), method, b"List-Unsubscribe=One-Click", **headers
        )


@pytest.fixture
def browser(home: Home, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """An edge whose questions to the office stay in the test's own transaction."""

    async def at_once(work: Any) -> Any:
        return work()

    async def put(message: inbox.Message) -> int:
        return inbox.current().put([message])

    monkeypatch.setattr("beizai.edge.app.timely_body", read_body)
    for module in ("office", "unsubscribe"):
        monkeypatch.setattr(f"beizai.edge.{module}.in_thread", at_once)
    for module in ("hits", "unsubscribe"):
        monkeypatch.setattr(f"beizai.edge.{module}.put", put)
    campaign = Campaign.objects.create(name="Spring", created_at=LONG_AGO)
    for number, url in ((1, "https://shop.test/spring?a=1&b=2"), (2, "https://shop.test/鞋")):
        CampaignLink.objects.create(campaign=campaign, number=number, url=url)
    return Browser(home, campaign.pk)


def allow(purpose: str) -> None:
    record(Given(ANN, purpose, "granted", "Yes, please.", LONG_AGO, None), now=LONG_AGO)


def in_lake() -> list[dict[str, Any]]:
    Flusher().flush_all()
    with open_book() as book:
        return book.arrow(book.events.order_by("event_id")).to_pylist()


def test_a_click_leads_to_the_campaigns_own_target(browser: Browser) -> None:
    status, headers, _ = browser.click()
    assert (status, headers["location"]) == (302, "https://shop.test/spring?a=1&b=2")
    assert browser.click(2)[1]["location"] == "https://shop.test/%E9%9E%8B"
    assert "no-store" in headers["cache-control"]


def test_a_click_is_in_the_inbox_before_the_answer(browser: Browser) -> None:
    browser.click()
    assert inbox.current().waiting() == 1


def test_who_allows_tracking_is_kept_with_the_click_and_others_are_only_counted(browser: Browser) -> None:
    browser.click()
    in_lake()
    allow("tracking")
    browser.click(2)
    without, with_person = in_lake()
    assert (without["customer_id"], without["props"], without["verdict"]) == (None, None, "person")
    assert (with_person["customer_id"], with_person["link_no"], with_person["verdict"]) == (ANN, 2, "person")
    assert json.loads(with_person["props"]) == {"method": "GET", "net": "203.0.113.0", "ua": BROWSER}
    assert without["campaign_id"] == with_person["campaign_id"] == browser.campaign_id


def test_machines_are_told_from_people_with_the_reason(browser: Browser) -> None:
    allow("tracking")
    browser.open(user_agent="Mozilla/5.0")
    browser.click(user_agent="LinkScanner/4.2")
    browser.ask(links.click_url(browser.keys, "", browser.token) + ".1", "HEAD")
    browser.open()
    found = [(row["kind"], row["verdict"], row["reason"]) for row in in_lake()]
    assert found[0] == ("opened", "machine", "privacy_proxy")
    assert found[1][1:] == ("machine", "scanner")
    assert found[2][1:] == ("machine", "head")
    assert found[3] == ("opened", "person", "nothing_odd")


def test_a_click_seconds_after_the_delivery_was_a_machine(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_providers", [lambda mails: {mail: clock.machine_now() for mail in mails}])
    monkeypatch.setattr(office.Facts, "now", lambda self: clock.machine_now())
    before = clock.machine_now()
    monkeypatch.setattr(delivery, "_providers", [lambda mails: dict.fromkeys(mails, before)])
    browser.click()
    assert [row["reason"] for row in in_lake()] == ["at_delivery"]


def test_the_pixel_is_a_picture_and_head_has_no_body(browser: Browser) -> None:
    status, headers, body = browser.open()
    assert (status, headers["content-type"], body[:6]) == (200, "image/gif", b"GIF89a")
    status, headers, body = browser.ask(links.pixel_url(browser.keys, "", browser.token), "HEAD")
    assert (status, body, headers["content-length"]) == (200, b"", "42")


@pytest.mark.parametrize(
    "path",
    [
        "/t/c/",
        "/t/c/" + "A" * 28 + ".1",
        "/t/o/x.gif",
        "/t/u/" + "A" * 28,
        "/t/x/1",
        "/t/",
        "/t/c/" + "A" * 999,
    ],
)
def test_what_we_did_not_sign_is_not_found(browser: Browser, path: str) -> None:
    assert browser.ask(path)[0] == 404
    assert browser.ask(path, "POST")[0] in (404, 405)
    assert inbox.current().waiting() == 0


def test_a_link_number_the_campaign_does_not_have_leads_nowhere(browser: Browser) -> None:
    assert browser.click(3)[0] == 404


def test_a_get_of_the_unsubscribe_address_shows_a_page_and_changes_nothing(browser: Browser) -> None:
    allow("marketing")
    status, headers, page = browser.unsubscribe("GET", accept_language="fr-CA,fr;q=0.9")
    assert status == 200
    assert "Se désabonner" in page.decode()
    assert 'method="post"' in page.decode()
    assert "default-src 'none'" in headers["content-security-policy"]
    assert may_contact(ANN, "email", "marketing", clock.machine_now()).allowed
    assert inbox.current().waiting() == 0


def test_one_click_unsubscribes_at_once_and_for_good(browser: Browser) -> None:
    allow("marketing")
    status, headers, page = browser.unsubscribe(accept_language="zh-CN")
    assert (status, "location" in headers) == (200, False)
    assert "您已退订" in page.decode()
    answer = may_contact(ANN, "email", "marketing", clock.machine_now())
    assert (answer.allowed, str(answer.reason)) == (False, "withdrawn")
    assert browser.unsubscribe()[0] == 200
    assert ConsentEntry.objects.filter(decision="withdrawn").count() == 1
    (event,) = in_lake()
    assert (event["kind"], event["customer_id"], event["campaign_id"]) == (
        "unsubscribed",
        ANN,
        browser.campaign_id,
    )
    assert ConsentEntry.objects.filter(decision="withdrawn").count() == 1


def test_an_unsubscribe_the_office_could_not_take_is_carried_there_by_the_worker(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow("marketing")

    def locked(*_: object, **__: object) -> None:
        raise Unavailable("locked")

    with monkeypatch.context() as patched:
        patched.setattr("beizai.edge.unsubscribe.withdraw", locked)
        assert browser.unsubscribe()[0] == 503
    assert may_contact(ANN, "email", "marketing", clock.machine_now()).allowed
    Flusher().flush_all()
    assert not may_contact(ANN, "email", "marketing", clock.machine_now()).allowed


def test_who_comes_back_after_unsubscribing_stays(browser: Browser) -> None:
    allow("marketing")
    browser.unsubscribe()
    now = clock.machine_now()
    record(Given(ANN, "marketing", "granted", "Yes, again.", now, None), now=now)
    Flusher().flush_all()
    assert may_contact(ANN, "email", "marketing", clock.machine_now()).allowed


def test_a_customer_is_led_on_even_where_the_inbox_fails_but_no_unsubscribe_is_promised(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: object) -> int:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(hits, "put", full)
    monkeypatch.setattr("beizai.edge.unsubscribe.put", full)
    now = clock.machine_now()
    before = unkept.count(home.current(), since=now)
    assert browser.click()[0] == 302
    assert browser.open()[0] == 200
    assert browser.unsubscribe()[0] == 503
    assert unkept.count(home.current(), since=now - timedelta(seconds=1)) == before + 2
    told = checkup.check_hits(home.current(), now=clock.machine_now())
    assert (told.state, told.what.split()[0]) == ("look", "2")


def test_a_test_mails_links_work_and_are_not_counted(browser: Browser) -> None:
    browser.token = Token(browser.campaign_id, 0)
    assert (browser.click()[0], browser.open()[0], browser.unsubscribe()[0]) == (302, 200, 200)
    assert inbox.current().waiting() == 0


def test_a_large_body_is_refused(browser: Browser) -> None:
    status, _, _ = browser.ask(links.unsubscribe_url(browser.keys, "", browser.token), "POST", b"x" * 9_000)
    assert status == 413


def test_a_simulated_home_marks_what_happens_and_goes_by_its_own_clock(browser: Browser) -> None:
    found = shop()
    found.clock_at, found.simulated, found.timezone = (
        datetime(2017, 11, 7, 1, tzinfo=UTC),
        True,
        "America/New_York",
    )
    found.save()
    browser.click()
    (event,) = in_lake()
    assert event["simulated"]
    assert event["occurred_at"] == datetime(2017, 11, 7, 1)
    assert str(event["occurred_on"]) == "2017-11-06"


def test_the_examples_of_the_documentation_hold() -> None:
    assert doctest.testmod(pages).failed == 0
