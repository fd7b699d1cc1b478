"""The resources that worlds are made of, as plain JSON in the shape of the wire.

Everything is derived from names, so a world is the same each time it is built.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from tenantry.sandbox.partner_center.records import capability
from tenantry.sandbox.wire import iso, link, parse_moment
from tenantry.sandbox.worlds import catalogue
from tenantry.sandbox.worlds.catalogue import ITEMS, LEGACY, Item, LegacyOffer

JsonDict = dict[str, Any]

_NAMESPACE = uuid.UUID("6f1d2c1e-5a0b-4d0e-9b8a-6c6a2d7f4e11")
_PLAIN = str.maketrans({"ø": "o", "ß": "ss", "ł": "l", "æ": "ae"})
_CULTURES = {"US": "en-US", "GB": "en-GB", "IE": "en-IE", "AE": "ar-AE", "SE": "sv-SE", "DK": "da-DK", "NO": "nb-NO",
             "CZ": "cs-CZ", "AT": "de-AT", "CH": "de-CH"}  # fmt: skip


def guid(*names: str) -> str:
    """Return the id that belongs to these names, the same in every run."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(names)))


def hexed(*names: str, length: int = 12) -> str:
    """Return hexadecimal digits that belong to these names."""
    return hashlib.sha256("/".join(names).encode()).hexdigest()[:length]


def user_name(name: str) -> str:
    """Return the part of an address before the @: first name and last name, in plain letters."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_PLAIN))
    words = "".join(c for c in plain if c.isascii() and (c.isalpha() or c.isspace())).split()
    return f"{words[0]}.{words[-1]}" if len(words) > 1 else words[0]


def seat_body(item: Item, tenant_id: str, country: str, number: int, quantity: int, bought: datetime) -> JsonDict:
    """Return a subscription to a catalogue item without its term; `number` tells equal ones of a tenant apart."""
    identity = guid("subscription", tenant_id, item.key, str(number))
    own = f"/customers/{tenant_id}/subscriptions/{identity}"
    return {
        "id": identity,
        "offerId": item.offer_id,
        "offerName": item.title,
        "friendlyName": item.title,
        "productType": {"id": item.product_type, "displayName": item.product_type},
        "quantity": quantity,
        "unitType": "Licenses",
        "hasPurchasableAddons": False,
        "creationDate": iso(bought),
        "status": "active",
        "billingType": "license",
        "isMicrosoftProduct": item.publisher.startswith("Microsoft"),
        "partnerId": "",
        "attentionNeeded": False,
        "actionTaken": False,
        "contractType": "subscription",
        "publisherName": item.publisher,
        "orderId": hexed("order", identity),
        "links": catalogue.links(item, country) | {"self": link(own)},
        "attributes": {"objectType": "Subscription"},
        "_sandbox": {},
    }


def at(text: str) -> datetime:
    """Read a moment of a world's data; without a zone it is UTC."""
    return parse_moment(text).astimezone(UTC)


def next_quantity(key: str, quantity: int, term: tuple[str, str] = catalogue.YEAR_MONTHLY) -> JsonDict:
    """Return next-term instructions of the first generation: another quantity from the renewal on."""
    return {"product": next_product(ITEMS[key], term), "quantity": quantity}


def action(kind: str, instructions: JsonDict | None = None) -> list[JsonDict]:
    """Return scheduled actions of the second generation with one action at the end of the term."""
    found: JsonDict = {"scheduleType": "TermEnd", "actionType": kind}
    return [found | ({"instructions": instructions} if instructions else {})]


def next_product(item: Item, term: tuple[str, str]) -> JsonDict:
    """Return the product part of next-term instructions."""
    return {
        "productId": item.product,
        "skuId": item.sku,
        "availabilityId": item.availability_id,
        "billingCycle": term[1],
        "termDuration": term[0],
    }


def legacy_body(
    offer: LegacyOffer, identity: str, quantity: int, bought: datetime, begun: date, last: date, country: str, own: str
) -> JsonDict:
    """Return a subscription of the time before new commerce: an etag, no product type, links to its offer."""
    return {
        "id": identity,
        "offerId": offer.offer_id,
        "offerName": offer.title,
        "friendlyName": offer.title,
        "quantity": quantity,
        "unitType": "Licenses",
        "hasPurchasableAddons": False,
        "creationDate": iso(bought),
        "effectiveStartDate": f"{begun.isoformat()}T00:00:00Z",
        "commitmentEndDate": f"{last.isoformat()}T00:00:00Z",
        "status": "active",
        "autoRenewEnabled": True,
        "billingType": "license",
        "billingCycle": "monthly",
        "contractType": "subscription",
        "isTrial": False,
        "actions": ["edit", "cancel"],
        "orderId": guid("order", identity).upper(),
        "links": {"offer": link(f"/offers/{offer.offer_id}?country={country}"), "self": link(f"{own}/{identity}")},
        "attributes": {"etag": hexed("etag", identity, length=32), "objectType": "Subscription"},
    }


def _directory_skus() -> dict[str, tuple[str, str, str]]:
    found = {o.offer_id: (o.provisioning_id, o.title, o.part_number) for o in LEGACY.values()}
    for item in ITEMS.values():
        if item.provisioning_id:
            found[item.offer_id] = (item.provisioning_id, item.title.removesuffix(" Trial"), item.part_number)
    return found


_DIRECTORY_SKUS = _directory_skus()  # offer id -> (id, name, part number) of what a subscription gives out


def _sku_row(directory_id: str, name: str, part_number: str) -> JsonDict:
    units = ("availableUnits", "activeUnits", "consumedUnits", "suspendedUnits", "totalUnits", "warningUnits")
    return {
        **dict.fromkeys(units, 0),
        "productSku": {
            "id": directory_id,
            "name": name,
            "skuPartNumber": part_number,
            "targetType": "User",
            "licenseGroupId": "group1",
        },
        "servicePlans": [],
        "capabilityStatus": "Enabled",
        "attributes": {"objectType": "SubscribedSku"},
    }


def subscribed_skus(
    subscriptions: Iterable[JsonDict], assigned: Mapping[str, int], elsewhere: Mapping[str, int], seed: str
) -> list[JsonDict]:
    """Return what a customer's directory counts: seats of every channel, by product.

    `elsewhere` are seats bought from others, `assigned` seats given to people, both by key of the catalogue item;
    where nothing is said, between 70 and 100 of a hundred seats are assigned.
    """
    counts: dict[str, JsonDict] = {}
    for body in subscriptions:
        found = _DIRECTORY_SKUS.get(str(body["offerId"]))
        if found is None or body["status"] == "deleted":
            continue
        row = counts.setdefault(found[0], _sku_row(*found))
        unit = {"active": "activeUnits", "expired": "warningUnits"}.get(body["status"], "suspendedUnits")
        row[unit] += body["quantity"]
    for key, seats in elsewhere.items():
        found = _DIRECTORY_SKUS[ITEMS[key].offer_id]
        counts.setdefault(found[0], _sku_row(*found))["activeUnits"] += seats
    stated = {ITEMS[key].provisioning_id: seats for key, seats in assigned.items()}
    for directory_id, row in counts.items():
        row["totalUnits"] = row["activeUnits"] + row["warningUnits"]
        share = 70 + int(hexed(seed, directory_id, length=2), 16) % 31
        row["consumedUnits"] = stated.get(directory_id, row["totalUnits"] * share // 100)
        row["availableUnits"] = row["totalUnits"] - row["consumedUnits"]
        row["capabilityStatus"] = capability(row)
    return list(counts.values())


def customer_body(
    tenant_id: str, slug: str, name: str, country: str, city: str, domain: str, *, full: bool
) -> JsonDict:
    """Return a customer as Partner Center reads it; without directory access (`full`) three fields are missing."""
    culture = _CULTURES.get(country, f"{country.lower()}-{country}")
    address = {
        "country": country,
        "city": city,
        "addressLine1": f"{int(hexed(slug, length=2), 16) % 90 + 1} Market Street",
        "postalCode": str(10_000 + int(hexed(slug, length=4), 16)),
        "firstName": "Office",
        "lastName": name.split()[0],
        "phoneNumber": "",
    }
    profile: JsonDict = {
        "tenantId": tenant_id,
        "domain": initial_domain(slug),
        "companyName": name,
        "links": {"self": link(f"/customers/{tenant_id}/profiles/company")},
        "attributes": {"objectType": "CustomerCompanyProfile"},
    }
    body: JsonDict = {
        "id": tenant_id,
        "commerceId": guid("commerce", tenant_id),
        "companyProfile": profile,
        "billingProfile": {
            "id": guid("billing", tenant_id),
            "firstName": "Office",
            "lastName": name.split()[0],
            "email": f"office@{domain}",
            "culture": culture,
            "language": culture[:2],
            "companyName": name,
            "defaultAddress": address,
            "links": {"self": link(f"/customers/{tenant_id}/profiles/billing")},
            "attributes": {"etag": hexed("etag", tenant_id), "objectType": "CustomerBillingProfile"},
        },
        "relationshipToPartner": "reseller",
        "allowDelegatedAccess": full,
        "links": {"self": link(f"/customers/{tenant_id}")},
        "attributes": {"objectType": "Customer"},
    }
    if full:
        profile |= {"address": address, "email": f"office@{domain}"}
        body["customDomains"] = [profile["domain"], domain]
    return body


def initial_domain(slug: str) -> str:
    """Return the domain that a tenant got when it was made."""
    return f"{slug.replace('-', '')}.onmicrosoft.com"


def audit_record(
    partner_id: str, customer: tuple[str, str], body: JsonDict, moment: str, before: int, after: int, who: str
) -> JsonDict:
    """Return the audit record of a change of seats in the past; `customer` is (id, name)."""
    old, new = ({"Id": body["id"], "Quantity": seats, "Status": "active"} for seats in (before, after))
    details = {"SubscriptionId": body["id"], "SubscriptionName": body["friendlyName"], "Quantity": str(after)}
    return {
        "id": guid("audit", str(body["id"]), moment),
        "partnerId": partner_id,
        "customerId": customer[0],
        "customerName": customer[1],
        "userPrincipalName": who,
        "applicationId": "Partner Center Web App",
        "resourceType": "subscription",
        "resourceOldValue": json.dumps(old),
        "resourceNewValue": json.dumps(new),
        "operationType": "update_subscription",
        "originalCorrelationId": guid("correlation", str(body["id"]), moment),
        "operationDate": iso(parse_moment(moment)),
        "operationStatus": "succeeded",
        "customizedData": [{"key": key, "value": value} for key, value in details.items()],
        "attributes": {"objectType": "AuditRecord"},
    }
