"""How Django knows this room."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "beizai.consent"
    label = "consent"

    def ready(self) -> None:
        from beizai.consent import personal  # noqa: F401  (registers what this room holds of a person)
