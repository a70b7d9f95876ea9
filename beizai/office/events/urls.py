"""The addresses of events."""

from django.urls import path

from beizai.office.events import mending, pages

urlpatterns = [
    path("collection/events/", pages.events, name="events"),
    path("collection/events/keys/new/", pages.new_key, name="write_key_new"),
    path("collection/events/keys/<int:key_id>/", pages.key, name="write_key"),
    path("collection/events/aside/", mending.aside, name="events_aside"),
    path("collection/events/aside/all/", mending.all_alike, name="events_aside_all"),
    path("collection/events/aside/<int:event_id>/", mending.event, name="event_aside"),
    path("collection/events/schemas/new/", mending.schema, name="event_schema_new"),
    path("collection/events/schemas/<int:schema_id>/", mending.schema, name="event_schema"),
]
