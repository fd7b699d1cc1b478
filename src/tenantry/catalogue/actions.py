"""Every write to the catalogue: what was read from Microsoft is remembered."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from tenantry.catalogue.models import Availability, Sku
from tenantry.clients.partner_center.catalogue import Availability as AvailabilityRecord
from tenantry.clients.partner_center.catalogue import Sku as SkuRecord


@transaction.atomic
def remember_sku(
    record: SkuRecord, availabilities: Sequence[AvailabilityRecord], *, country: str, now: datetime
) -> None:
    """Store a SKU and how it is sold in one market, replacing what was known."""
    attributes = record.dynamic_attributes
    sku, _ = Sku.objects.update_or_create(
        product_id=str(record.product_id),
        sku_id=str(record.id),
        country=country,
        defaults={
            "product_title": record.title,
            "title": record.title,
            "minimum_quantity": record.minimum_quantity,
            "maximum_quantity": record.maximum_quantity,
            "is_trial": record.is_trial,
            "is_addon": bool(attributes.is_addon),
            "provisioning_id": attributes.provisioning_id or "",
            "billing_plans": [cycle.value for cycle in record.supported_billing_cycles or ()],
            "missing": False,
            "read_at": now,
        },
    )
    sku.availabilities.all().delete()
    Availability.objects.bulk_create(
        Availability(
            sku=sku,
            availability_id=str(availability.id),
            is_purchasable=availability.is_purchasable,
            is_renewable=availability.is_renewable,
            terms=[
                {"term": term.duration, "billing_plan": term.billing_cycle.value, "description": term.description}
                for term in availability.terms or ()
            ],
            read_at=now,
        )
        for availability in availabilities
    )


def remember_missing(product_id: str, sku_id: str, *, country: str, now: datetime) -> None:
    """Remember that Microsoft does not know the SKU in this market, so that it is not asked for at every refresh."""
    Sku.objects.update_or_create(
        product_id=product_id,
        sku_id=sku_id,
        country=country,
        defaults={"product_title": "", "title": "", "missing": True, "read_at": now},
    )
