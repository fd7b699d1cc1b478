"""Tables of the partner's own look."""

from django.db import models


class LogoPicture(models.Model):
    """A logo as it is served, and how it stands on the heads of light and dark pages."""

    digest = models.CharField(max_length=64, primary_key=True)
    png = models.BinaryField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    # What the file was before it was brought within 502 × 81 pixels.
    file_width = models.PositiveIntegerField()
    file_height = models.PositiveIntegerField()
    file_moves = models.BooleanField()
    plate_on_light = models.BooleanField()
    plate_on_dark = models.BooleanField()
    # Per cent of the outline that stand out too little, with the plate if there is one.
    unseen_on_light = models.PositiveSmallIntegerField()
    unseen_on_dark = models.PositiveSmallIntegerField()


class Brand(models.Model):
    """The partner's logos, accent colour and words; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    portal_name = models.CharField(max_length=60, blank=True)
    accent = models.CharField(max_length=7, blank=True)  # "#rrggbb" as entered; contrast is computed, never stored
    support_name = models.CharField(max_length=100, blank=True)
    support_email = models.EmailField(blank=True)
    support_phone = models.CharField(max_length=40, blank=True)
    support_url = models.URLField(blank=True)
    main_logo = models.ForeignKey(LogoPicture, models.PROTECT, null=True, related_name="+")
    # Stands on dark pages in place of the other.
    dark_logo = models.ForeignKey(LogoPicture, models.PROTECT, null=True, related_name="+")
    # Uploaded and shown, and not saved yet.
    offered_main_logo = models.ForeignKey(LogoPicture, models.PROTECT, null=True, related_name="+")
    offered_dark_logo = models.ForeignKey(LogoPicture, models.PROTECT, null=True, related_name="+")
    updated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="brand_single_row")]
