"""Every write to the catalogue: what was read from Microsoft is remembered."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from tenantry.catalogue.models import Availability, Sku
from tenantry.clients.partner_center.catalogue import Availability as AvailabilityRecord
from tenantry.clients.partner_center.catalogue import Sku as SkuRecord
from tenantry.kernel.columns import exact, fit


@transaction.atomic
def remember_sku(
    record: SkuRecord, availabilities: Sequence[AvailabilityRecord], *, country: str, now: datetime
) -> None:
    """Store a SKU and how it is sold in one market, replacing what was known.

    Errors: ValueError for ids that are longer than any id is.
    """
    attributes = record.dynamic_attributes
    title = fit(Sku, "title", record.title)
    sku, _ = Sku.objects.update_or_create(
        product_id=exact(Sku, "product_id", record.product_id),
        sku_id=exact(Sku, "sku_id", record.id),
        country=country,
        defaults={
            "product_title": title,
            "title": title,
            "minimum_quantity": record.minimum_quantity,
            "maximum_quantity": record.maximum_quantity,
            "is_trial": record.is_trial,
            "is_addon": bool(attributes.is_addon),
            "provisioning_id": exact(Sku, "provisioning_id", attributes.provisioning_id or ""),
            "billing_plans": [cycle.value for cycle in record.supported_billing_cycles or ()],
            "missing": False,
            "read_at": now,
        },
    )
    sku.availabilities.all().delete()
    Availability.objects.bulk_create(
        Availability(
            sku=sku,
            availability_id=exact(Availability, "availability_id", availability.id),
            is_purchasable=availability.is_purchasable,
            is_renewable=availability.is_renewable,
            terms=[
                {"term": term.duration, "billing_plan": term.billing_cycle.value, "description": term.description}
                for term in availability.terms or ()
            ],
            read_at=now,
        )
        for availability in {one.id: one for one in availabilities}.values()
    )


def remember_missing(product_id: str, sku_id: str, *, country: str, now: datetime) -> None:
    """Remember that Microsoft does not know the SKU in this market, so that it is not asked for at every refresh.

    Errors: ValueError for ids that are longer than any id is.
    """
    Sku.objects.update_or_create(
        product_id=exact(Sku, "product_id", product_id),
        sku_id=exact(Sku, "sku_id", sku_id),
        country=country,
        defaults={"product_title": "", "title": "", "missing": True, "read_at": now},
    )
