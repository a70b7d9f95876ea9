"""The salon's day over HTTP: a time is booked, the customer comes, the till is next; the feed needs its own address."""

from datetime import UTC, datetime, time

import pytest

from beizai.appointments.models import Absence, Appointment, Service, StaffHours
from beizai.base.errors import Invalid
from beizai.customers import cards
from beizai.office import shell
from beizai.office.appointments import feeds
from beizai.office.appointments.week import spans
from beizai.sources.register import office
from beizai.staff.models import Shop, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 7, 0, tzinfo=UTC)  # a Tuesday, 9 o'clock in Paris


@pytest.fixture
def lea():
    Shop.objects.create(pk=1, currency="EUR", timezone="Europe/Paris", clock_at=NOW)
    user = User.objects.create_user("lea@example.test", None, name="Léa", role="owner")
    StaffHours.objects.create(staff=user, weekday=1, begins=time(9), ends=time(12))
    Service.objects.create(name="Cut", minutes=60, price_minor=4500)
    shell.forget_tallies()
    return user


@pytest.fixture
def salon(client, lea):
    client.force_login(lea, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def ann():
    return cards.add(cards.NewCard(name="Ann Lee"), source=office(NOW), now=NOW)


def booked(salon, ann, lea, hour="08:00"):
    given = {
        "customer": ann.pk,
        "service": Service.objects.get().pk,
        "time": f"2026-04-14T{hour}/{lea.pk}",
        "wish": "a fringe",
    }
    return salon.post("/day/book/", given)


def test_a_time_is_found_booked_and_worked_through(salon, ann, lea):
    assert "Nobody is booked on" in salon.get("/day/").content.decode()
    assert "Ann Lee" in salon.get("/day/book/", {"who": "ann"}).content.decode()
    page = salon.get("/day/book/", {"customer": ann.pk}).content.decode()
    assert "Free on" in page
    assert "2026-04-14T08:00" in page
    assert booked(salon, ann, lea).url == "/day/?on=2026-04-14"
    day = salon.get("/day/").content.decode()
    assert "1 appointment on" in day
    assert "a fringe" in day
    one = Appointment.objects.get()
    for step in ("arrive", "finish"):
        salon.post(f"/day/{one.pk}/step/", {"step": step})
    page = salon.get(f"/day/{one.pk}/").content.decode()
    assert f"/till/?customer={ann.pk}" in page


def test_a_time_that_was_taken_meanwhile_is_said_and_nothing_is_lost(salon, ann, lea):
    booked(salon, ann, lea)
    page = booked(salon, ann, lea)
    assert page.status_code == 200
    assert "is taken at that time" in page.content.decode()
    assert "a fringe" in page.content.decode()
    assert Appointment.objects.count() == 1


def test_an_appointment_is_moved_and_a_slip_of_the_finger_taken_back(salon, ann, lea):
    booked(salon, ann, lea)
    one = Appointment.objects.get()
    salon.post(f"/day/{one.pk}/move/", {"time": f"2026-04-14T09:00/{lea.pk}"})
    one.refresh_from_db()
    assert one.starts_at == datetime(2026, 4, 14, 9, 0, tzinfo=UTC)
    salon.post(f"/day/{one.pk}/step/", {"step": "cancel"})
    salon.post(f"/day/{one.pk}/step/?step=reopen")
    one.refresh_from_db()
    assert one.state == "booked"


def test_the_week_is_entered_as_people_write_it(salon, lea):
    salon.post("/settings/appointments/", {f"h{lea.pk}-0": "9-12, 13:30–18:00", f"h{lea.pk}-1": ""})
    rows = StaffHours.objects.order_by("begins").values_list("weekday", "begins", "ends")
    assert list(rows) == [(0, time(9), time(12)), (0, time(13, 30), time(18))]
    page = salon.post("/settings/appointments/", {f"h{lea.pk}-0": "nine to twelve"}).content.decode()
    assert "is no time of a day" in page
    assert "nine to twelve" in page
    assert StaffHours.objects.count() == 2


@pytest.mark.parametrize("text", ["12-9", "9-12, 11-13", "25-26", "9"])
def test_times_that_cannot_be_are_refused(text):
    with pytest.raises(Invalid):
        spans(text)


def test_services_and_absences_are_kept(salon):
    salon.post(
        "/settings/appointments/service/", {"name": "Perm", "minutes": "90", "price": "80", "active": "on"}
    )
    assert Service.objects.get(name="Perm").price_minor == 8000
    page = salon.post("/settings/appointments/service/", {"name": "Odd", "minutes": "7"}).content.decode()
    assert "multiple of five" in page
    salon.post(
        "/settings/appointments/away/",
        {"begins": "2026-04-14T00:00", "ends": "2026-04-15T00:00", "reason": "fair"},
    )
    assert Absence.objects.get().begins_at == datetime(2026, 4, 13, 22, 0, tzinfo=UTC)
    salon.post("/settings/appointments/away/", {"back": Absence.objects.get().pk})
    assert not Absence.objects.exists()


def test_who_may_not_use_the_till_sees_no_day(client, lea):
    ana = User.objects.create_user("ana@example.test", None, name="Ana", role="analyst")
    client.force_login(ana, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/day/").status_code == 403
    assert client.get("/settings/appointments/").status_code == 403


def test_the_feed_opens_without_log_in_by_its_own_address_only(client, salon, ann, lea):
    booked(salon, ann, lea)
    client.logout()
    path = feeds.address(lea).removeprefix("http://127.0.0.1:8765")
    answer = client.get(path)
    assert answer["Content-Type"].startswith("text/calendar")
    assert b"Cut \xc2\xb7 Ann" in answer.content
    assert client.get(path[:-6] + "x.ics").status_code == 404
    assert client.post(path).status_code == 405
