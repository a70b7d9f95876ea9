"""The door and the shell: who comes in, who sees what, how a refusal looks, what a browser is told."""

import re
from pathlib import Path

import pytest
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import get_resolver, reverse

from beizai.base.errors import Invalid, NotFound, Unavailable
from beizai.office import log
from beizai.office.chat import urls as chat
from beizai.office.errors import refusal
from beizai.office.forms import public, shown
from beizai.office.frame import Frame, enter, leave
from beizai.staff import accounts
from beizai.staff.models import Role, Shop, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CSS = Path("beizai/office/static/office/beizai.css")


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


def user(role="owner", password="tea and gifts 1"):
    return User.objects.create_user(f"{role}@example.test", password, name=role.title(), role=role)


def logged_in(client, role="owner"):
    client.force_login(user(role), backend=BACKEND)
    return client


def log_in(client, email="owner@example.test", password="tea and gifts 1"):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_who_is_not_known_is_led_to_the_door_and_on(client):
    assert (
        client.get("/customers/?tier=key_account")
        .headers["Location"]
        .startswith("/account/login/?next=/customers/")
    )


def test_a_right_password_opens_the_office_in_any_case_of_the_address(client):
    user()
    assert log_in(client, "OWNER@example.test").status_code == 302
    assert client.get("/").status_code == 200


def test_wrong_passwords_lock_the_door_for_a_while(client):
    user()
    answers = [log_in(client, password=f"wrong {n}") for n in range(6)]
    assert "Too many" in answers[-1].content.decode()
    assert log_in(client).status_code != 302  # even with the right one


def test_nobody_signs_up(client):
    page = client.get(reverse("account_signup")).content.decode()
    assert "There is no sign-up here" in page
    client.post(
        reverse("account_signup"),
        {"email": "x@example.test", "password1": "a long word x", "password2": "a long word x"},
    )
    assert not User.objects.exists()


def test_a_one_time_link_sets_a_password_once(client):
    someone = accounts.add("new@example.test", role=Role.STAFF)
    path = accounts.password_link(someone).split("127.0.0.1:8765", 1)[1]
    page = client.get(path, follow=True)
    where = page.redirect_chain[-1][0]
    words = {"password1": "four words of tea", "password2": "four words of tea"}
    assert client.post(where, words, follow=True).status_code == 200
    assert log_in(client, "new@example.test", "four words of tea").status_code == 302
    client.logout()
    assert "has been used or is too old" in client.get(path, follow=True).content.decode()


def test_a_forgotten_password_without_a_mail_server_is_told_so(client):
    user()
    answer = client.post(reverse("account_reset_password"), {"email": "owner@example.test"}, follow=True)
    assert "No mail server is set up yet" in answer.content.decode()


def test_a_forgotten_password_of_nobody_sounds_the_same(client):
    answer = client.post(reverse("account_reset_password"), {"email": "nobody@example.test"}, follow=True)
    assert "If this address belongs to somebody here" in answer.content.decode()


def test_somebody_switched_off_does_not_come_in(client):
    User.objects.filter(pk=user().pk).update(is_active=False)
    log_in(client)
    assert client.get("/").status_code == 302


def test_each_address_of_the_office_asks_who_is_there(client):
    """No page but the door's answers a stranger; customers' own pages (forms, preferences, a calendar) open by their address."""
    open_to_all = {"account_login", "account_logout", "account_signup", "account_inactive", "account_reset_password",
                   "account_reset_password_done", "account_reset_password_from_key", "account_reset_password_from_key_done",
                   "account_reauthenticate", "account_change_password", "account_set_password", "asset", "language"}  # fmt: skip
    given = {"customer_id": 1, "product_id": 1, "user_id": 1, "definition_id": 1, "number": 1, "campaign_id": 1, "token": "x",
             "part": "x", "segment_id": 1, "step": "x", "path": "x", "name": "x"}  # fmt: skip
    for_customers = {path.name for path in [*public.urlpatterns, *shown.urlpatterns, *chat.visiting]} | {
        "preferences",
        "calendar_feed",
        "arrive",
    }
    checked = 0
    for name, entry in get_resolver().reverse_dict.items():
        if not isinstance(name, str) or name in open_to_all | for_customers:
            continue
        wanted = entry[0][0][1]
        address = reverse(name, kwargs={key: given.get(key, 1) for key in wanted})
        for answer in (client.get(address), client.post(address)):
            assert answer.status_code in (302, 405), (name, answer.status_code)
            if answer.status_code == 302:
                assert "/account/login/" in answer.headers["Location"], name
                checked += 1
    assert checked > 20


@pytest.mark.parametrize(
    ("role", "allowed", "refused"),
    [
        ("marketer", ["/customers/", "/products/", "/till/"], ["/settings/", "/settings/users/"]),
        (
            "staff",
            ["/customers/", "/customers/add/", "/till/"],
            ["/customers/export/", "/settings/", "/products/new/"],
        ),
        (
            "analyst",
            ["/customers/", "/"],
            ["/customers/add/", "/customers/export/", "/till/", "/settings/sender/"],
        ),
    ],
)
def test_a_role_opens_its_pages_and_no_others(client, role, allowed, refused):
    logged_in(client, role)
    assert [client.get(address).status_code for address in allowed] == [200] * len(allowed)
    for address in refused:
        page = client.get(address)
        assert page.status_code == 403
        assert "An owner of the book can change your role" in page.content.decode()


def test_what_a_role_may_not_see_is_absent(client):
    page = logged_in(client, "staff").get("/").content.decode()
    assert "/campaigns/" not in page
    assert "/settings/" not in page


def test_no_page_lets_anything_in_from_outside_and_none_uses_style_attributes(client):
    logged_in(client)
    for address in (
        "/",
        "/customers/",
        "/customers/add/",
        "/till/",
        "/products/",
        "/settings/",
        "/settings/users/",
        "/help/",
        "/more/",
    ):
        answer = client.get(address)
        page = answer.content.decode()
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert not re.search(r"<[^>]+ style=", page), address
        assert not re.search(r"(src|href)=\"(https?:)?//", page), address
        assert len(re.findall(r"<h1", page)) == 1, address


def test_every_refusal_has_a_number_that_finds_its_line(client, home):
    page = logged_in(client).get("/customers/999999/")
    assert page.status_code == 404
    number = page.headers["X-Request-Number"]
    assert number in page.content.decode()
    assert "There is no card 999999" in page.content.decode()
    unknown = client.get("/nothing/")
    assert unknown.status_code == 404
    assert unknown.headers["X-Request-Number"] in unknown.content.decode()


def test_our_mistakes_get_a_page_with_a_number(client, monkeypatch):
    from beizai.office.customers import listing

    logged_in(client)
    client.raise_request_exception = False
    monkeypatch.setattr(listing, "asked", lambda request: 1 / 0)
    page = client.get("/customers/")
    assert page.status_code == 500
    assert page.headers["X-Request-Number"] in page.content.decode()
    assert "What was saved before it is safe" in page.content.decode()


@pytest.mark.parametrize(
    ("error", "status"), [(NotFound("x"), 404), (Invalid("x"), 400), (Unavailable("x"), 503)]
)
def test_each_of_our_errors_has_its_status(error, status, rf):
    request: HttpRequest = rf.get("/")
    request.user = user()
    token = enter(Frame())
    try:
        assert refusal(request, error).status_code == status
    finally:
        leave(token)


def test_a_form_from_elsewhere_is_refused_in_words():
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(user(), backend=BACKEND)
    page = client.post("/till/line/", {"amount": "1"})
    assert page.status_code == 403
    assert "This form is too old" in page.content.decode()


def test_the_log_holds_no_personal_data(caplog):
    line, secret = log.Line(), "ann@example.test is taken"
    import logging
    import sys

    try:
        raise ValueError(secret)
    except ValueError:
        record = logging.LogRecord(
            "x",
            logging.ERROR,
            "f",
            1,
            "mail to %s at +44 20 7946 0000",
            ("ann@example.test",),
            sys.exc_info(),
        )
    text = line.format(record)
    assert "ann@" not in text
    assert "7946" not in text
    assert "ValueError" in text
    assert "test_office_door" in text


@pytest.mark.parametrize(
    ("code", "html", "word"),
    [("zh-hans", "zh-Hans", 'lang="zh-Hans"'), ("fr", "fr", 'lang="fr"'), ("en", "en", 'lang="en"')],
)
def test_the_language_is_switched_here_and_kept(client, code, html, word):
    logged_in(client)
    answer = client.post("/language/", {"language": code, "next": "/help/"})
    assert answer.headers["Location"] == "/help/"
    assert f"<html {word}" in client.get("/help/").content.decode()
    assert User.objects.get().language == code


def test_the_language_switch_leads_nowhere_else(client):
    assert (
        client.post("/language/", {"language": "fr", "next": "https://evil.test/"}).headers["Location"] == "/"
    )
    assert client.post("/language/", {"language": "xx", "next": "/help/"}).headers["Location"] == "/help/"


def test_a_theme_chosen_by_hand_wins(client):
    logged_in(client)
    client.post("/you/", {"name": "Wei", "language": "en", "theme": "dark"})
    assert 'data-theme="dark"' in client.get("/").content.decode()


def test_a_simulated_book_says_so_on_every_page(client):
    Shop.objects.create(pk=1, simulated=True)
    assert "SIMULATED" in logged_in(client).get("/help/").content.decode()


def test_style_and_script_are_kept_for_a_year_and_packed(client):
    page = client.get("/account/login/").content.decode()
    address = re.search(r'href="(/assets/[^"]+css)"', page).group(1)
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert client.get("/assets/x/..%2furls.py").status_code == 404


def test_both_dark_blocks_of_the_style_sheet_are_equal():
    text = CSS.read_text(encoding="utf-8")
    by_system = re.search(r":root:not\(\[data-theme=light\]\) \{(.*?)\}", text, re.S).group(1)
    by_hand = re.search(r":root\[data-theme=dark\] \{(.*?)\}", text, re.S).group(1)
    assert by_system.split() == by_hand.split()


def test_pages_name_tokens_and_never_a_colour():
    for path in Path("beizai/office/templates/office").rglob("*.html"):
        assert not re.search(r"#[0-9a-fA-F]{6}\b", path.read_text(encoding="utf-8")), path
