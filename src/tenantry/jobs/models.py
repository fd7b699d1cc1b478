"""Tables of run records: long work with its progress, and how long logs are kept."""

import uuid

from django.db import models


class RunState(models.TextChoices):
    """Where a run stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class RunRecord(models.Model):
    """One piece of long work: a refresh, a Direct CSP test, a consent being redeemed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(
        max_length=40
    )  # refresh_tenants, refresh_subscriptions, refresh_company, direct_csp, consent …
    subject_id = models.CharField(max_length=64, blank=True)
    company_id = models.UUIDField(null=True)
    asked_by = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.WAITING)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    steps_done = models.IntegerField(default=0)
    steps_total = models.IntegerField(null=True)
    message_key = models.CharField(max_length=60, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "-created_at"], name="run_by_kind"),
            models.Index(fields=["subject_id", "-created_at"], name="run_by_subject"),
        ]


class Retention(models.Model):
    """How many days each log is kept (audit rows are kept for ever); one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    call_days = models.PositiveIntegerField(default=90)
    run_days = models.PositiveIntegerField(default=365)
    sign_in_days = models.PositiveIntegerField(default=365)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="retention_single_row")]
