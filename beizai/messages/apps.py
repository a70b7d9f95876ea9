"""How Django knows this room."""

from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "beizai.messages"
    label = "beizai_messages"

    def ready(self) -> None:
        from beizai.messages import ledger, personal  # noqa: F401  (registers what this room holds of a person)
        from beizai.tracking import delivery

        delivery.register(ledger.delivered)
