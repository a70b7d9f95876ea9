"""A source: a shop's till, a file, a form, a partner."""

from django.db import models


class SourceKind(models.TextChoices):
    ORDERS = "orders"
    CUSTOMERS = "customers"
    TILL = "till"
    OFFICE = "office"
    DEMO = "demo"
    EDGE = "edge"


class Source(models.Model):
    """Where something came from. Every customer, fact, consent and event names one."""

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, choices=SourceKind.choices)
    owner = models.CharField(max_length=120, blank=True)
    cost_minor = models.BigIntegerField(default=0)
    basis = models.CharField(
        max_length=40, blank=True
    )  # lawful basis of what comes from it; empty = not said
    basis_evidence = models.TextField(blank=True)
    simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
