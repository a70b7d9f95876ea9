"""How Django knows this room."""

from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "beizai.forms"
    label = "forms"

    def ready(self) -> None:
        from beizai.forms import personal  # noqa: F401  (registers what this room holds of a person)
