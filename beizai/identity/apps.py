"""How Django knows this room."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "beizai.identity"
    label = "identity"

    def ready(self) -> None:
        from beizai.customers import belonging
        from beizai.identity import cards, personal  # noqa: F401  (registers what this room holds of a person)

        belonging.tell(cards.TOLD)
