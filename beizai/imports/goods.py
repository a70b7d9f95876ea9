"""Products a file names: the new ones are entered, the known ones gain what they lacked."""

from collections.abc import Sequence
from typing import Any

from beizai.imports.newcomers import Arrival
from beizai.imports.slices import chunks, insert, moment, write_slices
from beizai.products.models import Product

Row = tuple[str, str | None, str | None, int | None, int | None]  # number, name, category, price, cost


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
    _complete([row for row in rows if row[0] in known], known)
    return _known([row[0] for row in rows])


def _known(numbers: Sequence[str]) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    for chunk in chunks(numbers, 500):
        rows: Any = Product.objects.filter(number__in=chunk).values_list("number", "pk", "category")
        found.update({number: (pk, category) for number, pk, category in rows})
    return found


def _complete(rows: Sequence[Row], known: dict[str, tuple[int, str]]) -> None:
    """Names, categories and costs that were missing; what the shop has written stays."""
    by_id = {known[row[0]][0]: row for row in rows}
    for chunk in chunks(by_id, 500):
        changed = []
        for product in Product.objects.filter(pk__in=chunk):
            _, name, category, _, cost = by_id[product.pk]
            before = (product.name, product.category, product.cost_minor)
            product.name = product.name or name or ""
            product.category = product.category or category or ""
            product.cost_minor = product.cost_minor if product.cost_minor is not None else cost
            if (product.name, product.category, product.cost_minor) != before:
                changed.append(product)
        if changed:
            Product.objects.bulk_update(changed, ["name", "category", "cost_minor"], batch_size=200)
