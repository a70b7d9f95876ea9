"""Every address of the office: each noun brings its own."""

from django.urls import include, path

# One module per noun, each with its `urlpatterns`; the order matters only where two could match.
ROOMS = (
    "assets",
    "accounts",
    "you",
    "home.urls",
    "customers.urls",
    "merges.urls",
    "products",
    "till",
    "appointments.urls",
    "gifts.urls",
    "settings",
    "trade",
    "keeping",
    "suppression",
    "attributes.urls",
    "webhooks.urls",
    "users",
    "branches",
    "search",
    "help",
    "preferences",
    "exports",
    "waiting",
    "imports.urls",
    "conversations.urls",
    "chat.urls",
    "forms.urls",
    "sources.urls",
    "events.urls",
    "shops.urls",
    "value.pages",
    "value.prospects",
    "segments.pages",
    "campaigns.urls",
    "catcher",
    "results.pages",
)

urlpatterns = [path("", include(f"beizai.office.{room}")) for room in ROOMS]
