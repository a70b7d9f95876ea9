"""Segments by name, and every rule they ever had."""

from django.db import models

from beizai.staff.models import User


class Segment(models.Model):
    """People who belong together, by a rule. What the rule was when, is in its versions."""

    name = models.CharField(max_length=120, unique=True)
    current_version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class SegmentVersion(models.Model):
    """The rule of a segment, as it was saved once; never changed."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    rule = models.JSONField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "number"], name="segment_version_once")]
