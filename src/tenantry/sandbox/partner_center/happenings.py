"""What becomes of a subscription at the moments that the timetable finds (reference 6.2 to 6.7, read 2026-11).

Each function changes one subscription as of a moment; the timetable decides when.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from tenantry.sandbox.partner_center import terms
from tenantry.sandbox.partner_center.kinds import Kind, is_trial, kind_of
from tenantry.sandbox.store import Lot, Subscription
from tenantry.sandbox.switches import Switches
from tenantry.sandbox.wire import JsonDict, iso, parse_moment

EXPIRED_DAYS = 30
DISABLED_DAYS = 90


class TermEnd(StrEnum):
    """The three ways out of a term."""

    RENEW = "renew"
    EXPIRE = "expire"
    EXTEND = "extend"


def schedule_type(action: JsonDict) -> str:
    """Tell when an action is due, under whichever name it says so."""
    return str(action.get("scheduleType") or action.get("scheduledType") or "TermEnd")


# -- at the end of a term -----------------------------------------------------------------------------------------


def decide_term_end(subscription: Subscription, switches: Switches) -> TermEnd:
    """Decide how a subscription's term ends, as things stand."""
    body = subscription.body
    if kind_of(subscription) is not Kind.NCE:
        return TermEnd.RENEW if body.get("autoRenewEnabled") else TermEnd.EXPIRE
    for action in body.get("scheduledActions") or []:
        if schedule_type(action).lower() == "termend":
            wish = str(action.get("actionType")).lower()
            if wish == "cancel":
                return TermEnd.EXPIRE
            if wish == "renewtoextendedserviceterm":
                return TermEnd.EXTEND
    if body.get("autoRenewEnabled"):
        return TermEnd.RENEW
    if is_trial(subscription) or switches.text("end_without_choice") == "expired":
        return TermEnd.EXPIRE
    end = terms.end_moment(body)
    last_day = (end - timedelta(days=1)).date() if end else date.max
    begun = parse_moment(body["effectiveStartDate"]).date() if body.get("effectiveStartDate") else date.max
    if last_day < date.fromisoformat(switches.text("extended_since")):
        return TermEnd.EXPIRE
    if begun < date.fromisoformat(switches.text("extended_bought_since")):
        return TermEnd.EXPIRE
    return TermEnd.EXTEND


def end_term(subscription: Subscription, at: datetime, switches: Switches) -> None:
    """End a term in the way that is decided; a suspended subscription is disabled instead."""
    if subscription.body.get("status") == "suspended":
        # Suspended at the end of the term: thirty days disabled in place of expired, then ninety more.
        _enter(subscription, "disabled", at)
        subscription.hidden["disabled_days"] = EXPIRED_DAYS + DISABLED_DAYS
        return
    way = decide_term_end(subscription, switches)
    if way is TermEnd.RENEW:
        queue(subscription, at, switches)
    elif way is TermEnd.EXTEND:
        _extend(subscription, at, switches)
    else:
        wait = switches.number("expiring_seconds")
        if wait > 0:
            subscription.hidden["expiring_until"] = iso(at + timedelta(seconds=wait))
        else:
            expire(subscription, at, switches)


def queue(subscription: Subscription, at: datetime, switches: Switches) -> None:
    """Queue the renewal of a subscription whose new term starts at a moment."""
    subscription.hidden["renewal_start"] = iso(at)
    wait = switches.number("renewal_seconds")
    if wait > 0:
        subscription.hidden["renewal_until"] = iso(at + timedelta(seconds=wait))
    else:
        renew(subscription, at, switches)


def renew(subscription: Subscription, at: datetime, switches: Switches) -> None:
    """Complete a renewal: the new term counts from the day after the old one, the window from this moment."""
    body, hidden = subscription.body, subscription.hidden
    hidden.pop("renewal_until", None)
    start = parse_moment(hidden.pop("renewal_start", iso(at)))
    instructions = next_term(body)
    _start_charge(subscription)
    extended = hidden.pop("extended", None)
    if extended:
        body["termDuration"], body["billingCycle"] = extended["term"], extended["billing_cycle"]
    apply_instructions(subscription, instructions)
    if is_trial(subscription):
        body["isTrial"] = False
    body.pop("scheduledNextTermInstructions", None)
    body.pop("scheduledActions", None)
    months = terms.MONTHS_OF_TERM.get(str(body.get("termDuration") or "P1Y"), 12)
    last = terms.term_end(start.date(), months)
    body.pop("customTermEndDate", None)  # of the term that is over
    if instructions.get("customTermEndDate"):
        last = parse_moment(instructions["customTermEndDate"]).date()
        body["customTermEndDate"] = instructions["customTermEndDate"]
    body["effectiveStartDate"] = iso(start)
    body["autoRenewEnabled"] = True
    terms.write_end(body, last)
    cycle = terms.MONTHS_OF_CYCLE.get(str(body.get("billingCycle") or "").lower(), months)
    terms.write_cycle_end(body, terms.cycle_end(start.date(), cycle, start.date(), last))
    if kind_of(subscription) is Kind.NCE:
        open_window(subscription, subscription.quantity, at, switches, replace=True)


def open_window(
    subscription: Subscription, quantity: int, at: datetime, switches: Switches, *, replace: bool = False
) -> None:
    """Open a return window for seats that were bought, or for all seats of a term that has just begun."""
    until = at + timedelta(hours=switches.number("return_window_hours"))
    if replace:
        subscription.lots = [Lot(quantity, until)]
        subscription.body["cancellationAllowedUntilDate"] = iso(until)
        subscription.body["refundOptions"] = [{"type": "Full", "expiresAt": iso(at + timedelta(days=1))}]
    else:
        subscription.lots.append(Lot(quantity, until))


def next_term(body: JsonDict) -> JsonDict:
    """Give the instructions for the next term, of whichever generation; empty where there are none."""
    for action in body.get("scheduledActions") or []:
        if str(action.get("actionType")).lower() in {"renewtonewterm", "transition"}:
            return action.get("instructions") or {}
    return body.get("scheduledNextTermInstructions") or {}


def apply_instructions(subscription: Subscription, instructions: JsonDict) -> None:
    """Write product, plan and quantity of instructions into a subscription."""
    body = subscription.body
    product = instructions.get("product") or {}
    if product.get("productId") and product.get("skuId") and product.get("availabilityId"):
        body["offerId"] = f"{product['productId']}:{product['skuId']}:{product['availabilityId']}"
    if product.get("termDuration"):
        body["termDuration"] = str(product["termDuration"]).upper()
    if product.get("billingCycle"):
        body["billingCycle"] = str(product["billingCycle"]).lower()
    if product.get("promotionId"):
        body["promotionId"] = product["promotionId"]
    if instructions.get("quantity"):
        body["quantity"] = int(instructions["quantity"])


def _extend(subscription: Subscription, at: datetime, switches: Switches) -> None:
    """Roll into the extended service term, or one month further in it."""
    body, hidden = subscription.body, subscription.hidden
    if "extended" not in hidden:
        monthly = hidden.get("monthly_plan", True)
        percent = switches.whole("extended_percent" if monthly else "extended_percent_no_monthly")
        hidden["extended"] = {
            "since": iso(at),
            "percent": percent,
            "anchor": at.date().isoformat(),
            "months": 0,
            "term": body.get("termDuration"),
            "billing_cycle": body.get("billingCycle"),
        }
        if switches.text("extended_shown") == "monthly_term":
            body["termDuration"] = "P1M"
        else:
            key = switches.text("schedule_type_key")
            body["scheduledActions"] = [{key: "TermEnd", "actionType": "RenewToExtendedServiceTerm"}]
    extended = hidden["extended"]
    extended["months"] += 1
    body.pop("scheduledNextTermInstructions", None)
    body["autoRenewEnabled"] = False
    body["billingCycle"] = "monthly"
    last = terms.term_end(date.fromisoformat(extended["anchor"]), extended["months"])
    terms.write_end(body, last)
    terms.write_cycle_end(body, last)


def end_extended_month(subscription: Subscription, at: datetime, switches: Switches) -> None:
    """End a month of the extended term: renew, expire, or go on for another month."""
    body = subscription.body
    wishes = {str(action.get("actionType")).lower() for action in body.get("scheduledActions") or []}
    if body.get("autoRenewEnabled"):
        queue(subscription, at, switches)
    elif "cancel" in wishes:
        expire(subscription, at, switches)
    else:
        _extend(subscription, at, switches)


# -- after the end ------------------------------------------------------------------------------------------------


def _enter(subscription: Subscription, status: str, at: datetime) -> None:
    body, hidden = subscription.body, subscription.hidden
    body["status"] = status
    body["autoRenewEnabled"] = False
    for name in ("scheduledNextTermInstructions", "scheduledActions", "cancellationAllowedUntilDate"):
        body.pop(name, None)
    for name in ("extended", "suspended_at"):
        hidden.pop(name, None)
    hidden["ended_at"] = iso(at)
    subscription.lots.clear()


def delete(subscription: Subscription, at: datetime) -> None:
    """Put a subscription into its final state."""
    _enter(subscription, "deleted", at)
    subscription.body.pop("nextChargeInstructions", None)


def expire(subscription: Subscription, at: datetime, switches: Switches) -> None:
    """Let a subscription expire."""
    subscription.hidden.pop("expiring_until", None)
    _enter(subscription, "expired", at)


def disable(subscription: Subscription, at: datetime, switches: Switches) -> None:
    """Let an expired subscription become disabled."""
    _enter(subscription, "disabled", at)


def remove(subscription: Subscription, at: datetime, switches: Switches) -> None:
    """Put a subscription into its final state, as the clock does it."""
    delete(subscription, at)


# -- smaller things -----------------------------------------------------------------------------------------------


def close_windows(subscription: Subscription, at: datetime, switches: Switches) -> None:
    """Close the return windows whose moment has come."""
    subscription.lots = [lot for lot in subscription.lots if lot.until > at]


def close_cancelling(subscription: Subscription, at: datetime, switches: Switches) -> None:
    """End the time in which cancelling is possible."""
    subscription.body.pop("cancellationAllowedUntilDate", None)


def end_pending(subscription: Subscription, at: datetime, switches: Switches) -> None:
    """End an operation that was pending."""
    subscription.hidden.pop("pending", None)
    if subscription.body.get("status") == "pending":
        subscription.body["status"] = "active"


def end_cycle(subscription: Subscription, at: datetime, switches: Switches) -> None:
    """Start the next charge cycle; a change of the billing frequency that waited for it takes effect."""
    body = subscription.body
    _start_charge(subscription)
    anchor = parse_moment(body["effectiveStartDate"]).date() if body.get("effectiveStartDate") else at.date()
    months = terms.MONTHS_OF_CYCLE.get(str(body.get("billingCycle") or "").lower(), 1)
    end = terms.end_moment(body)
    assert end is not None
    terms.write_cycle_end(body, terms.cycle_end(anchor, months, at.date(), (end - timedelta(days=1)).date()))


def _start_charge(subscription: Subscription) -> None:
    """Let a change of the billing frequency take effect that waited for the next charge."""
    waiting = subscription.body.pop("nextChargeInstructions", None) or {}
    cycle = (waiting.get("product") or {}).get("billingCycle")
    if cycle:
        apply_instructions(subscription, {"product": {"billingCycle": cycle}})


def act_on_date(subscription: Subscription, at: datetime, switches: Switches) -> None:
    """Carry out a scheduled action whose own date has come."""
    body = subscription.body
    due = [
        action
        for action in body["scheduledActions"]
        if action.get("effectiveDate") and parse_moment(action["effectiveDate"]) <= at
    ]
    left = [action for action in body["scheduledActions"] if action not in due]
    if left:
        body["scheduledActions"] = left
    else:
        del body["scheduledActions"]
    for action in due:
        if str(action.get("actionType")).lower() == "cancel":
            expire(subscription, at, switches)
            return
        apply_instructions(subscription, action.get("instructions") or {})
