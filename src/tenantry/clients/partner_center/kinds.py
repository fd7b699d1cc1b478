"""Which kind of product a subscription is; there is no field that says so (read 2026-11)."""

import re
from enum import StrEnum

from tenantry.clients.partner_center.models import BillingCycle, Subscription

AZURE_PLAN_PRODUCT = "DZH318Z0BPS6"
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


class Kind(StrEnum):
    """What a subscription is, as far as its rules go."""

    NCE = "nce"
    LEGACY = "legacy"
    SOFTWARE_SUBSCRIPTION = "software_subscription"
    SOFTWARE_PERPETUAL = "software_perpetual"
    AZURE_PLAN = "azure_plan"
    LEGACY_AZURE = "legacy_azure"
    MARKETPLACE = "marketplace"
    RESERVATION = "reservation"
    UNKNOWN = "unknown"


def kind_of(subscription: Subscription) -> Kind:
    """Return the subscription's kind: the first test that matches.

    What matches nothing, an item of the new catalogue with an unheard-of type for instance, is UNKNOWN: shown, not
    changed.
    """
    offer = subscription.offer_id.upper()
    family = (subscription.product_type.id if subscription.product_type else "").lower()
    if offer.startswith(AZURE_PLAN_PRODUCT) or family == "azure":
        return Kind.AZURE_PLAN
    if offer.startswith("MS-AZR-"):
        return Kind.LEGACY_AZURE
    if family == "onlineservicesnce":
        return Kind.NCE
    if family == "software" or offer.startswith("DG7GMGF0"):
        perpetual = not subscription.term_duration or subscription.billing_cycle is BillingCycle.ONE_TIME
        return Kind.SOFTWARE_PERPETUAL if perpetual else Kind.SOFTWARE_SUBSCRIPTION
    if family == "saas" or family.startswith("thirdparty") or subscription.is_microsoft_product is False:
        return Kind.MARKETPLACE
    if "reservation" in family or "savingsplan" in family or subscription.line_items or subscription.product_order_id:
        return Kind.RESERVATION
    if not family and _GUID.fullmatch(offer) and subscription.links.offer is not None:
        return Kind.LEGACY
    return Kind.UNKNOWN
