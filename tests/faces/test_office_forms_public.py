"""A customer fills in a form over HTTP: without a cookie, without script, in their language; and nobody outside sees the office."""

import asyncio
import re
from datetime import timedelta
from html import unescape

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from beizai.base import clock
from beizai.customers.models import Customer
from beizai.edge.sized import at_most
from beizai.forms import drawing, publishing, rewards, sign_ups
from beizai.forms.definition import Ask, Definition, Kind, Question
from beizai.forms.models import AnswerSheet, SheetState, SignUp
from beizai.staff.shop import shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
LANGUAGES = ("en", "zh-hans", "fr")


@pytest.fixture
def customer():
    return Client(enforce_csrf_checks=True)


def published(kind, **changes):
    now = clock.machine_now() - timedelta(days=1)
    form = publishing.add(publishing.Wish("Tea club", kind, languages=LANGUAGES), now=now)
    draft = msgspec.structs.replace(publishing.read(form.draft), seconds=0, **changes)
    publishing.write(form.pk, draft, revision=0, now=now)
    publishing.publish(form.pk, now=now)
    return publishing.get(form.pk)


def token(answer):
    return re.search(r'name="token" value="([^"]+)"', answer.content.decode())[1]


def text(answer):
    return unescape(answer.content.decode())


def signed_up(customer, form, email="ann@example.test"):
    page = customer.get(f"/f/{form.slug}/")
    return customer.post(
        f"/f/{form.slug}/", {"token": token(page), "page": "0", "q.contact.email": email, "q.news": "yes"}
    )


def confirm_path():
    return sign_ups.confirm_url(SignUp.objects.latest("id").pk, "")


def test_a_sign_up_is_confirmed_by_the_button_and_not_by_opening_the_link(customer):
    form = published(Kind.SIGN_UP)
    rewards.set_coupon(form, "TEA10")
    done = signed_up(customer, form)
    assert done.status_code == 200
    assert "We have sent a mail" in text(done)
    assert "TEA10" not in text(done)
    opened = customer.get(confirm_path())
    assert "Yes, send me news" in text(opened)
    assert not Customer.objects.exists()
    assert "TEA10" in text(customer.post(confirm_path()))
    assert Customer.objects.count() == 1
    assert not done.cookies
    assert not opened.cookies


def test_who_is_in_the_book_and_who_is_not_see_the_same(customer):
    form = published(Kind.SIGN_UP)
    first = signed_up(customer, form)
    customer.post(confirm_path())
    again = signed_up(customer, form)
    strip = re.compile(r'nonce-?="?[^"]+|nonce-[^\']+')
    assert strip.sub("", text(first)) == strip.sub("", text(again))


def test_the_form_speaks_the_customers_language(customer):
    form = published(Kind.SIGN_UP)
    page = customer.get(f"/f/{form.slug}/", headers={"accept-language": "fr-CA,fr;q=0.8"})
    assert "Comment vous joindre" in text(page)
    assert 'lang="fr"' in text(page)
    assert "怎样联系您" in text(customer.get(f"/f/{form.slug}/?lang=zh-hans"))


def test_pages_follow_each_other_and_can_be_gone_back_and_on_with_later(customer):
    form = published(Kind.SURVEY)
    url = f"/f/{form.slug}/"
    key = token(customer.get(url))
    wrong = customer.post(url, {"token": key, "page": "0"})
    assert wrong.status_code == 400
    assert "Please answer this." in text(wrong)
    second = customer.post(url, {"token": key, "page": "0", "q.recommend": "6"})
    assert "What should we do better?" in text(second)
    assert "How likely" in text(customer.post(url, {"token": key, "back": "1"}))
    resumed = Client().get(f"{url}?p={key}")
    assert "What should we do better?" in text(resumed)
    third = customer.post(url, {"token": key, "page": "1", "q.better": "<b>more</b> tea"})
    assert "How often" in text(third)
    assert "Thank you" in text(customer.post(url, {"token": key, "page": "3", "q.often": "week"}))
    assert AnswerSheet.objects.get().answers == {"recommend": 6, "better": "<b>more</b> tea", "often": "week"}


def test_what_was_typed_is_shown_as_text(customer):
    form = published(Kind.ENQUIRY)
    url = f"/f/{form.slug}/"
    answer = customer.post(
        url, {"token": token(customer.get(url)), "page": "0", "q.what": "<script>x</script>", "q.by": "never"}
    )
    assert "<script>x" not in answer.content.decode()
    assert "<script>x" in text(answer)


def test_an_upload_that_is_no_picture_is_refused_with_words_and_nothing_is_lost(customer):
    form = published(Kind.ENQUIRY)
    url = f"/f/{form.slug}/"
    file = SimpleUploadedFile("me.jpg", b"MZ\x90\x00 not a picture")
    answer = customer.post(
        url, {"token": token(customer.get(url)), "page": "0", "q.what": "Oolong", "q.picture": file}
    )
    assert answer.status_code == 400
    assert "not a picture" in text(answer)
    assert "Oolong" in text(answer)


@pytest.mark.parametrize("token", ["", "x", "A" * 3000, "é", "=" * 9])
def test_a_forged_token_is_refused_without_the_office(customer, token):
    form = published(Kind.SURVEY)
    answer = customer.post(f"/f/{form.slug}/", {"token": token})
    assert answer.status_code == 404
    assert "no longer good" in text(answer)
    assert "/customers/" not in text(answer)


def test_a_form_is_framed_only_by_the_sites_it_names(customer):
    form = published(Kind.SURVEY)
    page = customer.get(f"/f/{form.slug}/")
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    publishing.embed_on(form.pk, "https://shop.example", now=clock.machine_now())
    page = customer.get(f"/f/{form.slug}/")
    assert "X-Frame-Options" not in page.headers
    assert "frame-ancestors 'self' https://shop.example" in page.headers["Content-Security-Policy"]


def test_a_closed_form_says_so(customer):
    form = published(Kind.SURVEY)
    publishing.close(form.pk, now=clock.machine_now())
    assert "closed" in text(customer.get(f"/f/{form.slug}/"))
    assert customer.get("/f/nothing/").status_code == 404


def test_the_seed_is_seen_only_after_the_draw(customer):
    form = published(Kind.CONTEST)
    draw = drawing.announce(form, prizes_count=1, now=clock.machine_now())
    before = text(customer.get(f"/f/{form.slug}/draw/"))
    assert draw.commitment in before
    assert customer.get(f"/f/{form.slug}/draw/entries.txt").status_code == 404
    publishing.close(form.pk, now=clock.machine_now())
    drawing.draw(publishing.get(form.pk), now=clock.machine_now())
    assert "hashlib" in text(customer.get(f"/f/{form.slug}/draw/"))


def test_a_flood_from_one_address_is_answered_with_429(customer):
    asks = (Question("a", Ask.TEXT, {language: "?" for language in LANGUAGES}),)
    form = published(Kind.SURVEY, questions=asks, starts_per_hour=3)
    url = f"/f/{form.slug}/"
    codes = [
        customer.post(url, {"token": token(customer.get(url)), "q.a": "x"}).status_code for _time in range(5)
    ]
    assert codes == [200, 200, 200, 429, 429]
    assert AnswerSheet.objects.filter(state=SheetState.COUNTED).count() == 3


def test_a_body_that_is_too_large_is_cut_off_while_it_comes_in():
    async def reads_all(scope, receive, send):
        while (await receive()).get("more_body"):
            pass

    async def sent(headers):
        pieces, said = iter(range(10_000)), []

        async def receive():
            next(pieces)
            return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

        async def send(message):
            said.append(message)

        await at_most(5_000, reads_all)({"type": "http", "headers": headers, "method": "POST"}, receive, send)
        return said[0]["status"], 10_000 - len(list(pieces))

    assert asyncio.run(sent([])) == (413, 6)
    assert asyncio.run(sent([(b"content-length", b"9999999")])) == (413, 0)


def test_the_simulated_mark_stands_on_the_form_of_a_simulated_shop(customer):
    the_shop = shop()
    the_shop.simulated = True
    the_shop.save()
    form = published(Kind.QUIZ)
    assert "SIMULATED" in text(customer.get(f"/f/{form.slug}/"))
    assert isinstance(publishing.definition_of(form.version), Definition)
