"""What a PATCH of a subscription asks for, read against the subscription as it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tenantry.sandbox.partner_center.bodies import canonical, flag, section, unknown_names, whole, word
from tenantry.sandbox.partner_center.call import Call
from tenantry.sandbox.partner_center.errors import RefusalError
from tenantry.sandbox.partner_center.kinds import is_trial
from tenantry.sandbox.partner_center.schedule import read_actions
from tenantry.sandbox.store import Subscription
from tenantry.sandbox.wire import JsonDict

_EXPECTED = ("id", "offerId", "quantity", "status", "autoRenewEnabled", "billingCycle", "termDuration")
_STATUSES = frozenset({"none", "active", "pending", "suspended", "expired", "disabled", "deleted"})


class Part(StrEnum):
    """What a PATCH may change."""

    QUANTITY = "quantity"
    STATUS = "status"
    AUTO_RENEW = "auto-renew"
    SCHEDULE = "schedule"
    NEXT_CHARGE = "next charge"
    NAME = "friendly name"
    PARTNER = "partner id"
    PLAN = "term or billing cycle"


@dataclass(slots=True)
class Wish:
    """The wanted state; `parts` names what differs from the present one."""

    quantity: int
    status: str
    auto_renew: bool
    next_term: JsonDict | None
    actions: list[JsonDict] | None
    next_charge: JsonDict | None
    name: str | None
    partner_id: str | None
    parts: frozenset[Part]


def read_wish(call: Call, subscription: Subscription) -> Wish:
    """Read the request's body; what is left out destroys, as the reference says (4.5), and is noted as a doubt.

    Left out: auto-renew becomes false, schedules and next-charge instructions are deleted; anything else stays.
    """
    body: JsonDict = canonical(call.json_object())
    now = subscription.body
    sent_id = word(body, "id")
    if sent_id is not None and sent_id.lower() != subscription.id.lower():
        raise RefusalError(800002, description="Invalid request input: the body is about another subscription.")
    _note_doubts(call, subscription, body)

    quantity = whole(body, "quantity")
    status = (word(body, "status") or str(now.get("status"))).lower()
    if status not in _STATUSES | {str(now.get("status")).lower()}:
        raise RefusalError(800002, description="Invalid request input: unknown status.")
    actions = read_actions(call, body.get("scheduledActions"), standing=now.get("scheduledActions") or [])
    next_term = section(body, "scheduledNextTermInstructions")
    if actions is not None and next_term is not None and actions != now.get("scheduledActions"):
        call.doubt("both generations of scheduled changes: only scheduledActions counts")
    if actions is not None:
        next_term = None
    if is_trial(subscription) and next_term is None:
        next_term = now.get("scheduledNextTermInstructions")  # a trial always has them
    wish = Wish(
        quantity=subscription.quantity if quantity is None else quantity,
        status=str(now.get("status")) if status == "none" else status,
        auto_renew=bool(flag(body, "autoRenewEnabled")),
        next_term=next_term,
        actions=actions,
        next_charge=section(body, "nextChargeInstructions"),
        name=word(body, "friendlyName"),
        partner_id=word(body, "partnerId"),
        parts=frozenset(),
    )
    wish.parts = frozenset(_changed(subscription, wish, body))
    return wish


def _changed(subscription: Subscription, wish: Wish, body: JsonDict) -> list[Part]:
    now = subscription.body
    parts = {
        Part.QUANTITY: wish.quantity != subscription.quantity,
        Part.STATUS: wish.status != now.get("status"),
        Part.AUTO_RENEW: wish.auto_renew != bool(now.get("autoRenewEnabled")),
        Part.SCHEDULE: wish.next_term != now.get("scheduledNextTermInstructions")
        or _plain(wish.actions) != _plain(now.get("scheduledActions")),
        Part.NEXT_CHARGE: wish.next_charge != now.get("nextChargeInstructions"),
        Part.NAME: wish.name is not None and wish.name != now.get("friendlyName"),
        Part.PARTNER: wish.partner_id is not None and wish.partner_id != (now.get("partnerId") or ""),
        Part.PLAN: any(
            word(body, name) is not None and str(body[name]).lower() != str(now.get(name) or "").lower()
            for name in ("termDuration", "billingCycle")
            if now.get(name)
        ),
    }
    return [part for part, differs in parts.items() if differs]


def _plain(actions: list[JsonDict] | None) -> list[JsonDict]:
    """Write actions with one name for their type, so that both names compare alike."""
    return [
        {"scheduleType" if key == "scheduledType" else key: value for key, value in action.items()}
        for action in actions or []
    ]


def _note_doubts(call: Call, subscription: Subscription, body: JsonDict) -> None:
    now = subscription.body
    if unknown := unknown_names(body):
        call.doubt(f"unknown fields ignored: {', '.join(sorted(unknown))}")
    if missing := [name for name in _EXPECTED if name not in body and now.get(name) is not None]:
        call.doubt(f"partial body, left out: {', '.join(missing)}")
    if "autoRenewEnabled" not in body and now.get("autoRenewEnabled"):
        call.doubt("autoRenewEnabled left out: it becomes false")
    for name in ("scheduledNextTermInstructions", "scheduledActions", "nextChargeInstructions"):
        if name not in body and now.get(name) is not None and not (is_trial(subscription) and "Next" in name):
            call.doubt(f"{name} left out: deleted")
    for name in ("offerId", "creationDate", "effectiveStartDate", "commitmentEndDate", "orderId"):
        if name in body and now.get(name) is not None and str(body[name]).lower() != str(now[name]).lower():
            call.doubt(f"{name} is read-only: ignored")
