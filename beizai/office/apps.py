"""How Django knows this room."""

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    name = "beizai.office"
    label = "office"
