"""How Django knows this room."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "beizai.campaigns"
    label = "campaigns"
