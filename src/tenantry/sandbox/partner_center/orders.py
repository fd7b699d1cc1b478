"""Reads of orders (reference 4.11)."""

from __future__ import annotations

from tenantry.sandbox.answer import Answer
from tenantry.sandbox.partner_center.call import Call, collection, shown
from tenantry.sandbox.partner_center.errors import RefusalError
from tenantry.sandbox.partner_center.records import is_visible
from tenantry.sandbox.partner_center.subscriptions import activation_links
from tenantry.sandbox.wire import JsonDict


def list_orders(call: Call) -> Answer:
    """List the orders of a customer; a new one may be missing for as long as the switches say."""
    customer = call.customer()
    lag = call.ctx.switches.number("orders_lag_seconds")
    orders = [one for one in call.ctx.store.orders.get(str(customer["id"]).lower(), []) if is_visible(one, lag)]
    if cycle := call.query.get("billingtype"):
        orders = [one for one in orders if str(one.get("billingCycle")).lower() == cycle.lower()]
    return Answer.json(collection([_shown(call, one) for one in orders], f"/customers/{customer['id']}/orders"))


def get_order(call: Call) -> Answer:
    """Give one order."""
    return Answer.json(_shown(call, _order(call)))


def get_order_provisioning(call: Call) -> Answer:
    """Tell how far each line of an order is provisioned."""
    items: list[JsonDict] = [
        {
            "lineItemNumber": line.get("lineItemNumber", 0),
            "status": "fulfilled",
            "quantityProvisioningInformation": [{"quantity": line.get("quantity", 0), "status": "fulfilled"}],
        }
        for line in _order(call).get("lineItems") or []
    ]
    return Answer.json(collection(items))


def list_activation_links(call: Call) -> Answer:
    """List where the subscription of an order's line is activated; only marketplace ones have such a link."""
    order = _order(call)
    for line in order.get("lineItems") or []:
        if str(line.get("lineItemNumber", 0)) == call.params["line"]:
            many = call.ctx.store.subscriptions.get(str(call.customer()["id"]).lower(), {})
            subscription = many.get(str(line.get("subscriptionId")).lower())
            return Answer.json(collection(activation_links(subscription) if subscription else []))
    raise RefusalError(1000)


def _order(call: Call) -> JsonDict:
    wanted = call.params["order"].lower()
    for one in call.ctx.store.orders.get(str(call.customer()["id"]).lower(), []):
        if wanted in {str(one["id"]).lower(), str(one.get("alternateId")).lower()}:
            return one
    raise RefusalError(20000)


def _shown(call: Call, order: JsonDict) -> JsonDict:
    """Leave prices out unless they are asked for."""
    body = shown(order)
    if call.query.get("include_price", "").lower() != "true":
        body.pop("totalPrice", None)
        body["lineItems"] = [
            {key: value for key, value in line.items() if key != "pricing"} for line in body.get("lineItems") or []
        ]
    return body
