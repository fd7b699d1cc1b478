"""The traces that changes leave: audit records, orders, and the licence counts of the customer's directory."""

from __future__ import annotations

import json
import time
import uuid
from datetime import datetime

from tenantry.sandbox.context import Context
from tenantry.sandbox.partner_center.bodies import pascal
from tenantry.sandbox.partner_center.call import Call
from tenantry.sandbox.store import Subscription
from tenantry.sandbox.wire import JsonDict, drop_nulls, iso, link

SYSTEM = "Microsoft"
AUDIT_KEPT = 20_000  # a large world makes more in a month than anybody reads


def audit_change(
    ctx: Context,
    subscription: Subscription,
    at: datetime,
    before: JsonDict,
    *,
    user: str | None = None,
    application: str | None = None,
    correlation: str | None = None,
    status: str = "succeeded",
    why: str | None = None,
) -> None:
    """Write an audit record about a subscription; it can be read after the lag that the switches name."""
    customer = ctx.store.customers.get(subscription.customer_id.lower()) or {}
    details = {
        "SubscriptionId": subscription.id,
        "SubscriptionName": subscription.body.get("friendlyName"),
        "Quantity": str(subscription.quantity),
        "Reason": why,
    }
    add_record(
        ctx,
        {
            "customerId": subscription.customer_id,
            "customerName": (customer.get("companyProfile") or {}).get("companyName"),
            "userPrincipalName": user,
            "applicationId": application,
            "resourceType": "subscription",
            "resourceOldValue": json.dumps(pascal(before), ensure_ascii=False),
            "resourceNewValue": json.dumps(pascal(subscription.as_wire()), ensure_ascii=False),
            "operationType": "update_subscription",
            "originalCorrelationId": correlation,
            "operationDate": iso(at),
            "operationStatus": status,
            "customizedData": [{"key": key, "value": value} for key, value in details.items() if value is not None],
        },
    )


def audit_call(call: Call, subscription: Subscription, before: JsonDict, *, status: str = "succeeded") -> None:
    """Write the audit record of a caller's own change."""
    echo = call.ctx.switches.on("audit_echo_correlation")
    audit_change(
        call.ctx,
        subscription,
        call.now,
        before,
        user=call.bearer.upn,
        application=call.bearer.appid,
        correlation=(call.exchange.header("ms-correlationid") if echo else None) or str(uuid.uuid4()),
        status=status,
    )


def audit_customer(call: Call, customer: JsonDict, operation: str) -> None:
    """Write an audit record about a customer: added, changed, relationship removed."""
    add_record(
        call.ctx,
        {
            "customerId": customer["id"],
            "customerName": (customer.get("companyProfile") or {}).get("companyName"),
            "userPrincipalName": call.bearer.upn,
            "applicationId": call.bearer.appid,
            "resourceType": "customer",
            "operationType": operation,
            "originalCorrelationId": call.exchange.header("ms-correlationid"),
            "operationDate": iso(call.now),
            "operationStatus": "succeeded",
            "customizedData": [],
        },
    )


def add_record(ctx: Context, record: JsonDict) -> None:
    """Write an audit record; it can be read after the lag that the switches name."""
    record = {
        "id": str(uuid.uuid4()),
        "partnerId": ctx.store.partner["tenant_id"],
        "participants": [],
        **drop_nulls(record),
        "attributes": {"objectType": "AuditRecord"},
    }
    if ctx.switches.number("audit_lag_seconds") > 0:
        record["_sandbox"] = {"written": time.time()}
    ctx.store.audit.append(record)
    if len(ctx.store.audit) > AUDIT_KEPT:
        del ctx.store.audit[: AUDIT_KEPT // 10]


def add_order(ctx: Context, subscription: Subscription, at: datetime, delta: int) -> None:
    """Write the order that a change of seats creates."""
    order_id = uuid.uuid4().hex[:12]
    body = subscription.body
    customer_id = subscription.customer_id
    base = f"/customers/{customer_id}/orders/{order_id}"
    links = body.get("links") or {}
    line = {
        "lineItemNumber": 0,
        "offerId": body.get("offerId"),
        "subscriptionId": subscription.id,
        "termDuration": body.get("termDuration"),
        "transactionType": "addQuantity" if delta > 0 else "removeQuantity",
        "friendlyName": body.get("friendlyName"),
        "quantity": abs(delta),
        "links": {
            **{name: links[name] for name in ("product", "sku", "availability") if name in links},
            "subscription": link(f"/customers/{customer_id}/subscriptions/{subscription.id}"),
        },
    }
    order: JsonDict = {
        "id": order_id,
        "alternateId": order_id,
        "referenceCustomerId": customer_id,
        "billingCycle": body.get("billingCycle") or "none",
        "currencyCode": ctx.store.partner.get("currency", "USD"),
        "lineItems": [drop_nulls(line)],
        "creationDate": iso(at),
        "status": "completed",
        "transactionType": "UserPurchase",
        "links": {"self": link(base), "provisioningStatus": link(base + "/provisioningstatus")},
        "client": {},
        "attributes": {"objectType": "Order"},
    }
    if ctx.switches.number("orders_lag_seconds") > 0:
        order["_sandbox"] = {"written": time.time()}
    ctx.store.orders.setdefault(customer_id.lower(), []).append(order)


def is_visible(record: JsonDict, lag: float) -> bool:
    """Tell whether a record was written so many seconds ago; the lag of this moment counts, so that it can be ended."""
    hidden = record.get("_sandbox")
    return not hidden or float(hidden.get("written", 0)) + lag <= time.time()


def entra_sku_of(ctx: Context, body: JsonDict) -> str | None:
    """Find the directory's id of the product behind a subscription's fields, None where the catalogue does not say."""
    sku = ctx.store.sku_of(str(body.get("offerId") or "")) or {}
    found = (sku.get("dynamicAttributes") or {}).get("provisioningId")
    return str(found).lower() if found else None


def count_licences(ctx: Context, subscription: Subscription, before: JsonDict) -> None:
    """Move the tenant's licence counts along with what became of a subscription."""
    rows = ctx.store.subscribed_skus.setdefault(subscription.customer_id.lower(), [])
    now = entra_sku_of(ctx, subscription.body)
    if (
        now
        and now != entra_sku_of(ctx, before)
        and now not in {str((row.get("productSku") or {}).get("id")).lower() for row in rows}
    ):
        rows.append(_first_row(now, ctx.store.sku_of(str(subscription.body.get("offerId")))))
    for body, sign in ((before, -1), (subscription.body, 1)):
        wanted, field = entra_sku_of(ctx, body), _UNITS.get(str(body.get("status")))
        for row in rows:
            if wanted and field and str((row.get("productSku") or {}).get("id")).lower() == wanted:
                row[field] = max(0, int(row.get(field, 0)) + sign * int(body.get("quantity") or 0))
                row["totalUnits"] = int(row.get("activeUnits", 0)) + int(row.get("warningUnits", 0))
                row["availableUnits"] = row["totalUnits"] - int(row.get("consumedUnits", 0))
                row["capabilityStatus"] = capability(row)


def capability(row: JsonDict) -> str:
    """Tell what a directory still does with a product, by its best seats (which status goes with which: inferred)."""
    for units, status in (("activeUnits", "Enabled"), ("warningUnits", "Warning"), ("suspendedUnits", "Suspended")):
        if row.get(units):
            return status
    return "Deleted"


def _first_row(entra_sku: str, sku: JsonDict | None) -> JsonDict:
    """Give the row of a product that is new in a directory; its part number is nowhere in the catalogue."""
    name = (sku or {}).get("title", "")
    units = dict.fromkeys(
        ("availableUnits", "activeUnits", "consumedUnits", "suspendedUnits", "totalUnits", "warningUnits"), 0
    )
    product = {"id": entra_sku, "name": name, "skuPartNumber": "", "targetType": "User", "licenseGroupId": "group1"}
    rest = {"servicePlans": [], "capabilityStatus": "Enabled", "attributes": {"objectType": "SubscribedSku"}}
    return {**units, "productSku": product, **rest}


def follow_product(ctx: Context, subscription: Subscription, before: JsonDict) -> None:
    """Give a subscription that became another product its name and links; a nickname stays."""
    body = subscription.body
    offer = str(body.get("offerId") or "")
    sku = ctx.store.sku_of(offer)
    if offer == before.get("offerId") or sku is None:
        return
    if body.get("friendlyName") == body.get("offerName"):
        body["friendlyName"] = sku.get("title")
    body["offerName"] = sku.get("title")
    product, sku_id, availability = offer.split(":")
    customer = ctx.store.customers.get(subscription.customer_id.lower()) or {}
    address = (customer.get("billingProfile") or {}).get("defaultAddress") or {}
    country = address.get("country") or ctx.store.partner.get("country", "US")
    base = f"/products/{product}"
    body["links"] = {
        **(body.get("links") or {}),
        "product": link(f"{base}?country={country}"),
        "sku": link(f"{base}/skus/{sku_id}?country={country}"),
        "availability": link(f"{base}/skus/{sku_id}/availabilities/{availability}?country={country}"),
    }


_UNITS = {
    "active": "activeUnits",
    "expired": "warningUnits",
    "suspended": "suspendedUnits",
    "disabled": "suspendedUnits",
}
