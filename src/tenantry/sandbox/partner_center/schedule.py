"""Scheduled changes of both generations: reading, checking, and what makes the service drop them."""

from __future__ import annotations

from tenantry.sandbox.partner_center import terms
from tenantry.sandbox.partner_center.bodies import whole, word
from tenantry.sandbox.partner_center.call import Call
from tenantry.sandbox.partner_center.errors import RefusalError
from tenantry.sandbox.partner_center.kinds import Kind, is_trial, kind_of, seat_limits
from tenantry.sandbox.store import Store, Subscription
from tenantry.sandbox.wire import JsonDict, parse_moment

_ACTIONS = {name.lower(): name for name in ("Cancel", "RenewToNewTerm", "RenewToExtendedServiceTerm", "Transition")}
_SCHEDULES = {"termend": "TermEnd", "customdate": "CustomDate"}
_WITH_SCHEDULES = frozenset({Kind.NCE, Kind.SOFTWARE, Kind.MARKETPLACE})


def read_actions(call: Call, value: object, standing: list[JsonDict]) -> list[JsonDict] | None:
    """Read scheduledActions as answers write them, None for null or an empty list; 800002 for what is not one.

    Whoever sends back what they read is not refused: an action that is `standing` already may be of any kind.
    """
    if value is None or value == []:
        return None
    if not isinstance(value, list) or not all(isinstance(action, dict) for action in value):
        raise RefusalError(800002, description="Invalid request input: scheduledActions is not a list of actions.")
    return [_read_action(call, action, standing) for action in value]


def _read_action(call: Call, action: JsonDict, standing: list[JsonDict]) -> JsonDict:
    schedule = word(action, "scheduleType") or word(action, "scheduledType") or ""
    kind = word(action, "actionType") or ""
    if schedule.lower() not in _SCHEDULES or kind.lower() not in _ACTIONS:
        if action in standing:
            return action
        raise RefusalError(800002, description="Invalid request input: unknown scheduleType or actionType.")
    found: JsonDict = {
        call.ctx.switches.text("schedule_type_key"): _SCHEDULES[schedule.lower()],
        "actionType": _ACTIONS[kind.lower()],
    }
    if schedule.lower() == "customdate":
        if not action.get("effectiveDate"):
            raise RefusalError(800002, description="Invalid request input: CustomDate needs an effectiveDate.")
        found["effectiveDate"] = _moment(action, "effectiveDate")
    if action.get("instructions"):
        found["instructions"] = action["instructions"]
    return found


def _moment(body: JsonDict, name: str) -> str:
    text = word(body, name) or ""
    try:
        parse_moment(text)
    except ValueError:
        raise RefusalError(800002, description=f"Invalid request input: {name} is not a date.") from None
    return text


def check_schedule(
    call: Call, subscription: Subscription, next_term: JsonDict | None, actions: list[JsonDict] | None
) -> None:
    """Refuse a schedule that the service would refuse; both None means that there is none to check."""
    if next_term is None and actions is None:
        return
    if kind_of(subscription) not in _WITH_SCHEDULES:
        raise RefusalError(900263)
    for instructions in [next_term, *(action.get("instructions") for action in actions or [])]:
        if instructions is not None:
            check_instructions(call, subscription, instructions)
    end = terms.end_moment(subscription.body)
    for action in actions or []:
        if action.get("effectiveDate"):
            day = parse_moment(action["effectiveDate"])
            if day <= call.now or (end is not None and day > end):
                raise RefusalError(800002, description="Invalid request input: effectiveDate is not within the term.")


def check_instructions(call: Call, subscription: Subscription, instructions: JsonDict) -> None:
    """Refuse instructions for the next term whose product, quantity or end date cannot be."""
    if not isinstance(instructions, dict) or not isinstance(instructions.get("product") or {}, dict):
        raise RefusalError(800002, description="Invalid request input: the instructions are not an object.")
    product = instructions.get("product") or {}
    _check_product(call.ctx.store, subscription, product)
    _check_plan(subscription, product)
    quantity = whole(instructions, "quantity")
    if quantity is not None:
        smallest, largest = _limits_of(call.ctx.store, subscription, product)
        if not smallest <= quantity <= largest:
            raise RefusalError(2002)
    if instructions.get("customTermEndDate"):
        _check_custom_end(call, subscription, product, _moment(instructions, "customTermEndDate"))


def _check_product(store: Store, subscription: Subscription, product: JsonDict) -> None:
    ids = [str(product.get(name) or "").upper() for name in ("productId", "skuId", "availabilityId")]
    if not any(ids):
        return
    if ":".join(ids) == str(subscription.body.get("offerId") or "").upper():
        return
    if ids[0] not in store.products:
        raise RefusalError(400013)
    if (ids[0], ids[1]) not in store.skus:
        raise RefusalError(400018)
    if (ids[0], ids[1], ids[2]) not in store.availabilities:
        raise RefusalError(400019)


def _check_plan(subscription: Subscription, product: JsonDict) -> None:
    """Refuse a term that does not exist (800002), or a billing plan that its length does not have (reference 6.3)."""
    term, cycle = word(product, "termDuration"), word(product, "billingCycle")
    if kind_of(subscription) is not Kind.NCE or (term is None and cycle is None):
        return
    known = terms.PLANS.get(str(term or subscription.body.get("termDuration")).upper())
    if known is None:
        raise RefusalError(800002, description="Invalid request input: unknown termDuration.")
    if str(cycle or subscription.body.get("billingCycle")).lower() not in known:
        raise RefusalError(800097)


def _limits_of(store: Store, subscription: Subscription, product: JsonDict) -> tuple[int, int]:
    ids = (str(product.get("productId") or "").upper(), str(product.get("skuId") or "").upper())
    own = str(subscription.body.get("offerId") or "").upper()
    if not any(ids) or own.startswith(":".join(ids) + ":"):
        return seat_limits(store, subscription)
    sku = store.skus.get(ids) or {}
    return int(sku.get("minimumQuantity", 1)), int(sku.get("maximumQuantity", 100_000))


def _check_custom_end(call: Call, subscription: Subscription, product: JsonDict, text: str) -> None:
    """Refuse an end date that is out of reach or aligned to nothing (reference 6.3)."""
    if kind_of(subscription) is not Kind.NCE:
        raise RefusalError(900244)
    day = parse_moment(text).date()
    start = terms.end_moment(subscription.body)
    if start is None:
        raise RefusalError(900245)
    duration = str(product.get("termDuration") or subscription.body.get("termDuration") or "P1Y").upper()
    first, last = start.date(), terms.term_end(start.date(), terms.MONTHS_OF_TERM.get(duration, 12))
    if not first <= day <= last or terms.bad_for_months(duration, day):
        raise RefusalError(900245)
    if terms.last_day(day.year, day.month) == day.day:
        return
    others = [one.body for one in can_be_followed(call, subscription.customer_id) if one is not subscription]
    if day not in terms.aligned_ends(duration, first, last, others):
        raise RefusalError(900246)


def can_be_followed(call: Call, customer_id: str) -> list[Subscription]:
    """List the subscriptions of a customer whose ends others may follow."""
    return [
        one
        for one in call.ctx.store.of_customer(customer_id)
        if kind_of(one) is Kind.NCE and not is_trial(one) and one.body.get("status") == "active"
    ]


def drop_schedules(subscription: Subscription) -> bool:
    """Take scheduled changes off a subscription; tells whether there were any."""
    dropped = [subscription.body.pop(name, None) for name in ("scheduledNextTermInstructions", "scheduledActions")]
    return any(one is not None for one in dropped)


def without_renewals(actions: list[JsonDict] | None) -> list[JsonDict] | None:
    """Keep the actions that make sense with auto-renew off."""
    kept = [action for action in actions or [] if action.get("actionType") in {"Cancel", "RenewToExtendedServiceTerm"}]
    return kept or None
