"""The trades' place among the rooms."""

from django.apps import AppConfig


class Trades(AppConfig):
    """Ready-made books."""

    name = "beizai.trades"
    label = "trades"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from beizai.campaigns import must_say
        from beizai.trades import words

        must_say.tell(words.of)
