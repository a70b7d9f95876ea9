"""How Django knows this room."""

from django.apps import AppConfig


class MeasurementConfig(AppConfig):
    name = "beizai.measurement"
    label = "measurement"
