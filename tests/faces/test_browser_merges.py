"""Two cards of one person in a real browser: looked for, joined by a key, taken apart again."""

import time
from collections.abc import Iterator

import pytest
from beizai_process import beizai
from office_in_use import Office, office
from playwright.sync_api import Browser, Page

from tests.faces.test_browser_main_path import Walk, log_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as found:
        yield found


def _waits(page: Page, url: str, words: str) -> None:
    """The worker is looking: until its result is there."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        page.goto(f"{url}/customers/review/")
        if words in page.content():
            return
        time.sleep(1)
    raise AssertionError(f"“{words}” never came")


def _bring_in(at: Office) -> None:
    """A dozen strangers and one person on two cards, each with a number of its own."""
    rows = ["customer number,name,email,country,birthday"]
    rows += ["K1,Paul Fournier,p.fournier@example.test,FR,1984-03-09"]
    rows += ["K2,Paul Fournié,p.fournier@example.test,FR,1984-03-09"]
    rows += [f"S{n},Person{n} Nr{n},{n}@example.test,DE,{1960 + n}-0{1 + n % 9}-1{n % 10}" for n in range(12)]
    path = at.home.parent / "people.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    said = beizai(at.home, "import", "customers", path, "--source", "Fair", "--json")
    assert said.code == 0, said.err


def test_a_merge_and_its_undoing(at: Office, browser: Browser) -> None:
    _bring_in(at)
    walk = Walk(browser.new_context(viewport={"width": 1440, "height": 900}), at)
    log_in(walk)
    page = walk.page
    page.goto(f"{at.url}/customers/review/")
    page.get_by_role("button", name="Look through the book").click()
    page.wait_for_url("**/waiting/**")
    _waits(page, at.url, "Paul Fournier · Paul Fournié")
    assert page.locator(".sides mark").count() >= 2
    page.keyboard.press("j")
    page.get_by_text("Joined: everything of both").wait_for()
    page.goto(f"{at.url}/customers/?q=fournier")
    assert page.locator("td.person").count() == 1
    page.goto(f"{at.url}/customers/2/")
    page.wait_for_url("**/customers/1/")
    page.goto(f"{at.url}/customers/merges/1/")
    page.get_by_role("button", name="Take apart").click()
    page.get_by_text("as it was.").wait_for()
    page.goto(f"{at.url}/customers/2/")
    assert page.url == f"{at.url}/customers/2/"
    assert page.locator("h1").inner_text().startswith("Paul Fournié")
    page.goto(f"{at.url}/customers/?q=fournier&sort=name")
    assert page.locator("td.person").count() == 2
