"""How Django knows this room."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "beizai.imports"
    label = "imports"

    def ready(self) -> None:
        from beizai.imports import personal  # noqa: F401  (registers what this room holds of a person)
        from beizai.imports.shops import personal as of_shops  # noqa: F401  (the same of web shops)
