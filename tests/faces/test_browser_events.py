"""The script for sites in a real browser: nothing kept before consent, everything told once, also on leaving."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from events_api import EventsApi, events_api
from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
_PAGE = """<!doctype html><title>Tea</title><a href="/next.html">on</a>
<form id="letter" data-beizai="Letter asked for" action="/thanks.html"><input name="town" value="Lyon">
<input name="secret" type="password" value="no"><input name="card_number" value="4111"><button>Send</button></form>
<script defer src="{api}/v1/beizai.js" data-key="{key}"></script>"""


class Site:
    """A shop's site on an origin of its own, with the script in its pages."""

    def __init__(self, api: EventsApi) -> None:
        self.api = api
        site = self

        class Pages(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = _PAGE.format(api=site.api.url, key=site.api.page).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with events_api(tmp_path) as api, api.serving():
        found = Site(api)
        yield found
        found.server.shutdown()
        found.server.server_close()


def told(page: Page) -> None:
    """Waits until what the page had to tell was answered."""
    page.wait_for_timeout(1500)


def kept(page: Page) -> list[Any]:
    return [page.evaluate("document.cookie"), page.evaluate("localStorage.length")]


def test_before_consent_nothing_is_kept_and_afterwards_the_visitor_is_known(
    browser: Browser, site: Site
) -> None:
    page = browser.new_context().new_page()
    page.goto(site.url + "/?utm_source=letter")
    told(page)
    assert kept(page) == ["", 0]
    page.evaluate("beizai.consent(true)")
    page.evaluate("beizai.identify('7', {name: 'Mei Lin'})")
    page.evaluate("beizai.track('Tea tasted', {cups: 3})")
    told(page)
    assert page.evaluate("document.cookie").startswith("beizai=")
    page.goto(site.url + "/next.html")
    told(page)
    page.evaluate("beizai.consent(false)")
    assert kept(page) == ["", 0]
    found = site.api.finish()
    kinds = [(row["kind"], row["customer_id"] is not None) for row in found["events"]]
    assert kinds == [("visited", False), ("identified", True), ("tracked", True), ("visited", True)]
    assert found["events"][0]["props"]["context"]["campaign"] == {"source": "letter"}
    assert found["events"][2]["props"]["properties"] == {"cups": 3}
    assert (found["customers"][0]["name"], found["aside"]) == ("Mei Lin", [])


def test_a_form_is_told_as_the_page_is_left_and_secrets_never_are(browser: Browser, site: Site) -> None:
    page = browser.new_context().new_page()
    page.goto(site.url)
    told(page)
    page.click("button")
    page.wait_for_url("**/thanks.html*")
    told(page)
    asked = [row["props"] for row in site.api.finish()["events"] if row["kind"] == "tracked"]
    assert [(one["name"], one["properties"]) for one in asked] == [
        ("Letter asked for", {"form": "letter", "fields": {"town": "Lyon"}})
    ]


def test_what_could_not_be_sent_is_sent_again_once(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.url)
    told(page)
    page.evaluate("beizai.consent(true)")
    page.route("**/v1/batch", lambda route: route.abort())
    page.evaluate("beizai.track('Lost and found')")
    told(page)
    page.unroute("**/v1/batch")
    page.reload()
    told(page)
    names = [row["props"].get("name") for row in site.api.finish()["events"] if row["kind"] == "tracked"]
    assert names == ["Lost and found"]
