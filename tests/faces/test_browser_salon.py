"""A salon's day in a real browser: two regulars booked one after the other, one served and led to the till, one moved."""

import re
import urllib.request
from collections.abc import Iterator

import pytest
from office_in_use import Office, office
from playwright.sync_api import Browser

from tests.faces.test_browser_main_path import Walk, log_in
from tests.faces.test_browser_shoe_house import card, hours, pick

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("salon"), trade="hair-salon") as found:
        yield found


@pytest.fixture(scope="module")
def walk(at: Office, browser: Browser) -> Walk:
    """The telephone that lies beside the till."""
    found = Walk(browser.new_context(viewport={"width": 390, "height": 844}), at)
    log_in(found)
    hours(found)
    return found


def book(walk: Walk, name: str, wish: str) -> str:
    """Books the first free time and says which it was."""
    walk.go("/day/")
    walk.page.click("text=Book a time")
    pick(walk.page, name)
    walk.page.wait_for_selector(".times label")
    taken = str(walk.page.get_attribute(".times input >> nth=0", "value"))
    walk.page.click(".times label >> nth=0")
    walk.page.fill("#wish", wish)
    walk.page.click("text=Book this time")
    walk.page.wait_for_selector(".toast")
    return taken


def to_the_till(walk: Walk) -> None:
    """From the chair to the till, with the customer named there."""
    walk.go("/day/")
    walk.page.click("a.plain:has-text('Mia Keller')")
    walk.page.click("main a:has-text('Ring up a sale')")
    walk.until(lambda: walk.page.url.endswith("/till/"))
    assert "Mia Keller" in walk.page.inner_text("main")
    assert walk.overflow() == 0


def moved(walk: Walk) -> None:
    """Another time frees the first one."""
    walk.go("/day/")
    walk.page.click("a.plain:has-text('Noa Petit')")
    before = walk.page.inner_text(".head p")
    walk.page.click("text=Another time")
    walk.page.wait_for_selector(".times label")
    walk.page.click(".times label >> nth=-1")
    walk.page.click("main button.primary")
    walk.page.wait_for_selector(".toast")
    walk.go("/day/")
    if walk.page.locator("a.plain:has-text('Noa Petit')").count():
        walk.page.click("a.plain:has-text('Noa Petit')")
        assert walk.page.inner_text(".head p") != before


def in_the_calendar(walk: Walk) -> None:
    """The day stands in the staff's own calendar, by first names alone."""
    walk.go("/day/")
    walk.page.click("summary:has-text('calendar')")
    feed = walk.page.inner_text("details code")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/calendar/\d+/[\w-]+\.ics", feed)
    with urllib.request.urlopen(feed, timeout=20) as answer:
        calendar = answer.read().decode()
    assert calendar.startswith("BEGIN:VCALENDAR")
    assert "Mia" in calendar
    assert "Keller" not in calendar


def test_a_day_without_a_queue(walk: Walk) -> None:
    card(walk, "Mia Keller", "mia@example.test")
    card(walk, "Noa Petit", "noa@example.test")
    first = book(walk, "Mia Keller", "short at the back, agreed by chat")
    second = book(walk, "Noa Petit", "colour as in March")
    assert first != second  # what is taken is not offered again
    assert walk.head.startswith("2 appointments")
    assert "agreed by chat" in walk.page.inner_text("main")
    walk.page.click("button:has-text('Is here') >> nth=0")
    walk.page.wait_for_selector("button:has-text('Done')")
    walk.page.click("button:has-text('Done')")
    walk.page.wait_for_selector(".badge.good")
    assert walk.overflow() == 0
    to_the_till(walk)
    moved(walk)
    in_the_calendar(walk)
    assert walk.faults == []
