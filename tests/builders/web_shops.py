"""Web shops that deliver: payloads as WooCommerce (REST v3) and Shopify (Admin API) document them, signed as they sign."""

import base64
import hmac
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def later(minutes: float = 0, at: datetime = START) -> datetime:
    return at + timedelta(minutes=minutes)


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def woo_headers(secret: str, topic: str, body: bytes, delivery: str | None = None) -> dict[str, str]:
    resource, _, event = topic.partition(".")
    return {
        "Content-Type": "application/json",
        "User-Agent": "WooCommerce/9.4.2 Hookshot (WordPress/6.7)",
        "X-WC-Webhook-Source": "https://shop.example/",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Resource": resource,
        "X-WC-Webhook-Event": event,
        "X-WC-Webhook-Signature": signature(secret, body),
        "X-WC-Webhook-ID": "3",
        "X-WC-Webhook-Delivery-ID": delivery or uuid.uuid4().hex,
    }


def shopify_headers(
    secret: str, topic: str, body: bytes, delivery: str | None = None, triggered: str = ""
) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signature(secret, body),
        "X-Shopify-Shop-Domain": "tea-house.myshopify.com",
        "X-Shopify-API-Version": "2026-04",
        "X-Shopify-Webhook-Id": delivery or str(uuid.uuid4()),
        "X-Shopify-Event-Id": str(uuid.uuid4()),
        "X-Shopify-Triggered-At": triggered or "2026-03-02T09:00:00.000000000Z",
    }


def woo_order(number: int = 727, **given: Any) -> dict[str, Any]:
    """An order paid by card: two tins and a pot, 5 off by a coupon, prices with 20 % tax, shipping beside it."""
    created: datetime = given.pop("created", START)
    modified: datetime = given.pop("modified", created)
    paid: datetime | None = given.pop("paid", created)
    email = given.pop("email", "mei.lin@example.com")
    address = {
        "first_name": "Mei",
        "last_name": "Lin",
        "company": "",
        "address_1": "12 Rue des Thés",
        "address_2": "",
        "city": "Lyon",
        "state": "",
        "postcode": "69001",
        "country": "FR",
        "phone": "+33 6 12 34 56 78",
    }
    return {
        "id": number,
        "parent_id": 0,
        "number": str(number),
        "order_key": "wc_order_58d2d042d1d",
        "created_via": "checkout",
        "version": "9.4.2",
        "status": "processing",
        "currency": "EUR",
        "date_created": f"{created:%Y-%m-%dT%H:%M:%S}",
        "date_created_gmt": f"{created:%Y-%m-%dT%H:%M:%S}",
        "date_modified": f"{modified:%Y-%m-%dT%H:%M:%S}",
        "date_modified_gmt": f"{modified:%Y-%m-%dT%H:%M:%S}",
        "discount_total": "4.17",
        "discount_tax": "0.83",
        "shipping_total": "5.00",
        "shipping_tax": "1.00",
        "cart_tax": "7.00",
        "total": "48.00",
        "total_tax": "8.00",
        "prices_include_tax": True,
        "customer_id": 26,
        "customer_ip_address": "203.0.113.7",
        "customer_user_agent": "Mozilla/5.0",
        "customer_note": "",
        "billing": address | {"email": email},
        "shipping": address,
        "payment_method": "stripe",
        "payment_method_title": "Card",
        "transaction_id": "ch_1",
        "date_paid": f"{paid:%Y-%m-%dT%H:%M:%S}" if paid else None,
        "date_paid_gmt": f"{paid:%Y-%m-%dT%H:%M:%S}" if paid else None,
        "date_completed": None,
        "date_completed_gmt": None,
        "cart_hash": "d8b2a5c8",
        "meta_data": [],
        "line_items": [
            {
                "id": 315,
                "name": "Longjing, tin",
                "product_id": 93,
                "variation_id": 0,
                "quantity": 2,
                "tax_class": "",
                "subtotal": "20.00",
                "subtotal_tax": "4.00",
                "total": "17.50",
                "total_tax": "3.50",
                "taxes": [{"id": 75, "total": "3.5", "subtotal": "4"}],
                "meta_data": [],
                "sku": "LJ-100",
                "price": 8.75,
            },
            {
                "id": 316,
                "name": "Pot - blue",
                "product_id": 22,
                "variation_id": 23,
                "quantity": 1,
                "tax_class": "",
                "subtotal": "19.17",
                "subtotal_tax": "3.83",
                "total": "17.50",
                "total_tax": "3.50",
                "taxes": [{"id": 75, "total": "3.5", "subtotal": "3.83"}],
                "meta_data": [{"id": 2095, "key": "pa_color", "value": "blue"}],
                "sku": "",
                "price": 17.5,
            },
        ],
        "tax_lines": [{"id": 318, "rate_code": "FR-TVA", "tax_total": "7.00", "shipping_tax_total": "1.00"}],
        "shipping_lines": [{"id": 317, "method_id": "flat_rate", "total": "5.00", "total_tax": "1.00"}],
        "fee_lines": [],
        "coupon_lines": [{"id": 319, "code": "spring5", "discount": "4.17", "discount_tax": "0.83"}],
        "refunds": [],
        "set_paid": False,
    } | given


def woo_refund(number: int, total: str) -> dict[str, Any]:
    return {"id": number, "reason": "", "total": f"-{total}"}


def woo_product(number: int = 93, **given: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": "Longjing, tin",
        "slug": "longjing",
        "date_created_gmt": "2026-01-02T08:00:00",
        "date_modified_gmt": "2026-02-02T08:00:00",
        "type": "simple",
        "status": "publish",
        "sku": "LJ-100",
        "price": "12.00",
        "regular_price": "12.00",
        "sale_price": "",
        "stock_quantity": 12,
        "stock_status": "instock",
        "categories": [{"id": 9, "name": "Green tea", "slug": "green-tea"}],
        "images": [{"id": 792, "src": "https://shop.example/longjing.jpg", "name": "", "alt": ""}],
    } | given


def woo_customer(number: int = 26, **given: Any) -> dict[str, Any]:
    return {
        "id": number,
        "date_created_gmt": "2026-02-20T10:00:00",
        "date_modified_gmt": "2026-03-01T10:00:00",
        "email": "mei.lin@example.com",
        "first_name": "Mei",
        "last_name": "Lin",
        "role": "customer",
        "username": "mei.lin",
        "billing": {"first_name": "Mei", "last_name": "Lin", "city": "Lyon", "country": "FR", "phone": ""},
        "shipping": {},
        "is_paying_customer": False,
    } | given


def _set(amount: str) -> dict[str, Any]:
    money = {"amount": amount, "currency_code": "EUR"}
    return {"shop_money": money, "presentment_money": money}


def shopify_order(number: int = 1001, **given: Any) -> dict[str, Any]:
    """An order of two tins and a pot with 5 off, prices with tax."""
    created: datetime = given.pop("created", START)
    updated: datetime = given.pop("updated", created)
    address = {
        "first_name": "Mei",
        "last_name": "Lin",
        "name": "Mei Lin",
        "address1": "12 Rue des Thés",
        "address2": None,
        "city": "Lyon",
        "province": None,
        "zip": "69001",
        "country": "France",
        "country_code": "FR",
        "phone": "+33612345678",
    }
    return {
        "id": 5_000_000 + number,
        "admin_graphql_api_id": f"gid://shopify/Order/{5_000_000 + number}",
        "name": f"#{number}",
        "order_number": number,
        "cancel_reason": None,
        "cancelled_at": None,
        "created_at": created.isoformat(),
        "processed_at": created.isoformat(),
        "updated_at": updated.isoformat(),
        "currency": "EUR",
        "presentment_currency": "EUR",
        "current_total_price": "52.00",
        "customer_locale": "fr-FR",
        "discount_codes": [{"code": "SPRING5", "amount": "5.00", "type": "fixed_amount"}],
        "email": "mei.lin@example.com",
        "financial_status": "paid",
        "fulfillment_status": None,
        "phone": None,
        "tags": "",
        "taxes_included": True,
        "test": False,
        "total_price": "52.00",
        "billing_address": address,
        "shipping_address": address,
        "customer": shopify_customer(),
        "line_items": [
            {
                "id": 11,
                "current_quantity": 2,
                "name": "Longjing - 100 g",
                "title": "Longjing",
                "variant_title": "100 g",
                "price": "12.00",
                "price_set": _set("12.00"),
                "product_id": 93,
                "variant_id": 931,
                "quantity": 2,
                "sku": "LJ-100",
                "total_discount": "0.00",
                "discount_allocations": [
                    {"amount": "2.50", "amount_set": _set("2.50"), "discount_application_index": 0}
                ],
            },
            {
                "id": 12,
                "current_quantity": 1,
                "name": "Pot",
                "title": "Pot",
                "variant_title": None,
                "price": "23.00",
                "price_set": _set("23.00"),
                "product_id": 22,
                "variant_id": 221,
                "quantity": 1,
                "sku": "",
                "total_discount": "0.00",
                "discount_allocations": [
                    {"amount": "2.50", "amount_set": _set("2.50"), "discount_application_index": 0}
                ],
            },
        ],
        "refunds": [],
        "shipping_lines": [{"id": 9, "price": "10.00", "title": "Post"}],
    } | given


def shopify_customer(number: int = 207, **given: Any) -> dict[str, Any]:
    return {
        "id": number,
        "email": "mei.lin@example.com",
        "created_at": "2026-02-20T10:00:00+01:00",
        "updated_at": "2026-03-01T10:00:00+01:00",
        "first_name": "Mei",
        "last_name": "Lin",
        "state": "enabled",
        "verified_email": True,
        "phone": None,
        "email_marketing_consent": None,
        "sms_marketing_consent": None,
        "default_address": {"city": "Lyon", "country_code": "FR", "zip": "69001", "phone": None},
    } | given


def shopify_refund(
    number: int, order: int = 1001, lines: tuple[tuple[int, int, str], ...] = (), **given: Any
) -> dict[str, Any]:
    """A refund of (line, pieces, amount)s; `adjusted` is what was given beside (minus) or below (plus) them."""
    at: datetime = given.pop("at", later(600))
    adjusted = given.pop("adjusted", "")
    return {
        "id": number,
        "order_id": 5_000_000 + order,
        "created_at": at.isoformat(),
        "processed_at": at.isoformat(),
        "note": None,
        "restock": True,
        "refund_line_items": [
            {
                "id": number * 10 + line,
                "line_item_id": line,
                "quantity": pieces,
                "restock_type": "return",
                "subtotal": float(amount),
                "subtotal_set": _set(amount),
                "total_tax": 0.0,
                "line_item": {"id": line},
            }
            for line, pieces, amount in lines
        ],
        "order_adjustments": [
            {
                "id": 1,
                "kind": "refund_discrepancy",
                "amount": adjusted,
                "amount_set": _set(adjusted),
                "tax_amount": "0.00",
            }
        ]
        if adjusted
        else [],
        "transactions": [
            {"id": 5, "kind": "refund", "status": "success", "amount": "0.00", "currency": "EUR"}
        ],
    } | given


def shopify_product(number: int = 93, **given: Any) -> dict[str, Any]:
    return {
        "id": number,
        "title": "Longjing",
        "vendor": "Tea house",
        "product_type": "Green tea",
        "status": "active",
        "created_at": "2026-01-02T08:00:00+00:00",
        "updated_at": "2026-02-02T08:00:00+00:00",
        "image": {"id": 1, "src": "https://cdn.shop.example/longjing.jpg"},
        "images": [],
        "variants": [
            {
                "id": number * 10 + 1,
                "title": "100 g",
                "price": "12.00",
                "sku": "LJ-100",
                "inventory_management": "shopify",
                "inventory_policy": "deny",
                "inventory_quantity": 4,
            }
        ],
    } | given


def packed(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()
