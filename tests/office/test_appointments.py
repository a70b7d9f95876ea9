"""Appointments: free times, nobody booked twice, what becomes of them, and the calendar that shows them."""

import threading
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection, connections
from icalendar import Calendar

from beizai.appointments import booking, day, feed, reminding, telling, wording
from beizai.appointments.booking import Booking
from beizai.appointments.models import Absence, Appointment, AppointmentStep, Service, StaffHours, TakenTime
from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.customers import cards
from beizai.events import inbox
from beizai.messages.models import ServiceMail
from beizai.sources.register import office
from beizai.staff.models import Shop, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 7, 0, tzinfo=UTC)  # a Tuesday, 9 o'clock in Paris
DAY = date(2026, 4, 14)


@pytest.fixture
def salon():
    Shop.objects.create(pk=1, currency="EUR", timezone="Europe/Paris", clock_at=NOW)
    lea = User.objects.create_user("lea@example.test", None, name="Léa", role="staff")
    for begins, ends in ((time(9), time(12)), (time(13), time(18))):
        StaffHours.objects.create(staff=lea, weekday=1, begins=begins, ends=ends)
    return Service.objects.create(name="Cut", minutes=45, pause_minutes=15), lea


def card(name="Ann"):
    return cards.add(cards.NewCard(name=name), source=office(NOW), now=NOW).pk


def at(hour, minute=0, day=DAY):
    return datetime(day.year, day.month, day.day, hour - 2, minute, tzinfo=UTC)  # in Paris, in summer


def booked(salon, starts_at, **more):
    service, lea = salon
    wanted = Booking(card(), service.pk, lea.pk, starts_at, **more)
    return booking.book(wanted, source=office(NOW), by=lea, now=NOW)


def times(salon, day=DAY, now=NOW):
    return [free.starts_at for free in booking.free_times(salon[0], day, now=now)]


def test_free_times_leave_the_lunch_and_what_is_booked_alone(salon):
    booked(salon, at(10))
    free = times(salon)
    assert at(9) in free
    assert at(9, 15) not in free  # it would run into ten o'clock
    assert at(11) in free
    assert at(11, 15) not in free  # the lunch
    assert free[-1] == at(17)


def test_a_free_time_is_not_in_the_past_nor_on_a_day_away(salon):
    assert times(salon, now=at(9, 20))[0] == at(9, 30)
    Absence.objects.create(staff=None, begins_at=at(0 + 2), ends_at=at(23), reason="closed")
    assert times(salon) == []


def test_nobody_is_booked_twice_at_once(salon):
    booked(salon, at(10))
    with pytest.raises(Invalid, match="Léa is taken"):
        booked(salon, at(10, 30))
    assert Appointment.objects.count() == 1
    booked(salon, at(11))


def test_two_at_the_same_moment_leave_one(salon):
    if connection.vendor == "sqlite":
        pytest.skip("the tests' SQLite is in memory, for one thread; PostgreSQL shows it")
    service, lea = salon
    people, outcomes = [card("Ann"), card("Bo")], []
    source = office(NOW)
    ready = threading.Barrier(2)

    def go(customer_id):
        ready.wait(10)
        try:
            booking.book(Booking(customer_id, service.pk, lea.pk, at(10)), source=source, by=None, now=NOW)
            outcomes.append("booked")
        except Invalid:
            outcomes.append("taken")
        finally:
            connections.close_all()

    both = [threading.Thread(target=go, args=(one,)) for one in people]
    [thread.start() for thread in both]
    [thread.join(30) for thread in both]
    assert sorted(outcomes) == ["booked", "taken"]
    assert Appointment.objects.count() == 1


def test_a_move_that_cannot_be_leaves_the_old_time(salon):
    first, _second = booked(salon, at(10)), booked(salon, at(11))
    with pytest.raises(Invalid, match="taken"):
        booking.move(first.pk, starts_at=at(10, 30), staff_id=salon[1].pk, by=None, now=NOW)
    first.refresh_from_db()
    assert first.starts_at == at(10)
    assert TakenTime.objects.filter(appointment=first).count() == 12
    moved = booking.move(first.pk, starts_at=at(14), staff_id=salon[1].pk, by=None, now=NOW)
    assert (moved.starts_at, moved.revision) == (at(14), 1)
    assert at(10) in times(salon)


def test_outside_the_hours_only_where_somebody_says_so(salon):
    with pytest.raises(Invalid, match="takes no customers"):
        booked(salon, at(12, 30))
    assert booked(salon, at(12), outside_hours=True).starts_at == at(12)


@pytest.mark.parametrize("starts_at", [at(8, 0) - timedelta(days=1), at(10, 2), at(10) + timedelta(days=800)])
def test_odd_times_are_refused(salon, starts_at):
    with pytest.raises(Invalid):
        booked(salon, starts_at, outside_hours=True)


def test_what_becomes_of_it_is_kept_step_by_step_and_a_second_press_changes_nothing(salon):
    one = booked(salon, at(9))
    booking.arrive(one.pk, by=salon[1], now=at(9))
    booking.finish(one.pk, by=salon[1], now=at(9, 30))
    booking.finish(one.pk, by=salon[1], now=at(9, 31))
    steps = AppointmentStep.objects.filter(appointment=one).order_by("id").values_list("step", flat=True)
    assert list(steps) == ["booked", "arrived", "done"]
    with pytest.raises(Forbidden, match="over"):
        booking.cancel(one.pk, by=None, now=NOW)


def test_done_early_or_called_off_frees_the_time(salon):
    one, other = booked(salon, at(9)), booked(salon, at(14))
    booking.finish(one.pk, by=None, now=at(9, 30))
    booking.cancel(other.pk, by=None, now=NOW)
    free = times(salon, now=at(9, 30))
    assert at(9, 30) in free
    assert at(14) in free


def test_a_missed_appointment_is_said_only_when_it_has_begun_and_can_be_taken_back(salon):
    one = booked(salon, at(10))
    with pytest.raises(Invalid, match="not begun"):
        booking.miss(one.pk, by=None, now=NOW)
    assert booking.miss(one.pk, by=None, now=at(10, 20)).state == "no_show"
    assert booking.reopen(one.pk, by=None, now=at(10, 25)).state == "booked"


def test_the_day_the_clocks_change_has_its_own_hours(salon):
    sunday = date(2026, 3, 29)
    StaffHours.objects.create(staff=salon[1], weekday=6, begins=time(1), ends=time(4))
    free = [each.starts_at for each in booking.free_times(salon[0], sunday, now=NOW - timedelta(days=60))]
    assert free[0] == datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert free[-1] == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # two hours that night


def with_mailbox(salon, starts_at, *, booked_at=NOW - timedelta(days=3)):
    service, lea = salon
    one = cards.add(
        cards.NewCard(name="Ann Lee", points=[("email", "ann@example.test")]), source=office(NOW), now=NOW
    )
    wanted = Booking(one.pk, service.pk, lea.pk, starts_at)
    made = booking.book(wanted, source=office(NOW), by=lea, now=booked_at)
    return made


def write(one, shop):
    return reminding.Words(f"{one.service.name} tomorrow", "See you.")


def test_a_reminder_is_asked_for_once_when_its_time_has_come(salon):
    made = with_mailbox(salon, at(17))
    shop = Shop.objects.get()
    assert reminding.remind_due(shop, write, now=NOW) == 1
    assert reminding.remind_due(shop, write, now=NOW) == 0
    mail = ServiceMail.objects.get()
    assert (mail.address, mail.subject, mail.good_until) == (
        "ann@example.test",
        "Cut tomorrow",
        made.starts_at,
    )


def test_who_has_just_booked_or_has_no_mailbox_or_said_no_is_not_reminded_and_it_says_why(salon):
    shop = Shop.objects.get()
    no_mailbox = booked(salon, at(10))
    Appointment.objects.filter(pk=no_mailbox.pk).update(booked_at=NOW - timedelta(days=3))
    just = with_mailbox(salon, at(14), booked_at=NOW)
    reminding.remind_due(shop, write, now=NOW)
    no_mailbox.refresh_from_db()
    just.refresh_from_db()
    assert (no_mailbox.reminder, just.reminder) == ("no_address", "just_booked")
    assert not ServiceMail.objects.exists()


def test_a_moved_appointment_is_reminded_of_anew(salon):
    made = with_mailbox(salon, at(17))
    reminding.remind_due(Shop.objects.get(), write, now=NOW)
    booking.move(made.pk, starts_at=at(15), staff_id=salon[1].pk, by=None, now=NOW)
    reminding.remind_due(Shop.objects.get(), write, now=NOW)
    assert ServiceMail.objects.count() == 2


def test_what_became_of_it_is_an_event_told_once(salon, home):
    one = booked(salon, at(9))
    booking.finish(one.pk, by=None, now=at(9, 40))
    assert telling.tell() == 2
    assert telling.tell() == 0
    assert inbox.current().waiting() == 2


def test_the_plan_shows_who_comes_to_whom_and_who_is_late(salon):
    one = booked(salon, at(9))
    booking.cancel(booked(salon, at(14)).pk, by=None, now=NOW)
    shown = day.plan(DAY)
    assert [column.staff.name for column in shown.columns] == ["Léa"]
    assert shown.count == 1
    assert (shown.span.begins_at, shown.span.ends_at) == (at(9), at(18))
    assert day.is_late(one, at(9, 11))
    assert not day.is_late(one, at(9, 5))


def test_the_calendar_feed_reads_back_and_shows_no_address_and_no_wish(salon):
    made = with_mailbox(salon, at(17))
    booking.agree(made.pk, "a fringe", now=NOW, by=None)
    lea, shop = salon[1], Shop.objects.get()
    text = feed.calendar(lea, shop, now=NOW)
    (event,) = [part for part in Calendar.from_ical(text).walk("VEVENT")]
    assert event["summary"] == "Cut · Ann"
    assert event.decoded("dtstart") == at(17)
    assert event.decoded("dtend") == at(17, 45)
    assert b"fringe" not in text
    assert b"ann@" not in text
    booking.cancel(made.pk, by=None, now=NOW)
    (event,) = [part for part in Calendar.from_ical(feed.calendar(lea, shop, now=NOW)).walk("VEVENT")]
    assert (event["status"], event["sequence"]) == ("CANCELLED", 1)


def test_a_feed_opens_for_its_own_token_only_and_dies_with_the_password(salon, home):
    lea = salon[1]
    other = User.objects.create_user("max@example.test", None, name="Max", role="staff")
    secret = feed.token(lea)
    assert feed.whose(secret, lea.pk) == lea
    with pytest.raises(NotFound):
        feed.whose(secret, other.pk)
    lea.set_password("another one 22")
    lea.save()
    with pytest.raises(NotFound):
        feed.whose(secret, lea.pk)


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("fr-CA", "Cut le mardi 14 avril 2026 à 17:00"),
        ("zh", "2026年4月14日星期二 17:00：Cut"),
        ("de", "Cut on Tuesday, 14 April 2026 at 17:00"),
    ],
)
def test_a_reminder_speaks_the_customer_s_language_else_the_shop_s(salon, language, subject):
    made = with_mailbox(salon, at(17))
    booking.agree(made.pk, "a fringe", now=NOW, by=None)
    made.refresh_from_db()
    made.customer.language = language
    words = wording.reminder(made, Shop.objects.get())
    assert words.subject == subject
    assert "Léa" in words.text
    assert "a fringe" in words.text
    assert "{" not in words.text
