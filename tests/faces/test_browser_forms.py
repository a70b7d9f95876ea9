"""A sign-up in a real browser, from the builder to the permission on the card, through the built-in mail catcher."""

import re
import time
from collections.abc import Iterator

import pytest
from office_in_use import Office, office
from playwright.sync_api import Browser, Page

from beizai.channels.catcher import Mailbox
from tests.faces.test_browser_main_path import Walk, log_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
EMAIL = "lea.martin@example.test"


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as found:
        yield found


def build(walk: Walk) -> None:
    """A sign-up with a question of the shop's own and a coupon, published."""
    walk.go("/collection/forms/")
    walk.page.click("text=Make the first form")
    walk.page.check("[name=kind][value=sign_up]")
    walk.page.fill("[name=name]", "Tea letter")
    walk.page.click("button.primary")
    walk.page.select_option("[name=ask]", "choice")
    walk.page.click("text=Add >> visible=true >> nth=-1")
    walk.page.fill("[name='text.en']", "Which tea?")
    walk.page.fill("[name='o0.text.en']", "Green")
    walk.page.fill("[name='o1.text.en']", "Black")
    walk.page.click("button.primary")
    walk.page.click("text=What it says and asks")
    walk.page.check("[name=reward][value=coupon]")
    walk.page.fill("[name=coupon]", "TEA10")
    walk.page.click("text=Save the form")
    walk.page.click("button:text-is('Publish')")
    walk.page.wait_for_selector("text=Version 1 is open.")


def fill_in(page: Page, url: str) -> None:
    page.goto(f"{url}/f/tea-letter/")
    page.wait_for_timeout(2500)  # as long as a person needs at least
    page.fill("[type=email]", EMAIL)
    page.check("[type=checkbox]")
    page.check("[type=radio][value=a]")
    page.click("button:text-is('Send')")
    page.wait_for_selector("text=We have sent a mail")


def link_in_mail(at: Office) -> str:
    """The link of the confirmation mail in the catcher."""
    for _try in range(600):
        mails = Mailbox(at.home).newest(search=EMAIL)
        if mails:
            return re.search(r"http://\S+/f/confirm/\S+", Mailbox(at.home).read(mails[0].id).part("plain"))[0]  # type: ignore[index]
        time.sleep(0.1)
    raise AssertionError("no mail came")


def test_a_sign_up_is_built_filled_in_on_a_phone_without_script_and_confirmed(
    at: Office, browser: Browser
) -> None:
    walk = Walk(browser.new_context(viewport={"width": 1440, "height": 900}), at)
    log_in(walk)
    build(walk)
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, java_script_enabled=False
    )
    page = phone.new_page()
    fill_in(page, at.url)
    link = link_in_mail(at)
    page.goto(link)
    assert "Yes, send me news" in page.inner_text("main")
    walk.go("/customers/?q=lea.martin")
    assert walk.page.query_selector("td.person") is None
    page.click("button")
    assert "TEA10" in page.inner_text("main")
    page.goto(link)
    assert "TEA10" in page.inner_text("main")
    walk.go("/collection/forms/1/answers/1/")
    walk.page.click("text=Open the card")
    walk.page.wait_for_load_state("networkidle")
    assert EMAIL in walk.page.inner_text("main")
    walk.go(f"{walk.page.url.removeprefix(at.url).split('?')[0]}consent/")
    assert "Yes, send me news" in walk.page.inner_text("main")
    assert walk.faults == []
    assert phone.cookies() == []
