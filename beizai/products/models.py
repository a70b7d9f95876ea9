"""Products and what is left of a sale of them."""

from django.db import models


class Product(models.Model):
    """Something sold. `number` is the shop's own; `category` a path such as "Tea / Green"."""

    number = models.CharField(max_length=120, unique=True)
    name = models.CharField(max_length=300, blank=True)
    category = models.CharField(max_length=200, blank=True, db_index=True)
    price_minor = models.BigIntegerField(null=True, blank=True)
    cost_minor = models.BigIntegerField(null=True, blank=True)  # what one of it costs the shop
    picture = models.CharField(max_length=200, blank=True)
    in_stock = models.BooleanField(default=True)
    import_id = models.BigIntegerField(null=True, db_index=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name or self.number


class CategoryMargin(models.Model):
    """What is left of 1,000 of sales in a category, before sending and discounts; used where a line has no cost."""

    category = models.CharField(max_length=200, unique=True)
    margin_permille = models.IntegerField()
