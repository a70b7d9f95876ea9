"""Products a file names: the new ones are entered, the known ones gain what they lacked."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from beizai.imports.models import ProductChange
from beizai.imports.newcomers import Arrival
from beizai.imports.slices import chunks, insert, moment, write_slices
from beizai.products.models import Product

Row = tuple[str, str | None, str | None, int | None, int | None]  # number, name, category, price, cost
_FILLED = ("name", "category", "cost_minor")


def enter_products(rows: Sequence[Row], arrival: Arrival) -> dict[str, tuple[int, str]]:
    """Product number to its id and category, after the new ones were written."""
    known = _known([row[0] for row in rows])
    new = [row for row in rows if row[0] not in known]
    at = moment(arrival.now)

    def write(piece: Sequence[Row]) -> None:
        taken = set(
            Product.objects.filter(number__in=[row[0] for row in piece]).values_list("number", flat=True)
        )
        columns = (
            "number",
            "name",
            "category",
            "price_minor",
            "cost_minor",
            "picture",
            "in_stock",
            "import_id",
            "created_at",
        )
        insert(
            Product,
            columns,
            [
                (number, name or "", category or "", price, cost, "", True, arrival.import_id, at)
                for number, name, category, price, cost in piece
                if number not in taken
            ],
        )

    write_slices(new, write)
    _complete([row for row in rows if row[0] in known], known, arrival.import_id)
    return _known([row[0] for row in rows])


def _known(numbers: Sequence[str]) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    for chunk in chunks(numbers, 500):
        rows: Any = Product.objects.filter(number__in=chunk).values_list("number", "pk", "category")
        found.update({number: (pk, category) for number, pk, category in rows})
    return found


def restore_products(import_id: int) -> tuple[int, list[tuple[int, str]]]:
    """Puts back what products said before an import filled them in.

    Returns how many are as before, and (id, number) of those that somebody has changed since: what was changed stays.
    """
    restored = 0
    changed: list[tuple[int, str]] = []

    def write(piece: Sequence[ProductChange]) -> None:
        nonlocal restored
        back = []
        for change in piece:
            product = change.product
            same = [name for name, new in change.new.items() if getattr(product, name) == new]
            for name in same:
                setattr(product, name, change.old[name])
            back += [product] if same else []
            if len(same) < len(change.new):
                changed.append((product.pk, product.number))
            else:
                restored += 1
        Product.objects.bulk_update(back, _FILLED, batch_size=200)
        for chunk in chunks(piece, 500):
            ProductChange.objects.filter(pk__in=[change.pk for change in chunk]).delete()

    changes = ProductChange.objects.filter(import_id=import_id).select_related("product").order_by("pk")
    write_slices(list(changes), write)
    return restored, changed


def _complete(rows: Sequence[Row], known: dict[str, tuple[int, str]], import_id: int) -> None:
    """Names, categories and costs that were missing, and what was there before; what the shop has written stays."""
    by_id = {known[row[0]][0]: row for row in rows}
    for chunk in chunks(by_id, 500):
        with transaction.atomic():
            filled = [
                (product, before)
                for product in Product.objects.filter(pk__in=chunk)
                if (before := _fill(product, by_id[product.pk]))
            ]
            Product.objects.bulk_update([product for product, _ in filled], _FILLED, batch_size=200)
            ProductChange.objects.bulk_create(
                ProductChange(
                    import_id=import_id,
                    product=product,
                    old=before,
                    new={name: getattr(product, name) for name in before},
                )
                for product, before in filled
            )


def _fill(product: Product, row: Row) -> dict[str, Any]:
    """Fills in what is missing; returns what the fields that changed said before."""
    _, name, category, _, cost = row
    before = {field: getattr(product, field) for field in _FILLED}
    product.name = product.name or name or ""
    product.category = product.category or category or ""
    product.cost_minor = product.cost_minor if product.cost_minor is not None else cost
    return {field: old for field, old in before.items() if getattr(product, field) != old}
