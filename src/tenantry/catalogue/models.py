"""Tables of what Microsoft sells, as far as the portal needs it: limits, and the ids that join bought to assigned."""

from django.db import models


class Sku(models.Model):
    """A product's SKU in one market: seat limits and the Entra SKU it provisions."""

    product_id = models.CharField(max_length=40)
    sku_id = models.CharField(max_length=40)
    country = models.CharField(max_length=2)
    product_title = models.CharField(max_length=300)
    title = models.CharField(max_length=300)
    minimum_quantity = models.PositiveIntegerField(null=True)
    maximum_quantity = models.PositiveIntegerField(null=True)
    is_trial = models.BooleanField(default=False)
    is_addon = models.BooleanField(default=False)
    provisioning_id = models.CharField(max_length=36, blank=True)
    billing_plans = models.JSONField(default=list)
    missing = models.BooleanField(default=False)  # Microsoft says it does not exist (any more)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product_id", "sku_id", "country"], name="sku_once_per_market")]


class Availability(models.Model):
    """One way to buy a SKU: ids change monthly, so they are read again before use."""

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="availabilities")
    availability_id = models.CharField(max_length=40)
    is_purchasable = models.BooleanField()
    is_renewable = models.BooleanField()
    terms = models.JSONField(default=list)  # [{"term": "P1Y", "billing_plan": "monthly", "description": …}]
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sku", "availability_id"], name="availability_once")]
