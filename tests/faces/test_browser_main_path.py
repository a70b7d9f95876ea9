"""The main path in a real browser: log in, bring in, choose, plan, approve, send through the catcher, read the report."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from office_in_use import LONG_NAME, OWNER, Office, office
from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PASSWORD = "tea and gifts from Lyon"
WAIT = 60_000


class Walk:
    """A person's browser, which notes whatever goes wrong behind the page."""

    def __init__(self, context: BrowserContext, at: Office) -> None:
        self.page: Page = context.new_page()
        self.at = at
        self.faults: list[str] = []
        self.page.set_default_timeout(WAIT)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on(
            "response",
            lambda answer: (
                self.faults.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
            ),
        )
        self.page.on(
            "console", lambda message: self.faults.append(message.text) if message.type == "error" else None
        )
        self.page.on("dialog", lambda dialog: dialog.accept())

    def go(self, path: str) -> None:
        self.page.goto(self.at.url + path)
        self.page.wait_for_load_state("networkidle")

    @property
    def head(self) -> str:
        return self.page.inner_text("h1")

    def count(self) -> int:
        """What the live count says; 0 while it counts."""
        said = self.page.inner_text("#count .huge").replace(",", "")
        return int(said) if said.isdigit() else 0

    def until(self, true: Callable[[], bool]) -> None:
        """Waits for something no selector can say (the pages' policy forbids evaluating conditions inside them)."""
        for _turn in range(200):
            if true():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("it did not come true in 20 seconds")

    def overflow(self) -> int:
        return int(
            self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        )


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as found:
        yield found


@pytest.fixture(scope="module")
def context(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 1440, "height": 900})


def bring_in(walk: Walk, file: Path, kind: str) -> None:
    walk.go("/collection/imports/new/")
    walk.page.set_input_files("[name=file]", file)
    walk.page.check(f"[name=kind][value={kind}]")
    walk.page.fill("[name=source]", "The shop")
    walk.page.click(".wizbar button.primary")
    walk.page.wait_for_selector("table.xl")
    walk.page.click(".wizbar button.primary")
    walk.page.wait_for_selector(".split4")
    walk.page.click(".wizbar button.primary")
    walk.page.wait_for_url(re.compile(r"/collection/imports/\d+/$"))


def log_in(walk: Walk) -> None:
    walk.page.goto(walk.at.link)
    for field in walk.page.query_selector_all("input[type=password]"):
        field.fill(PASSWORD)
    walk.page.click("button.primary")
    walk.go("/account/login/")
    if "/login/" in walk.page.url:
        walk.page.fill("[name=login]", OWNER)
        walk.page.fill("[name=password]", PASSWORD)
        walk.page.click("button.primary")
        walk.page.wait_for_load_state("networkidle")
    assert "/login/" not in walk.page.url


def segment(walk: Walk) -> None:
    page = walk.page
    walk.go("/segments/new/")
    page.wait_for_selector("#count .narrow")
    before = walk.count()
    page.click("[data-rule] button[value='condition:r']")
    page.wait_for_selector("[name='r.1.kind']")
    page.select_option("[name='r.1.kind']", "bought")
    page.select_option("[name='r.1.category']", "Tea")
    walk.until(lambda: 0 < walk.count() < before)
    page.click("[data-rule] button[value='remove:r.1']")
    page.wait_for_selector("[name='r.1.kind']", state="detached")
    page.fill("[name=name]", "Bought in a year")
    page.click("button[value=save]")
    page.wait_for_url(re.compile(r"/segments/\d+/$"))
    page.fill("[name=who]", "Rochefoucauld")
    page.click("button[value=why]")
    page.wait_for_selector("#why .note")
    assert LONG_NAME in page.inner_text("#why")


def campaign(walk: Walk) -> str:
    page = walk.page
    page.click("a:has-text('Write to them')")
    page.fill("[name=name]", "First flush")
    page.click("button[name=next]")
    page.wait_for_url(re.compile("/words/"))
    page.fill("[name=subject]", '{{ customer.first_name | default: "Dear friend" }}, the first flush is here')
    page.wait_for_selector("iframe.mail")
    page.click("button[name=next]")
    page.wait_for_url(re.compile("/who/"))
    page.wait_for_selector(".flow")
    assert "left alone to prove it works" in walk.head
    page.click("text=Next: try it")
    page.click("form.form button:has-text('Send the test')")
    page.wait_for_selector(".toast")
    page.click("text=Next: approve")
    page.wait_for_selector(".flow")
    page.click("text=Approve and draw the lot")
    page.wait_for_url(re.compile(r"/campaigns/\d+/$"))
    page.click("button:has-text('Send to')")
    page.wait_for_selector("h1:has-text('was sent to')")
    return page.url.rstrip("/").split("/")[-1]


PAGES = (
    "/collection/imports/",
    "/collection/imports/new/",
    "/collection/imports/2/",
    "/collection/kept-aside/",
    "/collection/sources/",
    "/segments/",
    "/segments/new/",
    "/segments/1/",
    "/segments/1/members/",
    "/value/",
    "/value/rfm/",
    "/value/stages/",
    "/campaigns/",
    "/campaigns/new/",
    "/campaigns/1/",
    "/campaigns/ledger/",
    "/campaigns/messages/1/",
    "/campaigns/caught/",
    "/campaigns/caught/1/",
    "/results/",
    "/results/figures/",
    "/results/1/",
)


@pytest.fixture(scope="module")
def walked(at: Office, context: BrowserContext) -> Walk:
    """The whole loop once; the tests after it look at what it left."""
    walk = Walk(context, at)
    log_in(walk)
    bring_in(walk, at.customers, "customers")
    bring_in(walk, at.orders, "orders")
    assert "rows are in the book" in walk.head
    walk.go("/value/")
    assert re.search(r"The top fifth of your customers brings \d+% of the sales", walk.head)
    segment(walk)
    number = campaign(walk)
    walk.go(f"/campaigns/ledger/?campaign={number}&state=refused")
    assert "No permission for offers by email" in walk.page.inner_text("table")
    walk.go("/campaigns/caught/")
    walk.page.click("td.person a >> nth=0")
    walk.page.wait_for_selector("iframe.mail")
    assert "first flush is here" in walk.head
    walk.go(f"/results/{number}/")
    return walk


def test_a_shop_goes_through_the_whole_loop(walked: Walk) -> None:
    faults = [
        fault for fault in walked.faults if "/t/o/" not in fault
    ]  # a caught mail's pixel is kept from loading
    assert faults == []
    walked.go("/results/1/")
    assert "no verdict before" in walked.head


def speak(walk: Walk, language: str) -> None:
    walk.page.set_viewport_size({"width": 1440, "height": 900})
    walk.go("/you/")
    walk.page.click(f".langs button[value='{language}']")
    walk.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("language", ["en", "zh-hans", "fr"])
def test_no_page_is_wider_than_its_screen_in_any_language(
    walked: Walk, at: Office, context: BrowserContext, language: str
) -> None:
    walk = Walk(context, at)
    walk.go("/you/")
    speak(walk, language)
    too_wide = []
    for path in PAGES:
        walk.go(path)
        for width in (390, 1440):
            walk.page.set_viewport_size({"width": width, "height": 900})
            if walk.overflow() > 0:
                too_wide.append((path, width, walk.overflow()))
    speak(walk, "en")
    walk.page.close()
    assert too_wide == []


def test_without_script_the_pages_work_all_the_same(
    walked: Walk, at: Office, context: BrowserContext
) -> None:
    browser = context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    walk = Walk(plain, at)
    walk.page.goto(at.url + "/segments/new/")
    walk.page.fill("[name='r.0.value']", "2")
    walk.page.click("noscript button[value=count] >> nth=0")
    assert walk.page.inner_text("#count .huge").replace(",", "").isdigit()
    walk.page.click("button[value='group:r']")
    assert walk.page.query_selector("[name='r.1.0.kind']")
    for path in ("/value/", "/campaigns/1/", "/results/1/", "/collection/imports/2/"):
        walk.page.goto(at.url + path)
        assert walk.head
    plain.close()
