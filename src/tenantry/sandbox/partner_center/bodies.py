"""Read request bodies the way the service does: names in any case, enums in any case, unknown fields ignored."""

from __future__ import annotations

from typing import Any

from tenantry.sandbox.partner_center.errors import RefusalError
from tenantry.sandbox.wire import JsonDict, read_whole

_NAMES = (
    "id offerId offerName friendlyName productType displayName subType quantity unitType parentSubscriptionId "
    "hasPurchasableAddons creationDate effectiveStartDate commitmentEndDate commitmentEndDateTime billingCycleEndDate "
    "billingCycleEndDateTime cancellationAllowedUntilDate refundableQuantity totalQuantity details "
    "allowedUntilDateTime refundOptions type expiresAt status suspensionReasons autoRenewEnabled isTrial billingType "
    "billingCycle termDuration renewalTermDuration isMicrosoftProduct publisherName partnerId attentionNeeded "
    "actionTaken actions contractType promotionId scheduledNextTermInstructions scheduledActions scheduleType "
    "scheduledType actionType effectiveDate instructions product productId skuId availabilityId customTermEndDate "
    "nextChargeInstructions migratedFromSubscriptionId consumptionType productOrderId lineItems entitlementId orderId "
    "links attributes etag objectType companyProfile billingProfile domain companyName email culture language "
    "defaultAddress country region city state addressLine1 addressLine2 postalCode firstName lastName phoneNumber "
    "relationshipToPartner organizationRegistrationNumber enableGDAPByDefault primaryContact templateId dateAgreed "
    "allowDelegatedAccess associatedPartnerId customDomains tenantId supportTenantId supportMpnId name"
)
_KNOWN = {name.lower(): name for name in _NAMES.split()}


def canonical(value: Any) -> Any:
    """Write every name in a body the way answers write it."""
    if isinstance(value, dict):
        return {_canonical_name(key): canonical(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [canonical(inner) for inner in value]
    return value


def unknown_names(body: JsonDict) -> list[str]:
    """List the top-level names that the service does not know."""
    return [name for name in body if name.lower() not in _KNOWN]


def pascal(value: Any) -> Any:
    """Write every name with a capital, as audit records do."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: pascal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [pascal(inner) for inner in value]
    return value


def whole(body: JsonDict, name: str) -> int | None:
    """Read a whole number, None where the name is missing; 800002 for anything else, null included."""
    if name not in body:
        return None
    try:
        return read_whole(body[name])
    except ValueError:
        raise RefusalError(800002, description=f"Invalid request input: {name} is not a whole number.") from None


def flag(body: JsonDict, name: str) -> bool | None:
    """Read a yes/no field, None where it is missing or null; 800002 for anything else."""
    value = body.get(name)
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if value is not None and not isinstance(value, bool):
        raise RefusalError(800002, description=f"Invalid request input: {name} is neither true nor false.")
    return value


def word(body: JsonDict, name: str) -> str | None:
    """Read a text, None where it is missing or null; 800002 for anything else."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise RefusalError(800002, description=f"Invalid request input: {name} is not a text.")
    return value


def section(body: JsonDict, name: str) -> JsonDict | None:
    """Read an object, None where it is missing, null or empty; 800002 for anything else."""
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise RefusalError(800002, description=f"Invalid request input: {name} is not an object.")
    return value or None


def _canonical_name(name: str) -> str:
    return _KNOWN.get(name.lower(), name[:1].lower() + name[1:])
