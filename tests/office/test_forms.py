"""Forms in the book: double opt-in, one answer a person, quotas, what comes onto the card, and machines that fill in forms."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from PIL import Image

from beizai.base import home as homes
from beizai.base.errors import Forbidden, Invalid, NotFound, Unavailable
from beizai.consent import retention
from beizai.consent.models import ConsentEntry
from beizai.consent.rules import may_contact
from beizai.customers import cards, facts, photos, referring
from beizai.customers.models import AttributeDefinition, ContactPoint, Customer, FactChange, Tie
from beizai.events import inbox
from beizai.forms import (
    carrying,
    drawing,
    links,
    matching,
    pictures,
    publishing,
    results,
    rewards,
    sheets,
    sign_ups,
)
from beizai.forms.definition import Ask, Definition, Kind, Option, Question
from beizai.forms.models import AnswerSheet, Attempt, GivenReward, SheetState, SignUp
from beizai.messages.models import ServiceMail
from beizai.sources import register
from beizai.staff.shop import shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=20)
EN = {"en": "words"}
ANN = "ann@example.test"


def published(kind=Kind.SIGN_UP, **changes):
    form = publishing.add(publishing.Wish("Tea", kind), now=NOW)
    draft = msgspec.structs.replace(publishing.read(form.draft), **changes)
    publishing.write(form.pk, draft, revision=0, now=NOW)
    publishing.publish(form.pk, now=NOW)
    return publishing.get(form.pk)


def asked(*questions, kind=Kind.SURVEY, **more):
    return published(kind, **({"confirm": False, "endings": ()} | more | {"questions": questions}))


def begun(form, personal=None):
    return sheets.begin(form, form.version, language="en", at=NOW, personal=personal)


def send(a_begun, fields, number=0, at=LATER, address="192.0.2.1", **more):
    given = {name: [value] if isinstance(value, str) else value for name, value in fields.items()}
    return sheets.send(a_begun, sheets.Page(number, given, address, **more), now=NOW, at=at)


def sign_up(form, email=ANN, name="Ann"):
    sent = send(begun(form), {"q.contact.email": email, "q.contact.name": name, "q.news": "yes"})
    assert sent.page is None
    return sent.sheet


def token_of(sheet):
    return links.number(homes.current().key("signing"), links.CONFIRM, sheet.sign_up.pk)


def confirm(sheet, now=LATER):
    return sign_ups.confirm(token_of(sheet), now=now)


def waiting():
    return inbox.current().waiting()


def test_nothing_is_written_on_a_card_before_the_button_is_pressed():
    sheet = sign_up(published())
    assert not Customer.objects.exists()
    assert not ConsentEntry.objects.exists()
    assert sheet.state == SheetState.FINISHED
    mail = ServiceMail.objects.get()
    assert mail.address == ANN
    assert token_of(sheet) in mail.text
    sign_ups.find(token_of(sheet), now=NOW)  # looking at the page confirms nothing
    assert not Customer.objects.exists()


def test_a_confirmation_makes_a_card_with_the_exact_words_form_and_version():
    form = published()
    customer = Customer.objects.get(pk=confirm(sign_up(form)).sign_up.customer_id)
    entry = ConsentEntry.objects.get()
    assert entry.text == publishing.read(form.version.definition).question("news").text["en"]
    assert (entry.form, entry.form_version, entry.customer_id) == (form.slug, "1", customer.pk)
    assert entry.evidence["form_sha256"] == form.version.sha256
    assert customer.contact_points.get().verified_at == LATER
    assert customer.source == form.source
    assert may_contact(customer.pk, "email", "marketing", LATER).allowed


def test_a_link_confirms_once_and_not_after_its_time():
    sheet = sign_up(published())
    with pytest.raises(NotFound):
        confirm(sheet, now=NOW + timedelta(hours=49))
    assert confirm(sheet).first
    assert not confirm(sheet, now=NOW + timedelta(days=9)).first
    assert ConsentEntry.objects.count() == 1


def test_a_link_for_one_purpose_opens_nothing_else():
    sheet = sign_up(published())
    with pytest.raises(NotFound):
        rewards.download(token_of(sheet), now=NOW)
    with pytest.raises(NotFound):
        sign_ups.find(token_of(sheet)[:-2] + "xx", now=NOW)


def test_known_and_unknown_addresses_are_answered_alike():
    form = published()
    source = register.office(NOW)
    cards.add(cards.NewCard("Ann Lee", points=[("email", ANN)]), source=source, now=NOW)
    known, unknown = sign_up(form), sign_up(form, "bo@example.test")
    assert known.state == unknown.state
    first, second = ServiceMail.objects.order_by("id")
    assert first.subject == second.subject
    assert len(first.text) - len(token_of(known)) == len(second.text) - len(token_of(unknown))


def test_who_confirms_an_address_of_a_card_is_that_customer():
    card = cards.add(cards.NewCard("Ann Lee", points=[("email", ANN)]), source=register.office(NOW), now=NOW)
    assert confirm(sign_up(published(), "Ann@Example.test")).sign_up.customer_id == card.pk
    assert ContactPoint.objects.get().verified_at == LATER


def test_an_address_two_people_share_leads_each_to_their_own_card_and_a_third_to_a_new_one():
    for name in ("Ann", "Bo"):
        cards.add(cards.NewCard(name, points=[("email", ANN)]), source=register.office(NOW), now=NOW)
    bo = Customer.objects.get(name="Bo")
    form = published()
    assert confirm(sign_up(form, name="Bo")).sign_up.customer_id == bo.pk
    assert confirm(sign_up(form, name="Ann")).sign_up.customer_id == Customer.objects.get(name="Ann").pk
    assert (
        confirm(sign_up(form, name="Someone")).sign_up.customer_id == Customer.objects.get(name="Someone").pk
    )


def test_an_address_gets_three_mails_a_day_and_the_answer_does_not_say_so():
    form = published()
    states = {sign_up(form).state for _ in range(5)}
    assert states == {SheetState.FINISHED}
    assert ServiceMail.objects.count() == 3
    assert SignUp.objects.filter(withheld="too_often").count() == 2


def test_who_never_confirms_is_forgotten():
    sign_up(published())
    assert retention.carry_out(NOW + timedelta(days=10)) == {}
    assert retention.carry_out(NOW + timedelta(days=17)) == {"unconfirmed_sign_ups": 1}
    carrying.sweep(at=NOW + timedelta(days=17))
    assert not AnswerSheet.objects.exists()
    assert not SignUp.objects.exists()
    assert not Attempt.objects.exists()


def test_a_form_sent_ten_thousand_times_is_one_sheet_and_one_mail():
    form, fields = published(), {"q.contact.email": ANN, "q.news": "yes"}
    one = begun(form)
    for _time in range(300):  # the bench sends ten thousand
        assert send(one, fields).sheet.state == SheetState.FINISHED
    assert AnswerSheet.objects.count() == 1
    assert ServiceMail.objects.count() == 1


def test_a_flood_of_new_sheets_from_one_address_is_refused_and_another_address_is_not():
    form = asked(Question("a", Ask.TEXT, EN), starts_per_hour=5)
    for _time in range(5):
        send(begun(form), {"q.a": "x"})
    with pytest.raises(Unavailable) as refused:
        send(begun(form), {"q.a": "x"})
    assert refused.value.code == "too_often"
    assert send(begun(form), {"q.a": "x"}, address="192.0.2.2").sheet.state == SheetState.COUNTED


def test_what_fills_in_the_hidden_field_is_kept_aside_and_answered_alike():
    form = published()
    sent = send(begun(form), {"q.contact.email": ANN, "q.news": "yes", sheets.HONEYPOT: "http://spam"})
    assert sent.page is None
    assert sent.sheet.state == SheetState.ASIDE
    assert not ServiceMail.objects.exists()


def test_what_comes_sooner_than_a_person_could_is_asked_for_again():
    form = asked(Question("a", Ask.TEXT, EN))
    one = begun(form)
    hasty = send(one, {"q.a": "x"}, at=NOW + timedelta(seconds=1))
    assert hasty.sheet is None
    assert hasty.problems[""].code == "too_fast"
    assert hasty.values == {"a": "x"}
    assert send(one, {"q.a": "x"}).sheet.state == SheetState.COUNTED


def test_a_form_left_half_way_is_gone_on_with_under_the_version_it_was_begun_with():
    form = asked(Question("a", Ask.TEXT, EN), Question("b", Ask.TEXT, EN, new_page=True))
    one = begun(form)
    assert send(one, {"q.a": "x"}).page == 1
    publishing.write(
        form.pk,
        msgspec.structs.replace(publishing.read(form.draft), once=False, at_most=9),
        revision=1,
        now=NOW,
    )
    assert publishing.publish(form.pk, now=NOW).number == 2
    again = sheets.read_begun(one.token(), at=NOW + timedelta(days=3))
    sent = send(again, {"q.b": "y"}, number=1)
    assert sent.sheet.version.number == 1
    assert sent.sheet.answers == {"a": "x", "b": "y"}


def test_a_published_version_cannot_be_changed():
    version = published().version
    version.number = 7
    with pytest.raises(Forbidden):
        version.save()


def test_a_full_quota_takes_nobody_more_and_a_lapsed_entry_frees_its_place():
    option = Option("sat", EN, at_most=1)
    form = asked(Question("day", Ask.CHOICE, EN, options=(option, Option("sun", EN))))
    assert send(begun(form), {"q.day": "sat"}).sheet.state == SheetState.COUNTED
    with pytest.raises(Forbidden) as refused:
        send(begun(form), {"q.day": "sat"})
    assert refused.value.code == "option_full"
    assert AnswerSheet.objects.count() == 1
    assert send(begun(form), {"q.day": "sun"}).sheet.state == SheetState.COUNTED


def test_a_person_has_one_vote_however_often_they_confirm():
    form = published(Kind.VOTE)
    for _time in range(2):
        one = begun(form)
        send(one, {"q.vote": "first"})
        confirm(send(one, {"q.contact.email": ANN}, number=1).sheet)
    states = sorted(AnswerSheet.objects.values_list("state", flat=True))
    assert states == [SheetState.COUNTED, SheetState.REPEATED]
    assert results.of(form).questions["vote"].counts == {"first": 1}


def personal(form, customer, hidden=None, now=NOW):
    token = links.personal(homes.current().key("signing"), form.pk, customer.pk, now=now, hidden=hidden)
    return links.read_personal(homes.current().key("signing"), token, form.pk, now=NOW)


def test_a_known_customer_never_types_her_name_and_her_answers_come_onto_her_card():
    AttributeDefinition.objects.create(key="town", label="Town")
    AttributeDefinition.objects.create(key="cups", label="Cups", kind="number")
    ann = cards.add(cards.NewCard("Ann", points=[("email", ANN)]), source=register.office(NOW), now=NOW)
    form = asked(
        Question("who", Ask.CONTACT, EN, parts=("name", "email"), needs=("email",)),
        Question("where", Ask.TEXT, EN, attribute="town"),
        Question("many", Ask.NUMBER, EN, attribute="cups"),
        hidden=("ref",),
    )
    one = begun(form, personal(form, ann, {"ref": "spring", "evil": "1"}))
    sent = send(one, {"q.where": "Lyon", "q.many": "3", "q.who.email": "thief@example.test"})
    assert sent.sheet.hidden == {"ref": "spring"}
    carrying.carry()
    ann.refresh_from_db()
    assert ann.facts["town"] == {"v": "Lyon", "source": form.source_id, "at": NOW.isoformat()}
    assert ann.facts["cups"]["v"] == 3
    assert [point.value for point in ann.contact_points.all()] == [ANN]
    assert FactChange.objects.filter(customer=ann, field="fact:town").exists()


def test_a_personal_link_belongs_to_its_form_and_ends():
    first, second = published(), published()
    ann = cards.add(cards.NewCard("Ann"), source=register.office(NOW), now=NOW)
    with pytest.raises(NotFound):
        personal(first, ann, now=NOW - timedelta(days=200))
    token = links.personal(homes.current().key("signing"), first.pk, ann.pk, now=NOW)
    with pytest.raises(NotFound):
        links.read_personal(homes.current().key("signing"), token, second.pk, now=NOW)


def test_what_a_card_learned_later_is_not_overwritten():
    AttributeDefinition.objects.create(key="town", label="Town")
    ann = cards.add(cards.NewCard("Ann"), source=register.office(NOW), now=NOW)
    form = asked(Question("where", Ask.TEXT, EN, attribute="town"))
    send(begun(form, personal(form, ann)), {"q.where": "Lyon"})
    cards.edit(ann.pk, {}, new_facts={"town": "Paris"}, revision=0, source=register.office(NOW), now=LATER)
    carrying.carry()
    ann.refresh_from_db()
    assert ann.facts["town"]["v"] == "Paris"


def test_an_answer_is_told_once_as_an_event_without_its_free_words():
    form = asked(Question("stars", Ask.SCALE, EN), Question("words", Ask.TEXT, EN))
    send(begun(form), {"q.stars": "4", "q.words": "my secret"})
    assert carrying.carry() == 1
    AnswerSheet.objects.update(told=False)  # as after a crash between inbox and office
    carrying.carry()
    assert waiting() == 1
    claimed = inbox.current().store
    claimed.claim(1, token=1, limit=10)
    [row] = claimed.messages(1)[0].rows()["events"]
    assert row["kind"] == "form_answered"
    assert '"stars": 4' in row["props"]
    assert "secret" not in row["props"]


def test_the_lead_magnet_is_given_after_the_confirmation_and_each_has_a_code_of_their_own():
    form = published()
    rewards.set_coupon(form, "")
    first, second = sign_up(form), sign_up(form, "bo@example.test")
    assert not GivenReward.objects.exists()
    confirm(first), confirm(second), confirm(first)
    codes = set(GivenReward.objects.values_list("code", flat=True))
    assert len(codes) == 2
    assert all(len(code) == 14 for code in codes)


def test_a_file_is_fetched_by_its_link_for_thirty_days():
    form = published()
    rewards.set_file(form, "../guide.pdf", [b"%PDF"])
    confirm(sign_up(form))
    token = rewards.download_path(GivenReward.objects.get()).split("/")[3]
    path, name = rewards.download(token, now=LATER)
    assert (path.read_bytes(), name) == (b"%PDF", "guide.pdf")
    with pytest.raises(Forbidden):
        rewards.download(token, now=LATER + timedelta(days=31))


def photo(form_size=(30, 20), kind="JPEG"):
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Camera of Ann"
    Image.new("RGB", form_size, "red").save(file, kind, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", b"%PDF-1.7", photo()[:200], b"MZ" + bytes(900)])
def test_an_upload_that_is_no_picture_is_refused(data):
    with pytest.raises(Invalid):
        pictures.keep(io.BytesIO(data), len(data), 1)


def test_a_photo_is_made_anew_without_what_the_camera_wrote():
    name = pictures.keep(io.BytesIO(photo()), 900, 1)
    kept = pictures.path(1, name)
    assert b"Camera of Ann" not in kept.read_bytes()
    with Image.open(kept) as picture:
        assert picture.format == "JPEG"
        assert not picture.getexif()


def test_a_photo_becomes_the_picture_of_its_attribute_with_source_and_time():
    AttributeDefinition.objects.create(key="hair", label="Hair", kind="photo", sensitive=True)
    look = Question("look", Ask.PHOTO, EN, attribute="hair")
    form = asked(look, kind=Kind.SURVEY)
    card = cards.add(cards.NewCard("Ann"), source=register.office(NOW), now=NOW)
    sheet = send(begun(form), {}).sheet
    name = pictures.keep(io.BytesIO(photo()), 900, form.pk)
    AnswerSheet.objects.filter(pk=sheet.pk).update(customer_id=card.pk, answers={"look": name})
    sheet.refresh_from_db()
    definition = publishing.read(form.version.definition)
    assert matching.tell_card(sheet, definition) == 1
    assert matching.tell_card(sheet, definition) == 0
    fact = Customer.objects.get(pk=card.pk).facts["hair"]
    kept = photos.path_of(fact["v"])
    assert kept.read_bytes() == pictures.path(form.pk, name).read_bytes()
    assert fact["source"] == form.source_id
    assert datetime.fromisoformat(fact["at"]) == (sheet.finished_at or sheet.changed_at)
    assert facts.is_sensitive(AttributeDefinition.objects.get())
    retention.keep_for("card_history", 365, at=NOW)
    assert retention.carry_out(NOW + timedelta(days=400))["card_history"] >= 1
    assert kept.is_file()  # the card still shows it
    pictures.forget(sheet)
    assert kept.is_file()  # the card's copy is its own


def test_a_picture_of_too_many_pixels_is_not_even_opened():
    data = io.BytesIO()
    Image.new("1", (60_000, 60_000)).save(data, "PNG")
    with pytest.raises(Invalid):
        pictures.keep(data, len(data.getvalue()), 1)


def test_the_winners_are_drawn_from_a_closed_form_by_the_seed_that_was_promised():
    form = published(Kind.CONTEST)
    promise = drawing.announce(form, prizes_count=2, number_from="The lottery of 3 May", now=NOW)
    for name in ("a", "b", "c"):
        one = begun(form)
        send(one, {"q.guess": "7"})
        confirm(send(one, {"q.contact.email": f"{name}@example.test"}, number=1).sheet)
    with pytest.raises(Forbidden):
        drawing.draw(form, number="1 2 3", now=NOW)
    publishing.close(form.pk, now=NOW)
    form = publishing.get(form.pk)
    with pytest.raises(Invalid):
        drawing.draw(form, now=NOW)
    drawn = drawing.drawn(drawing.draw(form, number="1 2 3", now=NOW))
    assert len(drawn.codes) == 3
    assert len(drawn.winners) == 2
    assert promise.commitment in drawn.recipe
    assert drawn.seed not in promise.seed
    with pytest.raises(Forbidden):
        drawing.draw(form, number="9", now=NOW)


def test_a_draw_is_announced_before_anybody_enters():
    form = published(Kind.CONTEST, confirm=False, once=False, questions=(Question("guess", Ask.NUMBER, EN),))
    send(begun(form), {"q.guess": "1"})
    with pytest.raises(Forbidden):
        drawing.announce(form, prizes_count=1, now=NOW)


def test_a_closed_form_takes_nothing():
    form = asked(Question("a", Ask.TEXT, EN))
    one = begun(form)
    publishing.close(form.pk, now=NOW)
    with pytest.raises(Forbidden):
        send(one, {"q.a": "x"})


def test_two_people_do_not_overwrite_each_others_draft():
    form = published()
    draft = publishing.read(form.draft)
    publishing.write(form.pk, draft, revision=1, now=NOW)
    with pytest.raises(Invalid):
        publishing.write(form.pk, draft, revision=1, now=NOW)


def test_an_attribute_an_answer_cannot_fill_is_named_before_publishing():
    AttributeDefinition.objects.create(key="size", label="Size", kind="number")
    form = publishing.add(publishing.Wish("X", Kind.SURVEY), now=NOW)
    draft = Definition(Kind.SURVEY, title=EN, questions=(Question("a", Ask.TEXT, EN, attribute="size"),))
    publishing.write(form.pk, draft, revision=0, now=NOW)
    with pytest.raises(Invalid) as refused:
        publishing.publish(form.pk, now=NOW)
    assert refused.value.code == "unfit_attribute"


def test_the_cost_of_a_form_is_told_per_counted_answer():
    form = asked(Question("a", Ask.TEXT, EN))
    form.source.cost_minor = 3000
    for _time in range(4):
        send(begun(form), {"q.a": "x"})
    assert results.cost(form, results.of(form).counted).each_minor == 750


def test_staff_make_a_card_of_an_enquiry_and_its_answers_go_with_it():
    form = asked(Question("who", Ask.CONTACT, EN, parts=("name", "email")), kind=Kind.ENQUIRY)
    sheet = send(begun(form), {"q.who.name": "Bo", "q.who.email": "bo@example.test"}).sheet
    card = matching.make_card(sheet, publishing.definition_of(sheet.version), now=NOW)
    assert card.contact_points.get().verified_at is None
    with pytest.raises(Invalid):
        matching.make_card(replace_state(sheet), publishing.definition_of(sheet.version), now=NOW)


def replace_state(sheet):
    return AnswerSheet.objects.get(pk=sheet.pk)


def test_the_shop_without_a_name_still_asks_to_confirm():
    assert shop().name
    assert replace(publishing.Wish("A", Kind.QUIZ), slug="Été !").slug == "Été !"
    assert publishing.add(publishing.Wish("A", Kind.QUIZ, slug="Été !"), now=NOW).slug == "ete"
    assert publishing.add(publishing.Wish("A", Kind.QUIZ, slug="confirm"), now=NOW).slug == "confirm-2"


def test_the_code_of_a_friend_in_an_answer_makes_the_tie():
    ann, bo = (cards.add(cards.NewCard(name), source=register.office(NOW), now=NOW) for name in ("Ann", "Bo"))
    form = asked(Question(carrying.BROUGHT_BY, Ask.TEXT, EN))
    for number, code in ((bo.pk, referring.code(ann.pk)), (ann.pk, "NONE-123456")):
        send(begun(form, personal(form, Customer.objects.get(pk=number))), {"q.brought_by": code})
    carrying.carry()
    (tie,) = Tie.objects.all()
    assert (tie.customer_id, tie.other_id, tie.kind) == (bo.pk, ann.pk, "referred_by")
    assert tie.occasion == form.name
