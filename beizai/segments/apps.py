"""The room of the segments."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "beizai.segments"

    def ready(self) -> None:
        from beizai.segments import personal  # noqa: F401  (registers what this room holds of a person)
