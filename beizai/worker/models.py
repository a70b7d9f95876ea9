"""The jobs: work that takes longer than a page may, with how far it is and who has it in hand."""

from django.db import models


class JobState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(models.Model):
    """One piece of work, done in steps under a second. Times are the machine's.

    `position` is what the last step left for the next one; `lease_until` is how long its owner may take
    before another worker takes over.
    """

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120, blank=True)  # one unfinished job per kind and key
    arguments = models.JSONField(default=dict)
    position = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.WAITING)
    owner = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True)
    run_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)  # failures in a row
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    what = models.CharField(max_length=200, blank=True)  # what it is doing, for whoever waits
    error = models.TextField(blank=True)
    result = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "run_at"], name="job_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                name="one_unfinished_job",
                condition=models.Q(state__in=["waiting", "running"]) & ~models.Q(key=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key or self.pk}"
