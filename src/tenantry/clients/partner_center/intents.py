"""What a PATCH of a subscription carries, per intent.

Microsoft wants the whole resource back and destroys what is left out: without `autoRenewEnabled` it becomes false,
without `scheduledActions`, `scheduledNextTermInstructions` or `nextChargeInstructions` these are deleted (2026-11).
So every body is the subscription exactly as it was read, what was not understood included, with only the fields of
`INTENTS` changed. `docs/reference/patch-bodies.md` is this table for readers; a test keeps the two alike.

Only one generation of scheduled changes is sent when a schedule is written: if both are there, Microsoft honours
`scheduledActions` alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

from tenantry.clients.http import JsonObject, JsonValue
from tenantry.clients.partner_center.ids import AvailabilityId, ProductId, SkuId
from tenantry.clients.partner_center.models import ActionType, ScheduleType, Subscription
from tenantry.clients.partner_center.schedules import Generation, actions_as_read

SCHEDULE_FIELDS = tuple(generation.value for generation in Generation)


class Intent(StrEnum):
    """What a PATCH is for."""

    ADD_SEATS = "add_seats"
    RETURN_SEATS = "return_seats"
    CANCEL = "cancel"
    SUSPEND = "suspend"
    REACTIVATE = "reactivate"
    AUTO_RENEW_ON = "auto_renew_on"
    AUTO_RENEW_OFF = "auto_renew_off"
    SCHEDULE_CHANGE = "schedule_change"
    WITHDRAW_SCHEDULE = "withdraw_schedule"
    END_AT_TERM = "end_at_term"
    EXTEND_AT_TERM = "extend_at_term"
    RENAME = "rename"


@dataclass(frozen=True, slots=True)
class IntentFields:
    """What one intent changes in the body, and what Microsoft does to the rest by itself."""

    changes: str
    effect: str


INTENTS: Mapping[Intent, IntentFields] = MappingProxyType(
    {
        Intent.ADD_SEATS: IntentFields("`quantity` up (a total)", "Microsoft drops scheduled changes"),
        Intent.RETURN_SEATS: IntentFields("`quantity` down (a total)", "Microsoft drops scheduled changes"),
        Intent.CANCEL: IntentFields("`status`: deleted", "final; Microsoft drops scheduled changes"),
        Intent.SUSPEND: IntentFields(
            "`status`: suspended", "Microsoft switches auto-renew off, drops scheduled changes"
        ),
        Intent.REACTIVATE: IntentFields("`status`: active", "auto-renew stays off until it is switched on"),
        Intent.AUTO_RENEW_ON: IntentFields(
            "`autoRenewEnabled`: true; actions that end or extend the term are taken out of `scheduledActions`",
            "the term renews, with a scheduled change where one is left",
        ),
        Intent.AUTO_RENEW_OFF: IntentFields(
            "`autoRenewEnabled`: false; `scheduledActions` and `scheduledNextTermInstructions` are left out",
            "without a choice the term rolls into the extended service term (terms ending since 4 May 2026)",
        ),
        Intent.SCHEDULE_CHANGE: IntentFields(
            "`autoRenewEnabled`: true; the end-of-term part of `scheduledActions` becomes one RenewToNewTerm (or "
            "`scheduledNextTermInstructions` is set); the other generation is left out",
            "replaces an earlier scheduled change; the quantity is absolute",
        ),
        Intent.WITHDRAW_SCHEDULE: IntentFields(
            "RenewToNewTerm and Transition at the end of the term are taken out of `scheduledActions`; "
            "`scheduledNextTermInstructions` is left out",
            "the term renews as it is, if auto-renew is on",
        ),
        Intent.END_AT_TERM: IntentFields(
            "`autoRenewEnabled`: false; the end-of-term part of `scheduledActions` becomes one Cancel; "
            "`scheduledNextTermInstructions` is left out",
            "service stops at the end of the term",
        ),
        Intent.EXTEND_AT_TERM: IntentFields(
            "`autoRenewEnabled`: false; the end-of-term part of `scheduledActions` becomes one "
            "RenewToExtendedServiceTerm; `scheduledNextTermInstructions` is left out",
            "month by month at a higher price after the end of the term",
        ),
        Intent.RENAME: IntentFields("`friendlyName`", "nothing else"),
    }
)


@dataclass(frozen=True, slots=True)
class Patch:
    """A body ready to be sent, with the etag it is based on ("" for none)."""

    intent: Intent
    body: JsonObject = field(repr=False)
    etag: str = ""


@dataclass(frozen=True, slots=True)
class NextTerm:
    """Product and terms of a scheduled change, as Microsoft wants them; quantity is the total."""

    quantity: int
    product_id: ProductId
    sku_id: SkuId
    availability_id: AvailabilityId
    billing_cycle: str
    term_duration: str
    promotion_id: str | None = None
    custom_term_end_date: datetime | None = None


def next_term_as_now(subscription: Subscription, quantity: int) -> NextTerm:
    """Return a next term with the product, term and billing plan of today and another quantity.

    Raise ValueError when the offer id is not one of the new catalogue. The availability may have changed since the
    purchase: replace it with one read from the catalogue where Microsoft refuses it.
    """
    parts = subscription.offer_id.split(":")
    if len(parts) != 3:
        raise ValueError(f"{subscription.offer_id} has no product, SKU and availability")
    return NextTerm(
        quantity=quantity,
        product_id=ProductId(parts[0]),
        sku_id=SkuId(parts[1]),
        availability_id=AvailabilityId(parts[2]),
        billing_cycle=subscription.billing_cycle.value,
        term_duration=subscription.term_duration,
    )


def set_quantity(subscription: Subscription, quantity: int) -> Patch:
    """Build the body that adds or returns seats now; `quantity` is the total, at least 1 and not the present one."""
    if quantity < 1 or quantity == subscription.quantity:
        raise ValueError("a new quantity is at least 1 and another one than now")
    intent = Intent.ADD_SEATS if quantity > subscription.quantity else Intent.RETURN_SEATS
    return _patch(intent, subscription, {"quantity": quantity})


def cancel(subscription: Subscription) -> Patch:
    """Build the body that cancels at once and for good."""
    return _patch(Intent.CANCEL, subscription, {"status": "deleted"})


def suspend(subscription: Subscription) -> Patch:
    """Build the body that suspends."""
    return _patch(Intent.SUSPEND, subscription, {"status": "suspended"})


def reactivate(subscription: Subscription) -> Patch:
    """Build the body that ends a suspension; auto-renew is a wish of its own."""
    return _patch(Intent.REACTIVATE, subscription, {"status": "active"})


def rename(subscription: Subscription, friendly_name: str) -> Patch:
    """Build the body that gives another nickname."""
    return _patch(Intent.RENAME, subscription, {"friendlyName": friendly_name})


def auto_renew_on(subscription: Subscription) -> Patch:
    """Build the body that lets the term renew, keeping a scheduled change."""
    ending = (ActionType.CANCEL, ActionType.EXTEND)
    actions = _other_actions(subscription, ending)
    return _patch(Intent.AUTO_RENEW_ON, subscription, {"autoRenewEnabled": True, "scheduledActions": actions or None})


def auto_renew_off(subscription: Subscription) -> Patch:
    """Build the body that only switches auto-renew off; `end_at_term` and `extend_at_term` say what is meant."""
    changes: dict[str, JsonValue] = {"autoRenewEnabled": False, **dict.fromkeys(SCHEDULE_FIELDS)}
    return _patch(Intent.AUTO_RENEW_OFF, subscription, changes)


def schedule_change(
    subscription: Subscription, next_term: NextTerm, generation: Generation = Generation.ACTIONS
) -> Patch:
    """Build the body that schedules a change for the end of the term, in place of an earlier one."""
    instructions = _instructions(next_term)
    changes: dict[str, JsonValue] = {"autoRenewEnabled": True, **dict.fromkeys(SCHEDULE_FIELDS)}
    if generation is Generation.ACTIONS:
        changes["scheduledActions"] = _with_end_action(subscription, ActionType.RENEW, instructions)
    else:
        changes["scheduledNextTermInstructions"] = instructions
    return _patch(Intent.SCHEDULE_CHANGE, subscription, changes)


def withdraw_schedule(subscription: Subscription) -> Patch:
    """Build the body that takes a scheduled change back; how the term ends stays as it is."""
    actions = _other_actions(subscription, (ActionType.RENEW, ActionType.TRANSITION))
    changes: dict[str, JsonValue] = {"scheduledNextTermInstructions": None, "scheduledActions": actions or None}
    return _patch(Intent.WITHDRAW_SCHEDULE, subscription, changes)


def end_at_term(subscription: Subscription) -> Patch:
    """Build the body that lets the subscription end with its term."""
    return _decide(Intent.END_AT_TERM, subscription, ActionType.CANCEL)


def extend_at_term(subscription: Subscription) -> Patch:
    """Build the body that lets the subscription roll into the extended service term."""
    return _decide(Intent.EXTEND_AT_TERM, subscription, ActionType.EXTEND)


def _decide(intent: Intent, subscription: Subscription, action: ActionType) -> Patch:
    changes: dict[str, JsonValue] = {
        "autoRenewEnabled": False,
        "scheduledActions": _with_end_action(subscription, action, None),
        "scheduledNextTermInstructions": None,
    }
    return _patch(intent, subscription, changes)


def _patch(intent: Intent, subscription: Subscription, changes: Mapping[str, JsonValue]) -> Patch:
    """Return the body as read with the changes; None leaves a field out."""
    body = subscription.as_read()
    if "scheduledActions" in body:
        body["scheduledActions"] = _with_present_name(body["scheduledActions"])
    for name, value in changes.items():
        if value is None:
            body.pop(name, None)
        else:
            body[name] = value
    return Patch(intent, body, subscription.etag)


def _with_present_name(actions: JsonValue) -> JsonValue:
    """Send `scheduleType` where `scheduledType` was read."""
    if not isinstance(actions, Sequence) or isinstance(actions, str):
        return actions
    return [_renamed(action) if isinstance(action, Mapping) else action for action in actions]


def _renamed(action: Mapping[str, JsonValue]) -> JsonObject:
    return {("scheduleType" if name == "scheduledType" else name): value for name, value in action.items()}


def _other_actions(subscription: Subscription, types: tuple[ActionType, ...] | None) -> list[JsonValue]:
    """Return the scheduled actions as read, without those for the end of the term (all, or those of `types`)."""
    return [
        _renamed(action.as_read())
        for action in actions_as_read(subscription)
        if action.schedule_type is not ScheduleType.TERM_END or (types is not None and action.action_type not in types)
    ]


def _with_end_action(
    subscription: Subscription, action_type: ActionType, instructions: JsonObject | None
) -> list[JsonValue]:
    action: JsonObject = {"scheduleType": ScheduleType.TERM_END.value, "actionType": action_type.value}
    if instructions is not None:
        action["instructions"] = instructions
    return [*_other_actions(subscription, None), action]


def _instructions(next_term: NextTerm) -> JsonObject:
    product: JsonObject = {
        "productId": next_term.product_id,
        "skuId": next_term.sku_id,
        "availabilityId": next_term.availability_id,
        "billingCycle": next_term.billing_cycle,
        "termDuration": next_term.term_duration,
    }
    if next_term.promotion_id is not None:
        product["promotionId"] = next_term.promotion_id
    instructions: JsonObject = {"product": product, "quantity": next_term.quantity}
    if next_term.custom_term_end_date is not None:
        instructions["customTermEndDate"] = next_term.custom_term_end_date.astimezone(UTC).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        )
    return instructions
