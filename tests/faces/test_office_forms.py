"""The builder over HTTP: a form from its kind to its results, what a role may not do, and what stops a publishing."""

from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from beizai.base import clock
from beizai.customers import cards
from beizai.customers.models import AttributeDefinition
from beizai.forms import publishing, sheets
from beizai.forms.definition import Ask, Kind, When
from beizai.forms.models import AnswerSheet, Form, FormState, PrizeDraw, Reward
from beizai.sources import register
from beizai.staff.models import AuditEntry, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def as_role(client, role):
    client.force_login(
        User.objects.create_user(f"{role}@example.test", "a long password", role=role), backend=BACKEND
    )
    return client


@pytest.fixture
def owner(client):
    return as_role(client, "owner")


def made(client, kind="survey", name="Spring survey"):
    answer = client.post(reverse("form_new"), {"kind": kind, "name": name, "languages": ["en", "fr"]})
    return publishing.get(int(answer.url.rstrip("/").rsplit("/", 1)[1]))


def draft(form):
    return publishing.read(Form.objects.get(pk=form.pk).draft)


def words(answer):
    return unescape(answer.content.decode())


def at(name, form, *more):
    return reverse(name, args=[form.pk, *more])


def answered(form, fields, number=0):
    form = publishing.get(form.pk)
    begun = sheets.begin(form, form.version, language="en", at=clock.machine_now() - timedelta(minutes=1))
    given = {name: [value] for name, value in fields.items()}
    return sheets.send(
        begun, sheets.Page(number, given, "192.0.2.1"), now=clock.machine_now(), at=clock.machine_now()
    ).sheet


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_is_made_looked_at_and_published(owner, kind):
    form = made(owner, kind.value)
    for name in (
        "form",
        "form_settings",
        "form_share",
        "form_results",
        "form_answers",
        "form_preview",
        "form_preview_page",
    ):
        assert owner.get(at(name, form)).status_code == 200
    assert owner.post(at("form_publish", form), follow=True).status_code == 200
    assert publishing.get(form.pk).state == FormState.OPEN
    assert owner.get(reverse("forms")).status_code == 200
    assert owner.get(f"/f/{form.slug}/").status_code == 200


def test_a_question_is_added_changed_moved_and_taken_out(owner):
    form = made(owner)
    page = owner.post(at("form_add_question", form), {"ask": "choice"})
    key = page.url.rstrip("/").rsplit("/", 1)[1]
    AttributeDefinition.objects.create(
        key="tea", label="Favourite tea", kind="choice", choices=["Green", "Black"]
    )
    revision = Form.objects.get(pk=form.pk).revision
    sent = {
        "revision": revision, "text.en": "Which tea?", "text.fr": "Quel thé ?", "required": "1", "attribute": "tea",
        "o0.key": "a", "o0.text.en": "Green", "o0.text.fr": "Vert", "o0.points": "2", "o0.at_most": "10",
        "o1.key": "", "o1.text.en": "Black", "o1.text.fr": "Noir",
        "j0.when": "is", "j0.value": "a", "j0.to": "-",
    }  # fmt: skip
    assert owner.post(at("form_question", form, key), sent).status_code == 302
    changed = draft(form).question(key)
    assert changed.text == {"en": "Which tea?", "fr": "Quel thé ?"}
    assert [(option.key, option.points, option.at_most) for option in changed.options] == [
        ("a", 2, 10),
        ("o1", 0, 0),
    ]
    assert (changed.jumps[0].to, changed.jumps[0].when) == ("", When.IS)
    owner.post(at("form_arrange", form, key), {"do": "up"})
    assert [one.key for one in draft(form).questions][-2] == key
    owner.post(at("form_arrange", form, key), {"do": "out"})
    assert draft(form).question(key) is None


def test_somebody_elses_change_in_between_is_not_overwritten(owner):
    form = made(owner)
    answer = owner.post(at("form_question", form, "recommend"), {"revision": "7", "text.en": "Mine?"})
    assert answer.status_code == 400
    assert "Somebody has changed this form" in words(answer)
    assert "Mine?" in words(answer)


def test_what_is_missing_is_named_before_publishing(owner):
    form = made(owner)
    owner.post(at("form_add_question", form), {"ask": Ask.CHOICE.value})
    assert "has no text" in words(owner.get(at("form", form)))
    assert owner.post(at("form_publish", form)).status_code == 400
    assert publishing.get(form.pk).state == FormState.DRAFT


def test_settings_keep_the_texts_the_rules_and_the_gift(owner):
    form = made(owner, "sign_up")
    sent = {
        "revision": form.revision, "name": "Club", "languages": ["en"], "title.en": "Tea club", "confirm": "1", "confirm_hours": "24",
        "e0.from": "3", "e0.text.en": "Well done", "hidden": "ref, stand", "reward": "coupon", "coupon": "TEA10",
        "closes": "2030-05-01T18:00",
    }  # fmt: skip
    assert owner.post(at("form_settings", form), sent).status_code == 302
    found = draft(form)
    assert (found.title, found.confirm_hours, found.hidden) == ({"en": "Tea club"}, 24, ("ref", "stand"))
    assert found.endings[0].from_score == 3
    assert Reward.objects.get().coupon == "TEA10"
    assert Form.objects.get(pk=form.pk).closes_at is not None
    wrong = owner.post(at("form_settings", form), sent | {"revision": "1", "confirm_hours": "many"})
    assert wrong.status_code == 400


def test_the_results_are_shown_as_pictures_and_taken_out(owner):
    form = made(owner)
    owner.post(at("form_publish", form))
    for value in ("10", "9", "3"):
        answered(form, {"q.recommend": value})
    page = words(owner.get(at("form_results", form)))
    assert "3 were" in page or "0 answers count, of 3" in page
    begun = AnswerSheet.objects.first()
    AnswerSheet.objects.update(state="counted")
    page = words(owner.get(at("form_results", form)))
    assert "Net promoter score 33" in page
    assert owner.get(at("form_answer", form, begun.pk)).status_code == 200
    table = owner.get(at("form_export", form) + "?as=csv").content.decode("utf-8-sig").splitlines()
    assert len(table) == 4
    assert owner.get(at("form_export", form)).content[:2] == b"PK"
    assert AuditEntry.objects.filter(action="form.exported").count() == 2


def test_an_answer_that_would_be_a_formula_stays_text(owner):
    form = made(owner, "enquiry")
    owner.post(at("form_publish", form))
    sheet = answered(form, {"q.what": "=cmd|' /C calc'!A0"})
    AnswerSheet.objects.filter(pk=sheet.pk).update(state="counted")
    assert "'=cmd" in owner.get(at("form_export", form) + "?as=csv").content.decode()


def test_an_enquiry_becomes_a_card_by_hand(owner):
    form = made(owner, "enquiry")
    owner.post(at("form_publish", form))
    sheet = answered(form, {"q.what": "Tea"})
    AnswerSheet.objects.filter(pk=sheet.pk).update(
        state="counted", answers={"what": "Tea", "contact": {"name": "Bo", "email": "bo@example.test"}}
    )
    assert "Make a card of it" in words(owner.get(at("form_answer", form, sheet.pk)))
    card = owner.post(at("form_make_card", form, sheet.pk))
    assert owner.get(card.url).status_code == 200


def test_a_personal_link_is_made_for_a_card_and_asks_no_name(owner):
    form = made(owner, "sign_up")
    owner.post(at("form_publish", form))
    ann = cards.add(
        cards.NewCard("Ann"), source=register.office(clock.machine_now()), now=clock.machine_now()
    )
    page = owner.get(at("form_share", form) + f"?customer={ann.pk}")
    key = words(page).split("?k=")[1].split('"')[0]
    shown = words(owner.get(f"/f/{form.slug}/?k={key}"))
    assert "q.contact.email" not in shown
    assert "The shop knows you" in shown
    assert owner.get(at("form_share", form) + "?customer=99999").status_code == 404


def test_a_draw_is_announced_drawn_once_and_its_winners_are_seen(owner):
    form = made(owner, "contest")
    owner.post(at("form_draw", form), {"announce": "1", "prizes": "1"})
    assert PrizeDraw.objects.get().commitment in words(owner.get(at("form_draw", form)))
    owner.post(at("form_publish", form))
    assert owner.post(at("form_draw", form), {}).status_code == 403
    owner.post(at("form_close", form))
    owner.post(at("form_draw", form), {})
    assert PrizeDraw.objects.get().drawn_at is not None
    assert owner.get(at("form_draw", form)).status_code == 200


@pytest.mark.parametrize("role", ["staff", "analyst"])
def test_a_role_without_the_right_sees_no_form_and_no_answer(client, role):
    other = as_role(client, role)
    form = publishing.add(publishing.Wish("A", Kind.SURVEY), now=clock.machine_now())
    for name in ("form", "form_results", "form_answers", "form_export"):
        assert other.get(at(name, form)).status_code == 403
    assert other.post(at("form_publish", form)).status_code == 403


def test_only_a_draft_is_taken_away(owner):
    first, second = made(owner), made(owner)
    owner.post(at("form_publish", second))
    assert owner.post(at("form_remove", first)).status_code == 302
    assert owner.post(at("form_remove", second)).status_code == 403
