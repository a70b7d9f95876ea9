"""How Django knows this room."""

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    name = "beizai.sources"
    label = "sources"
