"""A shoe house's day in a real browser: a fitting is booked and worked through, a gift is made to somebody's measures."""

import re
from collections.abc import Iterator

import pytest
from beizai_process import beizai
from office_in_use import Office, office
from playwright.sync_api import Browser, Page

from tests.faces.test_browser_main_path import Walk, log_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("house"), trade="shoemaker") as found:
        yield found


@pytest.fixture(scope="module")
def walk(at: Office, browser: Browser) -> Walk:
    """The owner's telephone."""
    found = Walk(browser.new_context(viewport={"width": 390, "height": 844}), at)
    log_in(found)
    return found


def card(walk: Walk, name: str, email: str) -> str:
    walk.go("/customers/add/")
    walk.page.fill("[name=name]", name)
    walk.page.fill("[name=email]", email)
    walk.page.click("button.primary")
    walk.page.wait_for_url(re.compile(r"/customers/\d+/$"))
    return walk.page.url.rstrip("/").rsplit("/", 1)[-1]


def hours(walk: Walk) -> None:
    walk.go("/settings/appointments/")
    for field in walk.page.query_selector_all("input[name^=h]"):
        field.fill("0:00-23:55")
    walk.page.click("text=Save the week")
    walk.page.wait_for_selector(".toast")


def pick(page: Page, name: str) -> None:
    page.fill("#who", name.split(" ", maxsplit=1)[0].lower()[:3])
    page.wait_for_selector(".pickers button")
    page.click(f".pickers button:has-text('{name}')")


def test_a_fitting_is_booked_on_a_phone_and_worked_through(walk: Walk) -> None:
    card(walk, "Ann Lee", "ann@example.test")
    hours(walk)
    walk.go("/day/")
    walk.page.click("text=Book a time")
    pick(walk.page, "Ann Lee")
    walk.page.wait_for_selector(".times label")
    walk.page.click(".times label >> nth=0")
    walk.page.fill("#wish", "round toe, black")
    walk.page.click("text=Book this time")
    walk.page.wait_for_selector(".toast")
    assert "1 appointment" in walk.head
    walk.page.click("button:has-text('Is here')")
    walk.page.wait_for_selector("button:has-text('Done')")
    walk.page.click("button:has-text('Done')")
    walk.page.wait_for_selector(".badge.good")
    assert walk.faults == []


def test_a_gift_is_ordered_made_and_handed_over_and_the_counter_never_shows_a_measure(
    at: Office, walk: Walk
) -> None:
    card(walk, "Bo Ek", "bo@example.test")
    zoe = card(walk, "Zoé Marchand", "zoe@example.test")
    file = at.home.parent / "measures.csv"
    file.write_text(
        "Email,foot_length_mm,foot_width_mm,instep_mm\nzoe@example.test,252,98,240\n", encoding="utf-8"
    )
    brought = beizai(at.home, "import", "customers", file, "--json")
    assert brought.code == 0, brought.err
    words = "Others may have shoes made for me by my measures, without seeing them."
    granted = beizai(
        at.home, "consent", "grant", zoe, "--purpose", "gifts", "--channel", "", "--text", words, "--json"
    )
    assert granted.code == 0, granted.err
    walk.go("/gifts/take/")
    pick(walk.page, "Bo Ek")
    walk.page.wait_for_selector("#receiver_name")
    walk.page.fill("#receiver_name", "Zoe Marchand")
    walk.page.fill("#receiver_point", "zoe@example.test")
    walk.page.click("button:has-text('Take the order')")
    walk.page.wait_for_selector(".toast")
    assert "252" not in walk.page.content()
    walk.page.click("td a")
    walk.page.click("text=See whether it can be made")
    walk.page.wait_for_selector("text=We can make it.")
    assert "252 mm" in walk.page.inner_text("main")
    for press in ("Begin to make it", "It is ready", "Hand it over"):
        walk.page.click(f"button:has-text('{press}')")
        walk.page.wait_for_selector(".toast")
    assert "252" not in walk.page.content()
    assert walk.faults == []
