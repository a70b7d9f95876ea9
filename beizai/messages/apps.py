"""How Django knows this room."""

from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "beizai.messages"
    label = "beizai_messages"
