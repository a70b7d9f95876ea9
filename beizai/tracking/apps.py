"""How Django knows this room."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "beizai.tracking"
    label = "tracking"

    def ready(self) -> None:
        from beizai.events import refining
        from beizai.tracking import judging, withdrawing

        refining.register(judging.KINDS, judging.refine)
        refining.register(withdrawing.KINDS, withdrawing.refine)
