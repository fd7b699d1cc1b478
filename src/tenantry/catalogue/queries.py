"""What other rooms may read of the catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.db.models.functions import Lower

from tenantry.catalogue.models import Availability, Sku

SkuKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SkuFacts:
    """Limits of a SKU in one market. ``renewable`` and ``monthly_plan`` are None where Microsoft said nothing."""

    product_id: str
    sku_id: str
    title: str
    minimum: int | None
    maximum: int | None
    provisioning_id: str
    renewable: bool | None
    monthly_plan: bool | None


def skus(keys: Iterable[SkuKey], country: str) -> dict[SkuKey, SkuFacts]:
    """Return what is known of these (product id, SKU id) pairs in a market, in two queries."""
    wanted = set(keys)
    if not wanted:
        return {}
    found = Sku.objects.filter(product_id__in={product for product, _ in wanted}, country=country, missing=False)
    known = found.prefetch_related(Prefetch("availabilities", queryset=Availability.objects.order_by("id")))
    return {(sku.product_id, sku.sku_id): _facts(sku) for sku in known if (sku.product_id, sku.sku_id) in wanted}


def skus_of(provisioning_ids: Iterable[str], country: str) -> dict[str, set[SkuKey]]:
    """Return the (product id, SKU id) pairs of a market that provide each of these Entra SKUs, in one query.

    ``provisioning_ids`` are in lower case, as `SkuFacts` has them.
    """
    found: dict[str, set[SkuKey]] = {provisioning_id: set() for provisioning_id in provisioning_ids if provisioning_id}
    rows = Sku.objects.annotate(provides=Lower("provisioning_id")).filter(
        provides__in=list(found), country=country, missing=False
    )
    for provides, product_id, sku_id in rows.values_list("provides", "product_id", "sku_id"):
        found[provides].add((product_id, sku_id))
    return found


def _facts(sku: Sku) -> SkuFacts:
    availabilities = list(sku.availabilities.all())
    terms = [term for availability in availabilities for term in availability.terms]
    return SkuFacts(
        product_id=sku.product_id,
        sku_id=sku.sku_id,
        title=sku.title,
        minimum=sku.minimum_quantity,
        maximum=sku.maximum_quantity,
        provisioning_id=sku.provisioning_id.lower(),
        renewable=any(availability.is_renewable for availability in availabilities) if availabilities else None,
        monthly_plan=any(term.get("term") == "P1M" for term in terms) if terms else None,
    )


def read_since(moment: datetime) -> set[tuple[str, str, str]]:
    """Return what was read at this moment or later: (product id, SKU id, market), also what a market does not have."""
    return set(Sku.objects.filter(read_at__gte=moment).values_list("product_id", "sku_id", "country"))
