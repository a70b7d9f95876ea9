"""What a shop sells: its products as the newest delivery says them, whatever order the deliveries come in."""

from datetime import datetime

from django.db import transaction

from beizai.base.errors import Invalid
from beizai.base.money import to_minor
from beizai.imports.shops.models import ShopConnection, ShopOrder, ShopProduct
from beizai.imports.shops.told import Gone, Goods, Products
from beizai.products.models import Product
from beizai.staff.shop import shop

_LONGEST_PICTURE = 200


def enter(said: Products, connection: ShopConnection) -> None:
    """Enters or changes a product with its variants; a variant that is no longer named is no longer sold."""
    with transaction.atomic():
        for one in said.goods:
            _enter_one(one, said.key, connection)
        keys = [one.key for one in said.goods]
        others = ShopProduct.objects.select_for_update().filter(
            connection=connection, parent=said.key, said_at__lt=said.at
        )
        for row in others.exclude(key__in=keys):
            _close(row, said.at)


def leave(said: Gone, connection: ShopConnection) -> None:
    """The product was deleted in the shop: it is no longer sold, and stays for what was."""
    with transaction.atomic():
        ShopProduct.objects.get_or_create(
            connection=connection,
            key=said.key,
            defaults={"parent": said.key, "said_at": said.at, "gone": True},
        )
        rows = ShopProduct.objects.select_for_update().filter(connection=connection, parent=said.key)
        for row in rows.filter(said_at__lte=said.at):
            _close(row, said.at)


def _close(row: ShopProduct, at: datetime) -> None:
    row.said_at, row.gone = at, True
    row.save(update_fields=["said_at", "gone"])
    if row.product_id is not None:
        Product.objects.filter(pk=row.product_id).update(in_stock=False)


def _enter_one(one: Goods, parent: str, connection: ShopConnection) -> None:
    row, is_new = ShopProduct.objects.select_for_update().get_or_create(
        connection=connection, key=one.key, defaults={"parent": parent, "said_at": one.at}
    )
    if not is_new and (row.said_at > one.at or (row.gone and row.said_at == one.at)):
        return
    product, _ = Product.objects.get_or_create(number=one.number, defaults={"created_at": one.at})
    had_category = bool(product.category)
    product.name = one.name or product.name
    product.category = one.category or product.category
    product.price_minor = _price(one, connection, product.price_minor)
    if one.picture.startswith("https://") and len(one.picture) <= _LONGEST_PICTURE:
        product.picture = one.picture
    product.in_stock = one.in_stock
    product.save()
    row.product, row.parent, row.said_at, row.gone = product, parent, one.at, False
    row.save()
    if product.category and not had_category:  # lines that came before it take it on
        ShopOrder.objects.filter(connection=connection, without_category=True).update(dirty=True)


def _price(one: Goods, connection: ShopConnection, before: int | None) -> int | None:
    """The price where the shop's currency is the book's; in another it says nothing here."""
    if not one.price or connection.currency != shop().currency:
        return before
    try:
        return to_minor(one.price, connection.currency)
    except Invalid:
        return before
