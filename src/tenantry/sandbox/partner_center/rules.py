"""The checks of a PATCH in the order of the reference (section 12, steps 1 to 6, read 2026-11)."""

from __future__ import annotations

import time

from tenantry.sandbox.partner_center.bodies import section
from tenantry.sandbox.partner_center.call import Call, hidden_of
from tenantry.sandbox.partner_center.errors import RefusalError
from tenantry.sandbox.partner_center.kinds import Kind, is_trial, kind_of, seat_limits
from tenantry.sandbox.partner_center.schedule import check_schedule
from tenantry.sandbox.partner_center.wish import Part, Wish
from tenantry.sandbox.store import Subscription
from tenantry.sandbox.wire import parse_moment

_PROMOTION_WORDS = (
    "This subscription has a discount applied and the desired quantity is not within minimum and maximum allowed "
    "quantity"
)
_PENDING_CODES = {"operation": 900278, "transfer": 900104, "not_ready": 800082}
_WITHOUT_SEATS = frozenset({Kind.AZURE_PLAN, Kind.AZURE_LEGACY, Kind.OTHER, Kind.PERPETUAL})
_WITHOUT_STATUS = frozenset({Kind.SOFTWARE, Kind.PERPETUAL, Kind.OTHER})
_TRIED_WHILE_RENEWING = frozenset({Part.QUANTITY, Part.PARTNER, Part.NAME})
_CREDIT_CHECKED = frozenset({Kind.NCE, Kind.SOFTWARE, Kind.MARKETPLACE})


def check_etag(call: Call, subscription: Subscription) -> None:
    """Refuse a stale etag (2055); resources without one cannot be guarded so."""
    sent = call.exchange.header("if-match")
    if sent is None:
        return
    current = (subscription.body.get("attributes") or {}).get("etag")
    if current is None:
        call.doubt("If-Match on a subscription without etag: not looked at")
    elif sent.strip().removeprefix("W/").strip('"') not in {current, "*"}:
        raise RefusalError(2055)


def check_kind(call: Call, subscription: Subscription, wish: Wish) -> None:
    """Refuse what this kind of subscription never allows."""
    kind = kind_of(subscription)
    trial = is_trial(subscription)
    if Part.QUANTITY in wish.parts:
        if trial or kind in _WITHOUT_SEATS:
            raise RefusalError(800095)
        if subscription.hidden.get("seats_fixed"):
            raise RefusalError(800027)
        grows = wish.quantity > subscription.quantity and call.ctx.switches.text("software_seats_up") == "allow"
        if kind is Kind.SOFTWARE and not grows:
            raise RefusalError(800095)
        if subscription.hidden.get("software_assurance"):
            raise RefusalError(800092)
    if Part.STATUS in wish.parts:
        if trial or kind in _WITHOUT_STATUS:
            raise RefusalError(800096)
        if kind is Kind.AZURE_PLAN:
            if subscription.hidden.get("active_entitlements"):
                raise RefusalError(900115)
            if wish.status not in {"suspended", "active"}:
                raise RefusalError(800096)
    if Part.PLAN in wish.parts:
        raise RefusalError(2054 if kind is Kind.LEGACY else 800097)
    if Part.PARTNER in wish.parts and kind in {Kind.OTHER, Kind.PERPETUAL}:
        raise RefusalError(800098)


def check_status(call: Call, subscription: Subscription, wish: Wish) -> None:
    """Refuse what the present status, or something under way, does not allow."""
    hidden, status = subscription.hidden, str(subscription.body.get("status"))
    if status == "deleted":
        raise RefusalError(2011, subscription.id)
    if status in {"expired", "disabled"}:
        raise RefusalError(900279)
    if hidden.get("expiring_until"):
        raise RefusalError(900277)
    if hidden.get("renewal_until"):
        _check_while_renewing(call, wish)
    if status == "suspended":
        if Part.QUANTITY in wish.parts:
            raise RefusalError(2001)
        if wish.parts - {Part.STATUS}:
            raise RefusalError(800091)
    if pending := hidden.get("pending"):
        raise RefusalError(_PENDING_CODES.get(str(pending.get("why")), 900278), pending.get("id", ""))
    if status == "pending" or subscription.shown_from > time.monotonic() or subscription.looks_left > 0:
        raise RefusalError(800082)
    if hidden.get("extended"):
        if Part.QUANTITY in wish.parts and call.ctx.switches.text("extended_quantity") == "refuse":
            raise RefusalError(900280)
        if wish.status == "suspended":
            raise RefusalError(900280)
    if Part.STATUS in wish.parts:
        _check_new_status(call, subscription, wish)


def _check_while_renewing(call: Call, wish: Wish) -> None:
    cancels = Part.STATUS in wish.parts and wish.status == "deleted"
    if cancels or wish.parts & _TRIED_WHILE_RENEWING:
        raise RefusalError(call.ctx.switches.whole("renewal_conflict_code"), status=409)
    if wish.parts:
        raise RefusalError(call.ctx.switches.whole("renewal_readonly_code"))


def _check_new_status(call: Call, subscription: Subscription, wish: Wish) -> None:
    status = str(subscription.body.get("status"))
    kind = kind_of(subscription)
    allowed = {
        "active": {"suspended"} if kind is Kind.LEGACY else {"suspended", "deleted"},
        "suspended": {"active"} if kind is Kind.LEGACY else {"active", "deleted"},
    }
    if wish.status not in allowed.get(status, set()):
        raise RefusalError(800040, wish.status, status)
    if wish.status == "deleted" and not subscription.hidden.get("extended"):
        until = subscription.body.get("cancellationAllowedUntilDate")
        if until is None or parse_moment(until) <= call.now:
            code = call.ctx.switches.whole("cancel_closed_code")
            raise RefusalError(code, _window_words(call, in_days=code == 900117))
    if wish.status == "active" and (parent := subscription.body.get("parentSubscriptionId")):
        above = call.ctx.store.subscriptions[subscription.customer_id.lower()].get(str(parent).lower())
        if above is not None and above.body.get("status") != "active":
            raise RefusalError(27009)


def check_quantity(call: Call, subscription: Subscription, wish: Wish) -> None:
    """Refuse a number of seats that is out of bounds, not paid for, or beyond what may be returned."""
    smallest, largest = seat_limits(call.ctx.store, subscription)
    if wish.quantity > subscription.quantity:
        _check_increase(call, subscription, wish.quantity, largest)
    elif wish.quantity < max(1, smallest):
        raise RefusalError(2002)
    elif kind_of(subscription) is Kind.NCE and not subscription.hidden.get("extended"):
        _check_decrease(call, subscription, subscription.quantity - wish.quantity)


def _check_increase(call: Call, subscription: Subscription, quantity: int, largest: int) -> None:
    hidden, customer = subscription.hidden, hidden_of(call.customer())
    if quantity > largest:
        if hidden.get("promotion"):
            raise RefusalError(2002, description=_PROMOTION_WORDS)
        raise RefusalError(call.ctx.switches.whole("seats_up_code"))
    if call.ctx.switches.on("integration_sandbox") and quantity > 25:
        raise RefusalError(800018)
    if kind_of(subscription) in _CREDIT_CHECKED:
        check_customer_may_buy(customer)


def check_customer_may_buy(hidden: dict[str, object]) -> None:
    """Refuse a transaction for a customer without credit, validation or agreement."""
    if hidden.get("credit") is False:
        raise RefusalError(800023)
    status = hidden.get("validation_status", "Allowed")
    if status in {"UnderReview", "Unknown"}:
        raise RefusalError(800073)
    if status == "NotAllowed":
        raise RefusalError(800075)
    if hidden.get("locked"):
        raise RefusalError(900416)
    if hidden.get("agreement") is False:
        raise RefusalError(13605)


def _check_decrease(call: Call, subscription: Subscription, fewer: int) -> None:
    refundable = sum(lot.quantity for lot in subscription.lots if lot.until > call.now)
    if fewer > refundable:
        code = call.ctx.switches.whole("seats_down_code" if refundable else "seats_down_closed_code")
        raise RefusalError(code, _window_words(call, in_days=code == 900257))


def check_rest(call: Call, subscription: Subscription, wish: Wish) -> None:
    """Refuse renewing what cannot renew, schedules that cannot be, and one update too many."""
    body = subscription.body
    if Part.AUTO_RENEW in wish.parts and wish.auto_renew and not _renewable(call, subscription):
        raise RefusalError(800093)
    if Part.SCHEDULE in wish.parts:
        if wish.next_term != body.get("scheduledNextTermInstructions"):
            check_schedule(call, subscription, wish.next_term, None)
            _need_auto_renew(call, wish, wish.next_term is not None)
        check_schedule(call, subscription, None, wish.actions)
        renews = any(action.get("actionType") in {"RenewToNewTerm", "Transition"} for action in wish.actions or [])
        _need_auto_renew(call, wish, renews)
    if Part.NEXT_CHARGE in wish.parts and wish.next_charge is not None:
        product = section(wish.next_charge, "product") or {}
        change = {str(body.get("billingCycle")).lower(), str(product.get("billingCycle")).lower()}
        term = str(product.get("termDuration") or "P3Y").upper()
        if body.get("termDuration") != "P3Y" or term != "P3Y" or change != {"monthly", "annual"}:
            raise RefusalError(800097)
    if wish.parts and int(subscription.hidden.get("updates", 0)) >= call.ctx.switches.whole("update_limit"):
        raise RefusalError(900311)


def _need_auto_renew(call: Call, wish: Wish, renews: bool) -> None:
    if renews and not wish.auto_renew and call.ctx.switches.text("schedule_without_auto_renew") == "refuse":
        raise RefusalError(800002, description="Invalid request input: scheduled changes need autoRenewEnabled.")


def _renewable(call: Call, subscription: Subscription) -> bool:
    if subscription.hidden.get("renewable") is False:
        return False
    if is_trial(subscription):
        return True  # it does not renew as a trial, it becomes what its instructions say
    product, _, rest = str(subscription.body.get("offerId") or "").upper().partition(":")
    sku, _, availability = rest.partition(":")
    found = call.ctx.store.availabilities.get((product, sku, availability))
    return found is None or found.get("isRenewable") is not False


def _window_words(call: Call, *, in_days: bool) -> int:
    hours = int(call.ctx.switches.number("return_window_hours"))
    return hours // 24 if in_days else hours
