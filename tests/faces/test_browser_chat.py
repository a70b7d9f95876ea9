"""A chat answered in real browsers: a visitor on the shop's own site, staff in the inbox, through a lost network and a reload."""

import re
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from office_in_use import Office, office
from playwright.sync_api import Browser, Frame, Page

from beizai.channels.catcher import Mailbox
from tests.faces.test_browser_main_path import Walk, log_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
EMAIL = "lea.martin@example.test"
SITE = """<!doctype html><html lang="en"><title>Maison Lin</title><h1>Our teas</h1><p>Green and black.</p>
<script src="{office}/chat/chat.js" data-colour="#7a2e1d" defer></script></html>"""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as found:
        yield found


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_words: object) -> None:
        """Says nothing."""


@pytest.fixture
def site(at: Office, tmp_path: Path) -> Iterator[str]:
    """The shop's own site, somewhere else than the office."""
    (tmp_path / "index.html").write_text(SITE.format(office=at.url), encoding="utf-8")
    served = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


def set_up(walk: Walk, site: str) -> None:
    """The chat is opened round the clock, with its automatic reply, for the shop's site; and somebody says that they are there."""
    walk.go("/collection/conversations/desk/")
    walk.page.check("[name=open]")
    for day in range(7):
        walk.page.fill(f"[name=day{day}]", "00:00-24:00")
    walk.page.fill("[name='reply.en']", "Thank you, we look at it.")
    walk.page.fill("[name=sites]", site)
    walk.page.click("button.primary")
    walk.page.wait_for_selector("text=Saved.")
    walk.go("/collection/conversations/")
    walk.page.click("button:text-is('I am here')")
    walk.page.wait_for_selector("button[aria-pressed=true]")


def opened(page: Page) -> Frame:
    """The chat on the site, opened by the keyboard."""
    page.get_by_role("button", name="Write to us").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("iframe[title='Write to us']")
    frame = page.wait_for_selector("iframe").content_frame()
    assert frame is not None
    frame.wait_for_selector("#text")
    return frame


def said(frame: Frame) -> list[str]:
    return [one.strip() for one in frame.locator("#messages .text").all_inner_texts()]


def write(page: Page, frame: Frame, text: str) -> None:
    frame.fill("#text", text)
    frame.focus("#text")
    page.keyboard.press("Enter")


def link_in_mail(at: Office) -> str:
    for _try in range(600):
        mails = Mailbox(at.home).newest(search=EMAIL)
        if mails:
            return re.search(r"http://\S+/chat/mail/\S+", Mailbox(at.home).read(mails[0].id).part("plain"))[0]  # type: ignore[index]
        time.sleep(0.1)
    raise AssertionError("no mail came")


def test_a_visitor_is_answered_while_both_pages_stand_open(at: Office, site: str, browser: Browser) -> None:
    staff = Walk(browser.new_context(viewport={"width": 1440, "height": 900}), at)
    log_in(staff)
    set_up(staff, site)
    visits = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale="en"
    )
    page = visits.new_page()
    page.goto(site)
    frame = opened(page)
    assert "Somebody is here" in frame.inner_text("#state")
    assert frame.evaluate("localStorage.length") == 0
    page.wait_for_timeout(1_700)  # as long as a person needs at least
    write(page, frame, "Do you have Longjing?\n")
    frame.wait_for_selector("#messages li[data-id].mine")
    frame.wait_for_selector("text=This is an automatic reply.")
    assert visits.cookies() == []

    staff.page.wait_for_selector("#rows >> text=Do you have Longjing?")  # the list had stood open
    staff.page.click("#rows >> text=A visitor")
    staff.page.fill("#text", "Yes, this spring's.")
    staff.page.click("button:text-is('Answer in the chat')")
    frame.wait_for_selector("#messages .theirs >> text=Yes, this spring's.")

    visits.set_offline(True)
    write(page, frame, "I take two.")
    frame.wait_for_selector("#messages .waits >> text=I take two.")
    visits.set_offline(False)
    frame.wait_for_selector("#messages li[data-id] >> text=I take two.")
    staff.page.wait_for_selector("#said >> text=I take two.")
    page.reload()
    frame = opened(page)
    frame.wait_for_selector("#messages >> text=Yes, this spring's.")
    said_here = [text for text in said(frame) if "automatic" not in text]
    assert said_here == ["Do you have Longjing?", "Yes, this spring's.", "I take two."]
    assert staff.page.locator("#said >> text=I take two.").count() == 1
    frame.focus("#text")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "Write to us"

    staff.go("/collection/conversations/")
    staff.page.click("button:text-is('I am here')")
    page.keyboard.press("Enter")
    write(page, frame, "And I live in Lyon.")
    frame.wait_for_selector("#address:not([hidden])")
    frame.fill("#email", EMAIL)
    frame.click("#address button")
    frame.wait_for_selector("#state >> text=We have sent a mail")
    mailed = visits.new_page()
    mailed.goto(link_in_mail(at))
    assert "I live in Lyon" in mailed.inner_text("main")
    mailed.click("button:text-is('Yes, that was me')")
    mailed.wait_for_selector("#messages >> text=I take two.")
    staff.page.reload()
    staff.page.click("#rows a")
    staff.page.wait_for_selector("text=To the card")
    assert staff.faults == []
    visits.close()
