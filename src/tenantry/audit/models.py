"""Tables of the append-only record: who did what, for whom, with what outcome."""

from django.db import models


class Chain(models.Model):
    """The head of one hash chain: one per company, and one (company_id null) for the partner itself."""

    company_id = models.UUIDField(null=True, unique=True)
    sequence = models.BigIntegerField(default=0)
    head = models.BinaryField(max_length=32, default=b"")
    published_sequence = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(company_id__isnull=True), name="audit_one_partner_chain"
            )
        ]


class AuditRow(models.Model):
    """One thing that happened; a database trigger refuses to change or remove it."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="rows")
    sequence = models.BigIntegerField()
    company_id = models.UUIDField(null=True, db_index=True)
    happened_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=20)  # end_user, staff, operator, system, microsoft
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=200)
    verb = models.CharField(max_length=60)  # e.g. change_order.placed
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=100)
    subject_name = models.CharField(max_length=300, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    rule = models.CharField(max_length=120, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "sequence"], name="audit_row_once_per_place")]
        indexes = [
            models.Index(fields=["happened_at"], name="audit_by_time"),
            models.Index(fields=["subject_kind", "subject_id"], name="audit_by_subject"),
        ]
