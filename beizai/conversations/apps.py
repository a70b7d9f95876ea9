"""How Django knows this room."""

from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "beizai.conversations"
    label = "conversations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from beizai.conversations import personal, talking  # noqa: F401  (registers what this room holds of a person)
        from beizai.messages import arbitration

        arbitration.ask_who_complains(talking.complaining)
