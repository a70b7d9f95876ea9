"""How Django knows this room."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "beizai.events"
    label = "events"

    def ready(self) -> None:
        from beizai.events import personal  # noqa: F401  (registers what this room holds of a person)
