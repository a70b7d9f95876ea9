"""Products as the shop keeps them: looked up by number or name, priced, with what is left of a sale."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from beizai.base.errors import Invalid, NotFound
from beizai.products.models import CategoryMargin, Product

FIELDS = ("number", "name", "category", "price_minor", "cost_minor", "in_stock")


@dataclass(frozen=True)
class NewProduct:
    """A product as it is entered; money in minor units of the book's currency."""

    number: str
    name: str = ""
    category: str = ""
    price_minor: int | None = None
    cost_minor: int | None = None
    in_stock: bool = True


def save(new: NewProduct, *, now: datetime, product_id: int | None = None) -> Product:
    """Makes or changes a product. Invalid where its number is another product's."""
    if not new.number.strip():
        raise Invalid("A product needs a number.", hint="Use the one on its label, or its name.")
    taken = Product.objects.filter(number=new.number.strip()).exclude(pk=product_id or 0)
    if taken.exists():
        raise Invalid(
            "The number “{number}” is another product's.",
            hint="Give it another number.",
            code="taken",
            number=new.number,
        )
    with transaction.atomic():
        found = get(product_id) if product_id else Product(created_at=now)
        for field in FIELDS:
            value = getattr(new, field)
            setattr(found, field, value.strip() if isinstance(value, str) else value)
        found.save()
    return found


def get(product_id: int) -> Product:
    """The product of this id, or NotFound."""
    found = Product.objects.filter(pk=product_id).first()
    if found is None:
        raise NotFound("There is no product {n}.", hint="Look it up by number or name.", n=product_id)
    return found


def look_up(text: str) -> QuerySet[Product]:
    """Products whose number begins with the text, or whose name or category has it somewhere."""
    words = text.split()
    found = Product.objects.all()
    for word in words:
        found = found.filter(
            Q(number__istartswith=word) | Q(name__icontains=word) | Q(category__icontains=word)
        )
    return found if words else Product.objects.none()


def margin_permille(product: Product) -> int | None:
    """What is left of 1,000 of its price, where price and cost are known."""
    if not product.price_minor or product.cost_minor is None:
        return None
    return round(1000 * (product.price_minor - product.cost_minor) / product.price_minor)


def category_margins() -> dict[str, int]:
    """What is left of 1,000 of sales, by category, where the shop has said so."""
    return dict(CategoryMargin.objects.values_list("category", "margin_permille"))


def set_category_margins(margins: Iterable[tuple[str, int | None]]) -> None:
    """Sets the margins of categories; None takes one back to the book's margin. Invalid outside -1000 to 1000."""
    with transaction.atomic():
        for category, permille in margins:
            if permille is None:
                CategoryMargin.objects.filter(category=category).delete()
                continue
            if not -1000 <= permille <= 1000:
                raise Invalid(
                    "A margin of {percent:g} % is not possible.",
                    hint="Between -100 and 100 of each 100 of sales.",
                    percent=permille / 10,
                )
            CategoryMargin.objects.update_or_create(category=category, defaults={"margin_permille": permille})


def categories() -> list[str]:
    """Every category in use, by name."""
    used = (
        Product.objects.exclude(category="")
        .order_by("category")
        .values_list("category", flat=True)
        .distinct()
    )
    return sorted({*used, *CategoryMargin.objects.values_list("category", flat=True)})
