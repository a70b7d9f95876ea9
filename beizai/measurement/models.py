"""What finished campaigns earned, kept so that the year can be added up without asking the whole book again."""

from django.db import models


class Result(models.Model):
    """The evidence of one finished campaign, derived from the book and made anew at will. It names no person.

    `families` are the draws made again, as `experiments.evidence` packs them: the year is added up from them.
    """

    campaign_id = models.BigIntegerField(unique=True)
    as_of = models.DateTimeField()  # the book as of then
    ended_on = models.DateField(db_index=True)
    treated = models.PositiveIntegerField()
    held_out = models.PositiveIntegerField()
    buyers_treated = models.PositiveIntegerField()
    buyers_held_out = models.PositiveIntegerField()
    cost_minor = models.FloatField()
    mean_treated_minor = models.FloatField()
    effect_minor = models.FloatField(null=True)  # a head
    families = models.BinaryField()
    verdict = models.CharField(max_length=20)
    read_at = models.DateTimeField(null=True)  # when somebody first looked at the finished report

    def __str__(self) -> str:
        return f"campaign {self.campaign_id}: {self.verdict}"
