"""Which books a home has opened, and the example customers it was filled with."""

from django.db import models

from beizai.sources.models import Source


class OpenedBook(models.Model):
    """A ready-made book this home has opened. What it demands of mails holds from then on, whatever the shop calls itself."""

    trade = models.CharField(max_length=40, unique=True)
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.trade


class Example(models.Model):
    """Example customers, SIMULATED: what was brought in for them, so that all of it can be taken out again."""

    trade = models.CharField(max_length=40)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    seed = models.PositiveIntegerField(default=1)
    imports = models.JSONField(default=list)  # the numbers of its imports, in their order
    rows = models.JSONField(default=dict)  # what was made beside them: kind of row -> its numbers
    customers = models.PositiveIntegerField(default=0)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.trade} ({self.pk})"
