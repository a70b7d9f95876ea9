"""The card and the till in a real browser, on a phone: quick by hand, whole in three languages, and without script."""

import time
from collections.abc import Iterator

import pytest
from office_in_use import LONG_NAME, Office, office
from playwright.sync_api import Browser, BrowserContext, Page

from tests.faces.test_browser_main_path import Walk, bring_in, log_in, speak

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PAGES = (
    "/", "/customers/", "/customers/?q=mar", "/customers/?tier=key_account&bought=30", "/customers/1/", "/customers/1/edit/",
    "/customers/1/history/", "/customers/1/points/", "/customers/1/ties/", "/customers/1/tags/", "/customers/1/consent/",
    "/customers/add/", "/till/", "/products/", "/products/new/", "/settings/", "/settings/sender/", "/settings/margins/",
    "/customers/attributes/", "/customers/attributes/new/", "/customers/questions/", "/settings/users/", "/settings/audit/", "/search/?q=mar", "/you/",
    "/more/", "/help/", "/account/password/change/",
)  # fmt: skip


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as found:
        yield found


@pytest.fixture(scope="module")
def context(at: Office, browser: Browser) -> BrowserContext:
    """The owner's browser, after the files were brought in."""
    found = browser.new_context(viewport={"width": 1440, "height": 900})
    walk = Walk(found, at)
    log_in(walk)
    bring_in(walk, at.customers, "customers")
    bring_in(walk, at.orders, "orders")
    return found


def phone(browser: Browser, context: BrowserContext, **options: object) -> BrowserContext:
    return browser.new_context(
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        storage_state=context.storage_state(),
        **options,
    )  # type: ignore[arg-type]


def add_and_ring_up(page: Page, url: str) -> None:
    page.goto(f"{url}/customers/add/?then=till")
    page.fill("[name=name]", "Zoé Quiniou")
    page.fill("[name=phone]", "+33 6 39 98 76 54")
    page.click("button.primary")
    page.wait_for_url("**/till/")
    page.fill("[name=amount]", "24.50")
    page.click("text=Put it on the slip")
    page.click("text=Ring up €24.50")
    page.wait_for_selector(".toast")


def test_a_new_customer_and_a_sale_take_less_than_twenty_seconds_on_a_phone(
    at: Office, browser: Browser, context: BrowserContext
) -> None:
    mobile = phone(browser, context)
    walk = Walk(mobile, at)
    begun = time.monotonic()
    add_and_ring_up(walk.page, at.url)
    assert time.monotonic() - begun < 20
    walk.go("/customers/?q=quiniou")
    walk.page.click("td.person a")
    for _try in range(30):
        walk.page.reload()
        walk.page.wait_for_selector(".time li")
        if "€24.50" in walk.page.inner_text(".time"):
            break
        time.sleep(0.5)
    assert "€24.50" in walk.page.inner_text(".time")
    assert walk.faults == []
    mobile.close()


def test_a_possible_double_is_shown_while_typing(
    at: Office, browser: Browser, context: BrowserContext
) -> None:
    mobile = phone(browser, context)
    walk = Walk(mobile, at)
    walk.go("/customers/add/")
    walk.page.fill("[name=name]", LONG_NAME.replace("Rochefoucauld", "Rochefoucault"))
    walk.page.wait_for_selector("#doubles .note")
    assert LONG_NAME in walk.page.inner_text("#doubles")
    walk.page.close()
    mobile.close()


def test_a_why_opens_by_keyboard_and_closes_by_escape(at: Office, context: BrowserContext) -> None:
    walk = Walk(context, at)
    walk.go("/customers/1/")
    walk.page.focus(".tags .why summary")
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_selector(".why[open] .facts2")
    walk.page.keyboard.press("Escape")
    assert walk.page.query_selector(".why[open]") is None
    assert walk.page.evaluate("document.activeElement.tagName") == "SUMMARY"
    walk.page.keyboard.press("/")
    assert walk.page.evaluate("document.activeElement.name") == "q"
    assert walk.faults == []
    walk.page.close()


@pytest.mark.parametrize("language", ["en", "zh-hans", "fr"])
def test_no_page_is_wider_than_its_screen_or_complains(
    at: Office, context: BrowserContext, language: str
) -> None:
    walk = Walk(context, at)
    speak(walk, language)
    too_wide = []
    for width in (390, 1440):
        walk.page.set_viewport_size({"width": width, "height": 900})
        for path in PAGES:
            walk.go(path)
            if walk.overflow() > 0:
                too_wide.append((path, width, walk.overflow()))
    speak(walk, "en")
    assert (too_wide, walk.faults) == ([], [])
    walk.page.close()


def test_everything_works_without_script(at: Office, browser: Browser, context: BrowserContext) -> None:
    plain = phone(browser, context, java_script_enabled=False)
    walk = Walk(plain, at)
    walk.page.goto(f"{at.url}/customers/")
    walk.page.click("summary:has-text('Add a filter')")
    walk.page.select_option("[name=stage]", "loyal")
    walk.page.click("text=Show these")
    assert "stage=loyal" in walk.page.url
    walk.page.click("td.person a >> nth=0")
    walk.page.click("noscript a >> nth=0")
    assert walk.page.query_selector(".time li")
    walk.page.goto(f"{at.url}/till/")
    walk.page.fill("[name=who]", LONG_NAME[:12])
    walk.page.click("noscript button >> nth=0")
    assert LONG_NAME in walk.page.inner_text("#people")
    assert walk.faults == []
    plain.close()
