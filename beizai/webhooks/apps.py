"""How Django knows this room."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "beizai.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        from beizai.webhooks import heard, personal  # noqa: F401  (registers what this room holds of a person)

        heard.register()
