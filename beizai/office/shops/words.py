"""Kinds of shops, what became of deliveries and why, in the reader's words."""

from django.utils.translation import gettext as _


def kind(code: str) -> str:
    """The program a shop runs on."""
    return {"woocommerce": "WooCommerce", "shopify": "Shopify"}.get(code, code)


def reason(code: str) -> str:
    """Why a delivery was kept aside, or was of no use."""
    return {
        "not_json": _("It cannot be read"),
        "too_deep": _("It is nested too deeply"),
        "too_long": _("One of its lists is too long"),
        "field_missing": _("A part of it is missing"),
        "bad_amount": _("An amount in it is none"),
        "bad_time": _("A time in it cannot be"),
        "in_future": _("Its time lies in the future"),
        "unknown_currency": _("Its currency does not exist"),
        "no_rate": _("Nobody has said what its money was worth on that day"),
        "only_named": _("It names somebody who is known only through another"),
        "bad_trait": _("It says something of the person that cannot be"),
        "draft": _("A draft of the shop's"),
        "trial": _("A trial of the shop's, not an order"),
        "other_topic": _("The book has no use for it"),
        "thrown_away": _("Thrown away"),
    }.get(code, _("It could not be taken"))


def outcome(code: str) -> tuple[str, str]:
    """What became of a delivery, and the badge it wears."""
    return {
        "taken": (_("in the book"), "good"),
        "no_use": (_("of no use"), "line"),
    }.get(code, (_("aside"), "warn"))


def request(code: str) -> str:
    """What a shop asks for."""
    return {
        "data_request": _("A customer wants to see what is held of them"),
        "redact": _("A customer wants to be erased"),
        "shop_redact": _("The shop wants all its customers erased"),
    }.get(code, _("A customer has deleted their account in the shop"))


def answer(code: str) -> str:
    """What a person answered."""
    return {
        "given_out": _("given out"),
        "erased": _("erased"),
        "nothing_held": _("nothing was held"),
        "kept": _("kept, because a law asks for it"),
    }.get(code, "")


def topics(kind_code: str) -> list[str]:
    """The webhooks to be made in the shop, as it calls them."""
    if kind_code == "woocommerce":
        return [
            "Order created", "Order updated", "Order deleted", "Order restored", "Customer created", "Customer updated",
            "Customer deleted", "Product created", "Product updated", "Product deleted",
        ]  # fmt: skip
    return [
        "orders/create", "orders/updated", "orders/cancelled", "orders/delete", "refunds/create", "customers/create",
        "customers/update", "customers/delete", "products/create", "products/update", "products/delete",
    ]  # fmt: skip


def steps(kind_code: str) -> list[str]:
    """What to do in the shop, step by step."""
    if kind_code == "woocommerce":
        return [
            _("In WordPress, open WooCommerce › Settings › Advanced › Webhooks and choose “Add webhook”."),
            _("Name it, set its status to “Active”, and choose a topic from the list beside."),
            _(
                "Paste the delivery address and the secret. Leave the API version at “WP REST API Integration v3”."
            ),
            _("Save it. WooCommerce tries the address out at once; then do the same for each further topic."),
        ]
    return [
        _("In Shopify, open Settings › Notifications › Webhooks and choose “Create webhook”."),
        _("Choose an event from the list beside, the format JSON, and paste the delivery address."),
        _(
            "The secret Shopify signs with stands below its list of webhooks: it is the one to be entered here."
        ),
        _("Send a test notification: it appears below as a trial. Then do the same for each further event."),
    ]
