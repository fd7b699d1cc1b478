"""PATCH of a subscription: the write that everything is about."""

from __future__ import annotations

import base64
import json
import time
from copy import deepcopy
from datetime import datetime

from tenantry.sandbox.answer import JSON_TYPE, Answer
from tenantry.sandbox.context import Context
from tenantry.sandbox.faults import FaultKind
from tenantry.sandbox.partner_center import happenings, rules
from tenantry.sandbox.partner_center.call import Call
from tenantry.sandbox.partner_center.errors import RefusalError
from tenantry.sandbox.partner_center.kinds import Kind, is_trial, kind_of
from tenantry.sandbox.partner_center.lifecycle import Timetable
from tenantry.sandbox.partner_center.records import add_order, audit_call, audit_change, count_licences
from tenantry.sandbox.partner_center.schedule import drop_schedules, without_renewals
from tenantry.sandbox.partner_center.wish import Part, Wish, read_wish
from tenantry.sandbox.store import Store, Subscription
from tenantry.sandbox.wire import JsonDict, iso, parse_moment

_TOLD = ("quantity", "status", "autoRenewEnabled", "scheduledActions", "scheduledNextTermInstructions")


def patch_subscription(call: Call) -> Answer:
    """Change a subscription, or refuse with the first reason in the order of the reference's section 12."""
    subscription = call.subscription()
    call.exchange.before_quantity = call.exchange.after_quantity = subscription.quantity
    try:
        wish = read_wish(call, subscription)
        if call.ctx.faults.take(FaultKind.CONFLICT, call.exchange):
            raise RefusalError(call.ctx.switches.whole("renewal_conflict_code"), status=409)
        _check(call, subscription, wish)
    except RefusalError:
        if call.ctx.switches.on("audit_failed"):
            audit_call(call, subscription, subscription.as_wire(), status="failed")
        raise
    dropped = call.ctx.faults.take(FaultKind.ACCEPT_AND_DROP, call.exchange)
    if wish.parts and not dropped:
        _apply(call, subscription, wish)
        call.exchange.acted = True
        call.exchange.after_quantity = subscription.quantity
        call.ctx.save()
    call.exchange.after = deepcopy({name: subscription.body.get(name) for name in _TOLD})
    if dropped:
        return _accepted(call, subscription)
    if call.ctx.switches.whole("patch_status") == 202:
        if wish.parts:
            subscription.shown_from = time.monotonic() + call.ctx.switches.number("patch_202_seconds")
            subscription.looks_left = call.ctx.switches.whole("patch_202_looks")
        return _accepted(call, subscription)
    return Answer(200, subscription.encoded(), JSON_TYPE)


def _check(call: Call, subscription: Subscription, wish: Wish) -> None:
    rules.check_etag(call, subscription)
    rules.check_kind(call, subscription, wish)
    rules.check_status(call, subscription, wish)
    if Part.QUANTITY in wish.parts:
        rules.check_quantity(call, subscription, wish)
    rules.check_rest(call, subscription, wish)


def _accepted(call: Call, subscription: Subscription) -> Answer:
    answer = Answer(202)
    if call.ctx.switches.on("patch_202_body"):
        answer = Answer(202, subscription.encoded(), JSON_TYPE)
    answer.headers.append(("location", f"/customers/{subscription.customer_id}/subscriptions/{subscription.id}"))
    return answer


def _apply(call: Call, subscription: Subscription, wish: Wish) -> None:
    body, hidden = subscription.body, subscription.hidden
    subscription.remember()
    before = dict(subscription.as_wire())
    if wish.name is not None:
        body["friendlyName"] = wish.name
    if wish.partner_id is not None:
        body["partnerId"] = wish.partner_id
    _put(body, "nextChargeInstructions", wish.next_charge)
    _apply_term_end(call, subscription, wish)
    if Part.QUANTITY in wish.parts:
        delta = wish.quantity - subscription.quantity
        set_seats(call.ctx, subscription, wish.quantity, call.now)
        add_order(call.ctx, subscription, call.now, delta)
        if call.ctx.switches.text("schedule_in_quantity_patch") == "keep":
            _apply_term_end(call, subscription, wish)
        elif Part.SCHEDULE in wish.parts and (wish.next_term or wish.actions):
            call.exchange.doubt("a schedule sent together with a new quantity is dropped")
    if Part.STATUS in wish.parts:
        _apply_status(subscription, wish.status, call.now)
    if Part.AUTO_RENEW in wish.parts and wish.auto_renew and hidden.get("extended"):
        _leave_extended_term(call, subscription)
    finish_change(call.ctx, call.timetable, subscription, before)
    audit_call(call, subscription, before)


def _apply_term_end(call: Call, subscription: Subscription, wish: Wish) -> None:
    body = subscription.body
    body["autoRenewEnabled"] = wish.auto_renew
    keeps = wish.auto_renew or is_trial(subscription)  # a trial always says what it would become
    _put(body, "scheduledNextTermInstructions", wish.next_term if keeps else None)
    _put(body, "scheduledActions", wish.actions if wish.auto_renew else without_renewals(wish.actions))


def _put(body: JsonDict, name: str, value: object) -> None:
    if value is None:
        body.pop(name, None)
    else:
        body[name] = value


def _apply_status(subscription: Subscription, status: str, now: datetime) -> None:
    body, hidden = subscription.body, subscription.hidden
    if status == "deleted":
        happenings.delete(subscription, now)
    elif status == "suspended":
        body["status"] = "suspended"
        body["autoRenewEnabled"] = False
        drop_schedules(subscription)
        if kind_of(subscription) is Kind.LEGACY:
            hidden["suspended_at"] = iso(now)
    else:
        body["status"] = "active"
        body.pop("suspensionReasons", None)
        hidden.pop("suspended_at", None)


def _leave_extended_term(call: Call, subscription: Subscription) -> None:
    """Let a subscription in the extended term renew: at the end of its month, or at once (a switch).

    What was scheduled for the new term stays; the action that shows the extended term goes.
    """
    body = subscription.body
    left = [one for one in body.get("scheduledActions") or [] if one.get("actionType") != "RenewToExtendedServiceTerm"]
    _put(body, "scheduledActions", left or None)
    if call.ctx.switches.text("extended_renew") == "now":
        happenings.queue(subscription, call.now, call.ctx.switches)


def set_seats(ctx: Context, subscription: Subscription, quantity: int, now: datetime) -> None:
    """Set the number of seats: lots follow, and every scheduled change is dropped (reference 6.2, 6.5)."""
    delta = quantity - subscription.quantity
    subscription.body["quantity"] = quantity
    drop_schedules(subscription)
    if kind_of(subscription) is not Kind.NCE:
        return
    if delta > 0:
        happenings.open_window(subscription, delta, now, ctx.switches)
    else:
        take_from_lots(subscription, -delta, newest_first=ctx.switches.text("lot_order") == "newest")


def take_from_lots(subscription: Subscription, seats: int, *, newest_first: bool) -> None:
    """Give seats back out of the open lots; more than they hold only shortens them to nothing."""
    in_order = sorted(subscription.lots, key=lambda lot: lot.until)
    for lot in reversed(in_order) if newest_first else in_order:
        taken = min(seats, lot.quantity)
        lot.quantity -= taken
        seats -= taken
    subscription.lots = [lot for lot in subscription.lots if lot.quantity > 0]


def finish_change(ctx: Context, timetable: Timetable, subscription: Subscription, before: JsonDict) -> None:
    """Do what follows every change: count it, renew the etag, move the licence counts, plan the next event."""
    hidden = subscription.hidden
    hidden["updates"] = int(hidden.get("updates", 0)) + 1
    hidden["version"] = int(hidden.get("version", 1)) + 1
    give_etag(subscription)
    subscription.touch()
    count_licences(ctx, subscription, before)
    timetable.plan(subscription)


def give_etag(subscription: Subscription) -> None:
    """Write the etag of a legacy subscription; new-commerce ones have none."""
    if kind_of(subscription) is Kind.LEGACY:
        mark = {"id": subscription.id.lower(), "version": int(subscription.hidden.get("version", 1))}
        etag = base64.b64encode(json.dumps(mark, separators=(",", ":")).encode()).decode()
        subscription.body["attributes"] = {**(subscription.body.get("attributes") or {}), "etag": etag}


def change_behind_our_back(ctx: Context, timetable: Timetable, subscription: Subscription, quantity: int) -> None:
    """Let somebody else at the partner set the number of seats, in Microsoft's own pages."""
    if quantity == subscription.quantity or quantity < 1:
        return
    now = ctx.clock.now()
    subscription.remember()
    before = dict(subscription.as_wire())
    delta = quantity - subscription.quantity
    set_seats(ctx, subscription, quantity, now)
    add_order(ctx, subscription, now, delta)
    finish_change(ctx, timetable, subscription, before)
    domain = ctx.store.partner.get("domain", "partner.example")
    audit_change(ctx, subscription, now, before, user=f"somebody.else@{domain}", application="Partner Center")
    ctx.save()


def visible(subscription: Subscription, stale_writes: int = 0) -> bytes:
    """Give the JSON that a read sees: usually the newest; an older one after a 202, or where it is to be stale."""
    kept = subscription.snapshots
    if stale_writes and kept:
        return kept[-min(stale_writes, len(kept))]
    if subscription.looks_left > 0:
        subscription.looks_left -= 1
        return kept[-1]
    if subscription.shown_from > time.monotonic():
        return kept[-1]
    return subscription.encoded()


def settle_store(store: Store, now: datetime) -> None:
    """Bring freshly loaded subscriptions into order: windows closed, etags written, trials instructed."""
    for subscription in store.all_subscriptions():
        if subscription.hidden.get("still"):
            continue
        give_etag(subscription)
        product = subscription.hidden.get("trial_converts_to")
        if product and is_trial(subscription):
            instructions = {"product": product, "quantity": subscription.quantity}
            subscription.body.setdefault("scheduledNextTermInstructions", instructions)
        subscription.lots = [lot for lot in subscription.lots if lot.until > now]
        until = subscription.body.get("cancellationAllowedUntilDate")
        if until and parse_moment(until) <= now:
            del subscription.body["cancellationAllowedUntilDate"]
