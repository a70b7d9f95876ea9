"""How Django knows this room."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "beizai.customers"
    label = "customers"

    def ready(self) -> None:
        from beizai.customers import personal  # noqa: F401  (registers what this room holds of a person)
