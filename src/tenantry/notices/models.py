"""Tables of notices: mail that the partner is to read."""

import uuid

from django.db import models


class NoticeSettings(models.Model):
    """Where notices go; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    address = models.EmailField(blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="notice_settings_single_row")]


class Notice(models.Model):
    """One message in the outbox: stored with what caused it, sent by the worker."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)  # order_failed, order_unsure, schedule_lost, connection_broken, audit_head …
    company_id = models.UUIDField(null=True)
    subject_id = models.CharField(max_length=64, blank=True)
    address = models.EmailField(blank=True)  # empty: nobody was set to be told
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at"], name="notice_by_time")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id"], condition=~models.Q(subject_id=""), name="notice_once_per_subject"
            )
        ]
