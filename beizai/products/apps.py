"""How Django knows this room."""

from django.apps import AppConfig


class ProductsConfig(AppConfig):
    name = "beizai.products"
    label = "products"
