"""Which kind a subscription is of: the rules differ for each."""

from __future__ import annotations

import re
from enum import StrEnum

from tenantry.sandbox.store import Store, Subscription
from tenantry.sandbox.wire import JsonDict

_CATALOGUE_ITEM = re.compile(r"[A-Z0-9]{12}:[A-Z0-9]{4}:[A-Z0-9]{12}", re.IGNORECASE)


class Kind(StrEnum):
    """Kinds of subscriptions (reference section 5, read 2026-11)."""

    NCE = "nce"
    LEGACY = "legacy"
    SOFTWARE = "software"
    PERPETUAL = "perpetual"
    AZURE_PLAN = "azure_plan"
    AZURE_LEGACY = "azure_legacy"
    MARKETPLACE = "marketplace"
    OTHER = "other"


def kind_of(subscription: Subscription) -> Kind:
    """Tell the kind: as the world states it, else from the wire fields, first match wins."""
    stated = subscription.hidden.get("kind")
    if stated is not None:
        return Kind(stated)
    body = subscription.body
    offer = str(body.get("offerId") or "").upper()
    product = str((body.get("productType") or {}).get("id") or "")
    if offer.startswith("DZH318Z0BPS6") or product == "Azure":
        return Kind.AZURE_PLAN
    if offer.startswith("MS-AZR-"):
        return Kind.AZURE_LEGACY
    if product == "OnlineServicesNCE":
        return Kind.NCE
    if product == "Software" or offer.startswith("DG7GMGF0"):
        return Kind.SOFTWARE if body.get("termDuration") else Kind.PERPETUAL
    if product == "SaaS" or product.startswith("ThirdParty") or body.get("isMicrosoftProduct") is False:
        return Kind.MARKETPLACE
    if "Reservation" in product or "SavingsPlan" in product or body.get("productOrderId"):
        return Kind.OTHER
    if not product and not _CATALOGUE_ITEM.fullmatch(offer):
        return Kind.LEGACY
    return Kind.OTHER


def is_trial(subscription: Subscription) -> bool:
    """Tell whether it is a trial."""
    return subscription.body.get("isTrial") is True


def seat_limits(store: Store, subscription: Subscription) -> tuple[int, int]:
    """Give the smallest and largest number of seats: the subscription's own limits, else the SKU's."""
    sku: JsonDict = store.sku_of(str(subscription.body.get("offerId") or "")) or {}
    smallest = subscription.hidden.get("minimum", sku.get("minimumQuantity"))
    largest = subscription.hidden.get("maximum", sku.get("maximumQuantity"))
    return int(smallest if smallest is not None else 1), int(largest if largest is not None else 100_000)
