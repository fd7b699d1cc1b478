"""Tables of the partner's own look."""

from django.db import models


class Brand(models.Model):
    """The partner's logo, accent colour and words; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    portal_name = models.CharField(max_length=60, blank=True)
    accent = models.CharField(max_length=7, blank=True)  # "#rrggbb" as entered; contrast is computed, never stored
    support_name = models.CharField(max_length=100, blank=True)
    support_email = models.EmailField(blank=True)
    support_phone = models.CharField(max_length=40, blank=True)
    support_url = models.URLField(blank=True)
    logo = models.BinaryField(null=True)  # re-encoded PNG
    logo_digest = models.CharField(max_length=64, blank=True)
    logo_width = models.PositiveIntegerField(null=True)
    logo_height = models.PositiveIntegerField(null=True)
    # A smaller copy of a logo that was refused as too large, until it is taken or another one is uploaded.
    offered_logo = models.BinaryField(null=True)
    offered_digest = models.CharField(max_length=64, blank=True, default="", db_default="")
    offered_width = models.PositiveIntegerField(null=True)
    offered_height = models.PositiveIntegerField(null=True)
    updated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="brand_single_row")]
