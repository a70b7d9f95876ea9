"""The addresses of webhooks."""

from django.urls import path

from beizai.office.webhooks import pages

urlpatterns = [
    path("settings/webhooks/", pages.listing, name="webhooks"),
    path("settings/webhooks/new/", pages.new, name="webhook_new"),
    path("settings/webhooks/<int:endpoint_id>/", pages.one, name="webhook"),
    path("settings/webhooks/<int:endpoint_id>/edit/", pages.edit, name="webhook_edit"),
    path("settings/webhooks/<int:endpoint_id>/ping/", pages.ping, name="webhook_ping"),
    path("settings/webhooks/<int:endpoint_id>/switch/", pages.switch, name="webhook_switch"),
    path("settings/webhooks/<int:endpoint_id>/rotate/", pages.rotate, name="webhook_rotate"),
    path("settings/webhooks/<int:endpoint_id>/remove/", pages.remove, name="webhook_remove"),
    path("settings/webhooks/<int:endpoint_id>/again/", pages.resend_given_up, name="webhook_again"),
    path("settings/webhooks/deliveries/<int:delivery_id>/", pages.delivery, name="webhook_delivery"),
    path("settings/webhooks/deliveries/<int:delivery_id>/again/", pages.resend, name="webhook_resend"),
]
