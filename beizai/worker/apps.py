"""How Django knows this room."""

from django.apps import AppConfig


class WorkerConfig(AppConfig):
    name = "beizai.worker"
    label = "worker"
