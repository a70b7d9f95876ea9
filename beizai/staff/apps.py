"""How Django knows this room."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "beizai.staff"
    label = "staff"

    def ready(self) -> None:
        from beizai.staff import personal  # noqa: F401  (registers what this room holds of a person)
