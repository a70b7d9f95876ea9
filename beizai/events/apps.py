"""How Django knows this room."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "beizai.events"
    label = "events"

    def ready(self) -> None:
        from beizai.events import keys, personal  # noqa: F401  (registers what this room holds of a person)
        from beizai.identity import deterministic

        deterministic.tell(keys.sources_of_pages)
