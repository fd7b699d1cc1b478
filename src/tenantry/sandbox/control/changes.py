"""Changes of the world by hand: what a customer, another administrator or Microsoft would do elsewhere."""

from __future__ import annotations

from typing import Any

from tenantry.sandbox.context import Context
from tenantry.sandbox.partner_center.kinds import kind_of
from tenantry.sandbox.partner_center.lifecycle import next_event
from tenantry.sandbox.partner_center.patching import change_behind_our_back, finish_change
from tenantry.sandbox.partner_center.records import add_record, audit_change
from tenantry.sandbox.partner_center.service import PartnerCenter
from tenantry.sandbox.store import Subscription
from tenantry.sandbox.wire import JsonDict, iso, parse_moment, read_whole

_CUSTOMER = {"remove", "restore", "rename", "hidden", "body", "licences", "audit"}
_SUBSCRIPTION = {"quantity", "body", "hidden", "remove"}


def make_change(ctx: Context, partner_center: PartnerCenter, spec: dict[str, Any]) -> JsonDict:
    """Change a customer or one of its subscriptions; ValueError or KeyError says what is wrong.

    A customer: {"customer", "rename"?, "remove"?: true, "restore"?: true, "hidden"?: {}, "body"?: wire fields,
    "licences"?: [rows that its directory lists as well], "audit"?: fields of one more audit record about it}.
    A subscription: {"customer", "subscription", "quantity"?, "body"?: wire fields, "hidden"?: {}, "remove"?: true}.
    `hidden` merges into `_sandbox`; null removes a field.
    """
    wish = dict(spec)
    customer = ctx.store.customers.get(str(wish.pop("customer", "")).lower())
    if customer is None:
        raise ValueError("customer has to be the id of a customer of the world")
    wanted = wish.pop("subscription", None)
    if unknown := set(wish) - (_CUSTOMER if wanted is None else _SUBSCRIPTION):
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    if wanted is None:
        return _change_customer(ctx, customer, wish)
    many = ctx.store.subscriptions.get(str(customer["id"]).lower(), {})
    subscription = many.get(str(wanted).lower())
    if subscription is None:
        raise ValueError("subscription has to be the id of a subscription of this customer")
    if wish.get("remove"):
        del many[str(wanted).lower()]
        subscription.due = None
        return {"removed": subscription.id}
    if "quantity" in wish:
        change_behind_our_back(ctx, partner_center.timetable, subscription, read_whole(wish["quantity"]))
    if "body" in wish or "hidden" in wish:
        _rewrite(ctx, partner_center, subscription, wish)
    return subscription.dump()


def _change_customer(ctx: Context, customer: JsonDict, wish: dict[str, Any]) -> JsonDict:
    key = str(customer["id"]).lower()
    ctx.store.subscribed_skus.setdefault(key, []).extend(wish.get("licences") or [])
    if wish.get("audit"):
        add_record(ctx, {"customerId": customer["id"], "operationDate": iso(ctx.clock.now()), **wish["audit"]})
    _merge(customer, wish.get("body") or {})
    if wish.get("remove"):
        customer["relationshipToPartner"] = "none"
    if wish.get("restore"):
        customer["relationshipToPartner"] = "reseller"
    if wish.get("rename"):
        customer["companyProfile"]["companyName"] = str(wish["rename"])
        if customer.get("billingProfile"):
            customer["billingProfile"]["companyName"] = str(wish["rename"])
    if wish.get("hidden"):
        _merge(customer.setdefault("_sandbox", {}), wish["hidden"])
    return customer


def _rewrite(ctx: Context, partner_center: PartnerCenter, subscription: Subscription, wish: dict[str, Any]) -> None:
    wanted = Subscription(
        subscription.customer_id, dict(subscription.body), list(subscription.lots), dict(subscription.hidden)
    )
    _merge(wanted.body, wish.get("body") or {})
    hidden = dict(wish.get("hidden") or {})
    if "lots" in hidden:
        wanted.lots = Subscription.load(subscription.customer_id, {"id": "", "_sandbox": hidden}).lots
        del hidden["lots"]
    _merge(wanted.hidden, hidden)
    _read(wanted)
    subscription.remember()
    before = dict(subscription.as_wire())
    subscription.body, subscription.lots, subscription.hidden = wanted.body, wanted.lots, wanted.hidden
    finish_change(ctx, partner_center.timetable, subscription, before)
    audit_change(ctx, subscription, ctx.clock.now(), before, application="Partner Center")


def _read(subscription: Subscription) -> None:
    """Read what the clock will read, so that it stumbles here, where nothing has been changed yet."""
    kind_of(subscription)
    next_event(subscription)
    int(subscription.quantity)
    if begun := subscription.body.get("effectiveStartDate"):
        parse_moment(begun)


def _merge(record: JsonDict, changes: JsonDict) -> None:
    for name, value in changes.items():
        if value is None:
            record.pop(name, None)
        else:
            record[name] = value
