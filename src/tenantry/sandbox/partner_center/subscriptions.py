"""Subscriptions but for their PATCH: all of a customer, one, and what hangs on one (reference 4.4, 4.9)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from tenantry.sandbox.answer import JSON_TYPE, Answer
from tenantry.sandbox.faults import FaultKind
from tenantry.sandbox.partner_center import terms
from tenantry.sandbox.partner_center.bodies import canonical, word
from tenantry.sandbox.partner_center.call import DIRECTORY_READERS, Call, collection
from tenantry.sandbox.partner_center.errors import RefusalError
from tenantry.sandbox.partner_center.kinds import Kind, kind_of
from tenantry.sandbox.partner_center.patching import visible
from tenantry.sandbox.partner_center.records import entra_sku_of
from tenantry.sandbox.partner_center.schedule import can_be_followed
from tenantry.sandbox.store import Subscription
from tenantry.sandbox.wire import JsonDict, encode, link, parse_moment


def list_subscriptions(call: Call) -> Answer:
    """List every subscription of a customer, ended ones included; no paging."""
    customer = call.customer()
    subscriptions: Iterable[Subscription] = call.ctx.store.of_customer(customer["id"])
    if order := call.query.get("order_id"):
        subscriptions = [one for one in subscriptions if str(one.body.get("orderId")).lower() == order.lower()]
    if partner := call.query.get("mpn_id"):
        subscriptions = [one for one in subscriptions if one.body.get("partnerId") == partner]
    return _list(call, subscriptions, f"/customers/{customer['id']}/subscriptions")


def list_addons(call: Call) -> Answer:
    """List the legacy add-ons of a subscription."""
    parent = call.subscription()
    children = [
        one
        for one in call.ctx.store.of_customer(parent.customer_id)
        if str(one.body.get("parentSubscriptionId") or "").lower() == parent.id.lower()
    ]
    return _list(call, children, f"/customers/{parent.customer_id}/subscriptions/{parent.id}/addons")


def _list(call: Call, subscriptions: Iterable[Subscription], uri: str) -> Answer:
    stale = _stale_writes(call)
    items = [visible(one, stale) for one in subscriptions]
    head = b'{"totalCount":%d,"items":[' % len(items)
    tail = b'],"links":{"self":%s},"attributes":{"objectType":"Collection"}}' % encode(link(uri))
    return Answer(200, head + b",".join(items) + tail, JSON_TYPE)


def get_subscription(call: Call) -> Answer:
    """Give one subscription."""
    return Answer(200, visible(call.subscription(), _stale_writes(call)), JSON_TYPE)


def _stale_writes(call: Call) -> int:
    fault = call.ctx.faults.take(FaultKind.STALE, call.exchange)
    return fault.writes if fault else 0


def get_provisioning_status(call: Call) -> Answer:
    """Tell how far the directory has followed a subscription; needs a reader's role there."""
    subscription = call.subscription()
    call.need_directory_role(DIRECTORY_READERS)
    sku = entra_sku_of(call.ctx, subscription.body)
    if sku is None:
        raise RefusalError(1000)
    body = {
        "skuId": sku,
        "status": subscription.hidden.get("provisioning", "success"),
        "quantity": subscription.quantity,
        "endDate": subscription.body.get("commitmentEndDate"),
        "attributes": {"objectType": "SubscriptionProvisioningStatus"},
    }
    return Answer.json(body)


def get_support_contact(call: Call) -> Answer:
    """Give the support contact of a subscription: the partner itself, until another one was put."""
    subscription = call.subscription()
    partner = call.ctx.store.partner
    body = subscription.hidden.get("support_contact") or {
        "supportTenantId": partner["tenant_id"],
        "supportMpnId": partner.get("mpn_id", ""),
        "name": partner.get("name", ""),
    }
    uri = f"/customers/{subscription.customer_id}/subscriptions/{subscription.id}/supportcontact"
    return Answer.json({**body, "links": {"self": link(uri)}, "attributes": {"objectType": "SupportContact"}})


def put_support_contact(call: Call) -> Answer:
    """Put the support contact of a subscription: tenant, MPN id and name of the partner or one of its resellers."""
    subscription = call.subscription()
    body: JsonDict = canonical(call.json_object())
    contact = {name: word(body, name) or "" for name in ("supportTenantId", "supportMpnId", "name")}
    if not contact["supportTenantId"]:
        raise RefusalError(800002, description="Invalid request input: supportTenantId is needed.")
    subscription.hidden["support_contact"] = contact
    call.exchange.acted = True
    call.ctx.save()
    return get_support_contact(call)


def list_activation_links(call: Call) -> Answer:
    """List where a marketplace subscription is activated at its publisher's; other kinds have no such link."""
    subscription = call.subscription()
    uri = f"/customers/{subscription.customer_id}/subscriptions/{subscription.id}/activationlinks"
    return Answer.json(collection(activation_links(subscription), uri))


def activation_links(subscription: Subscription) -> list[JsonDict]:
    """Give the activation links of a subscription, none but for the marketplace."""
    if kind_of(subscription) is not Kind.MARKETPLACE:
        return []
    return [{"link": link(f"https://publisher.example/activate/{subscription.id}")}]


def get_registration_status(call: Call) -> Answer:
    """Tell whether a subscription is registered for Azure reservations: as the world says, else registered."""
    subscription = call.subscription()
    body = {
        "subscriptionId": subscription.id,
        "status": subscription.hidden.get("registration", "registered"),
        "attributes": {"objectType": "SubscriptionRegistrationStatus"},
    }
    return Answer.json(body)


def list_custom_end_dates(call: Call) -> Answer:
    """List the dates that a new term of a length may be aligned to."""
    customer = call.customer()
    duration = call.query.get("term_duration", "").upper()
    if duration not in terms.MONTHS_OF_TERM:
        raise RefusalError(800002, description="Invalid request input: term_duration is needed.")
    start = _start_date(call)
    last = terms.term_end(start, terms.MONTHS_OF_TERM[duration])
    items: list[dict[str, object]] = [
        {
            "allowedCustomTermEndDateType": "calendarMonthAligned",
            "allowedCustomTermEndDate": _day(day),
        }
        for day in _month_ends(start, last)
    ]
    target = call.query.get("target_coterm_subscription_id", "").lower()
    others = [one.body for one in can_be_followed(call, customer["id"]) if not target or one.id.lower() == target]
    ends = terms.aligned_ends(duration, start, last, others)
    items += [
        {
            "allowedCustomTermEndDateType": "subscriptionAligned",
            "cotermSubscriptionIds": ids,
            "allowedCustomTermEndDate": _day(day),
        }
        for day, ids in sorted(ends.items())
    ]
    uri = f"/customers/{customer['id']}/subscriptions/customTermEndDates?term_duration={duration}"
    return Answer.json(collection(items, uri))


def _start_date(call: Call) -> date:
    text = call.query.get("term_start_date")
    if not text:
        return call.now.date()
    try:
        start: datetime = parse_moment(text)
    except ValueError:
        raise RefusalError(800002, description="Invalid request input: term_start_date is not a date.") from None
    if start.date() < call.now.date():
        raise RefusalError(800002, description="Invalid request input: term_start_date is in the past.")
    if start.year >= terms.NO_END:
        raise RefusalError(800002, description="Invalid request input: term_start_date is too far ahead.")
    return start.date()


def _month_ends(start: date, last: date) -> list[date]:
    ends = []
    day = start.replace(day=terms.last_day(start.year, start.month))
    while day <= last:
        ends.append(day)
        following = day + timedelta(days=1)
        day = following.replace(day=terms.last_day(following.year, following.month))
    return ends


def _day(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"
