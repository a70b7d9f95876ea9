"""The addresses of appointments."""

from django.urls import path

from beizai.office.appointments import feeds, plan, times, week

urlpatterns = [
    path("day/", plan.day_page, name="day"),
    path("day/book/", times.book_page, name="day_book"),
    path("day/book/pick/", times.pick_fragment, name="day_pick"),
    path("day/<int:appointment_id>/", plan.appointment_page, name="appointment"),
    path("day/<int:appointment_id>/step/", plan.step, name="appointment_step"),
    path("day/<int:appointment_id>/move/", times.move_page, name="appointment_move"),
    path("settings/appointments/", week.week_page, name="settings_appointments"),
    path("settings/appointments/service/", week.service_page, name="service_add"),
    path("settings/appointments/service/<int:service_id>/", week.service_page, name="service"),
    path("settings/appointments/away/", week.away, name="appointments_away"),
    path("calendar/<int:staff_id>/<slug:secret>.ics", feeds.feed, name="calendar_feed"),
]
