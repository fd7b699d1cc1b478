"""Every write to licensing that a person asks for: place, withdraw and settle orders, limits and the stop switch."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import OuterRef, Subquery

from tenantry.audit import actions as audit
from tenantry.jobs.queue import enqueue
from tenantry.kernel.actor import Actor, ActorKind
from tenantry.kernel.columns import fit
from tenantry.kernel.ids import CompanyId
from tenantry.kernel.refusals import Refusal, refusal_to_json
from tenantry.licensing.ledger import MICROSOFT, beyond_limits, current_limits, current_stop, lock_tally
from tenantry.licensing.models import (
    OPEN_STATES,
    ChangeOrder,
    Limits,
    OrderEvent,
    OrderState,
    Stop,
    Subscription,
)
from tenantry.licensing.models import Wish as KeptWish
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import facts_of
from tenantry.licensing.remembering import remember
from tenantry.licensing.rules.book import BOOK
from tenantry.licensing.rules.facts import SubscriptionFacts, fingerprint
from tenantry.licensing.rules.plan import Plan, Scheduled, plan_from_json, plan_to_json, same_effect
from tenantry.licensing.rules.planner import plan_change
from tenantry.licensing.rules.weights import weigh
from tenantry.licensing.rules.wishes import Wish, wish_from_json, wish_to_json
from tenantry.licensing.summary import keep_summary_later

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order that stands: ``created`` is False when the same form had placed it before (a double click)."""

    id: uuid.UUID
    number: int
    created: bool


@transaction.atomic
def place_change_order(
    *,
    acting_as: Actor,
    company_id: CompanyId,
    subscription_id: uuid.UUID,
    wish: Wish,
    shown: Plan,
    seen: str,
    form_key: uuid.UUID,
    moment: Moment,
) -> PlacedOrder | Refusal:
    """Store a wish as a change order and wake a worker up, or refuse with the reason.

    ``shown`` is the plan that the person confirmed, ``seen`` the fingerprint of the subscription it was made for,
    ``form_key`` names the confirmed form. Errors: Subscription.DoesNotExist for another company's subscription.
    """
    subscription = (
        Subscription.objects.select_for_update(of=("self",))
        .select_related("company")
        .get(id=subscription_id, company_id=company_id)
    )
    earlier = ChangeOrder.objects.filter(form_key=form_key).first()
    if earlier is not None:
        if earlier.subscription_id != subscription.id:
            return _refuse("form_used", "form_key", "look_again")
        return PlacedOrder(earlier.id, earlier.number, created=False)
    facts = facts_of(subscription)
    plan = plan_change(facts, wish, moment.commerce, BOOK)
    refusal = _against(subscription, facts, plan, shown, seen, moment)
    if refusal is not None:
        return refusal
    return _store(acting_as, subscription, facts, wish, plan, form_key, moment)


def place_system_order(
    *, acting_as: Actor, subscription: Subscription, facts: SubscriptionFacts, wish: Wish, moment: Moment
) -> PlacedOrder | Refusal:
    """Place an order that nobody clicked: a kept wish is put back. Limits do not count for it, the stop switch does.

    The caller's transaction must hold the subscription's row.
    """
    if subscription.orders.filter(state__in=OPEN_STATES).exists():
        return _refuse("order_under_way", "one_order_at_a_time", "wait_for_order")
    plan = plan_change(facts, wish, moment.commerce, BOOK)
    if plan.refusal is not None:
        return plan.refusal
    return _store(acting_as, subscription, facts, wish, plan, uuid.uuid4(), moment)


def _against(
    subscription: Subscription, facts: SubscriptionFacts, plan: Plan, shown: Plan, seen: str, moment: Moment
) -> Refusal | None:
    """Return what stands against placing the order, in the order a person would want to hear it."""
    under_way = subscription.orders.filter(state__in=OPEN_STATES).only("number").first()
    if under_way is not None:
        return _refuse("order_under_way", "one_order_at_a_time", "wait_for_order", number=under_way.number)
    if fingerprint(facts) != seen or subscription.gone_at is not None:
        return _refuse("changed_meanwhile", "as_seen", "look_again")
    if plan.refusal is not None:
        return plan.refusal
    if plan.write is None:
        return _refuse("question_open", "complete_wish", "answer_question")
    if not same_effect(shown, plan):
        return _refuse("plan_changed", "preview_equals_execution", "look_again")
    lock_tally(CompanyId(subscription.company_id))
    return hindrance(CompanyId(subscription.company_id), facts, plan, moment)


def hindrance(company_id: CompanyId, facts: SubscriptionFacts, plan: Plan, moment: Moment) -> Refusal | None:
    """Return what the partner's stop switch and limits have against a plan; a preview asks before an order does."""
    if plan.write is None:
        return None
    if current_stop().stopped_at is not None:
        return _refuse("stopped", "stop_switch", "wait_for_partner")
    return beyond_limits(company_id, weigh(facts, plan.write), moment)


def _store(
    acting_as: Actor,
    subscription: Subscription,
    facts: SubscriptionFacts,
    wish: Wish,
    plan: Plan,
    form_key: uuid.UUID,
    moment: Moment,
) -> PlacedOrder:
    order = ChangeOrder.objects.create(
        number=_next_number(),
        company_id=subscription.company_id,
        subscription=subscription,
        form_key=form_key,
        state=OrderState.QUEUED,
        wish=wish_to_json(wish),
        plan=plan_to_json(plan),
        seen=fingerprint(facts),
        seen_quantity=facts.quantity,
        rule=fit(ChangeOrder, "rule", ", ".join(use.name for use in plan.rules)),
        actor_kind=acting_as.kind,
        actor_id=acting_as.id,
        actor_name=acting_as.name,
        actor_label=acting_as.label,
        requested_at=moment.commerce,
        created_at=moment.real,
        not_before=moment.real,
    )
    _event(order, "requested", moment)
    _audit(order, "change_order.placed", acting_as, moment, after={"wish": order.wish, "plan": order.plan})
    wake(order.id)
    return PlacedOrder(order.id, order.number, created=True)


def wake(order_id: uuid.UUID, *, seconds: float = 0.0, moment: Moment | None = None) -> None:
    """Have a worker look at the order, now or in some seconds; in the caller's transaction."""
    at = moment.in_seconds(seconds) if moment is not None and seconds > 0 else None
    enqueue("licensing.carry_out", queueing_lock=f"order:{order_id}", at=at, order_id=str(order_id))


@transaction.atomic
def withdraw_order(*, acting_as: Actor, company_id: CompanyId, order_id: uuid.UUID, moment: Moment) -> Refusal | None:
    """Take a queued order back before it is sent; with one that puts a kept wish back, the wish is given up.

    Errors: ChangeOrder.DoesNotExist for another company's order.
    """
    order = ChangeOrder.objects.select_related("subscription").get(id=order_id, company_id=company_id)
    taken = ChangeOrder.objects.filter(id=order.id, state__in=(OrderState.REQUESTED, OrderState.QUEUED)).update(
        state=OrderState.WITHDRAWN, settled_at=moment.commerce, lease_owner="", lease_until=None
    )
    if not taken:
        return _refuse("already_sent", "withdraw_before_sending", "see_outcome")
    order.refresh_from_db()
    _event(order, "withdrawn", moment, {"by": acting_as.label})
    _audit(order, "change_order.withdrawn", acting_as, moment)
    if order.actor_kind == ActorKind.SYSTEM:
        _give_up_wish(order, acting_as, moment)
    return None


def _give_up_wish(order: ChangeOrder, acting_as: Actor, moment: Moment) -> None:
    """Let a kept wish go whose order was taken back: the next refresh would place that order again."""
    Subscription.objects.select_for_update(of=("self",)).get(id=order.subscription_id)
    wish = KeptWish.objects.filter(subscription_id=order.subscription_id).first()
    if wish is None:
        return
    audit.record(
        acting_as=acting_as,
        verb="wish.given_up",
        subject_kind="subscription",
        subject_id=str(order.subscription_id),
        subject_name=order.subscription.offer_name,
        company_id=order.company_id,
        before={"choice": wish.choice, "quantity": wish.quantity, "decided_by": wish.decided_by},
        now=moment.real,
    )
    wish.delete()
    keep_summary_later(order.company_id, moment.commerce)


@transaction.atomic
def settle_by_hand(
    *, acting_as: Actor, order_id: uuid.UUID, took_effect: bool, note: str, moment: Moment
) -> Refusal | None:
    """Close an order that Microsoft's records could not decide, in the words of the person who looked.

    Errors: ChangeOrder.DoesNotExist.
    """
    order = ChangeOrder.objects.select_for_update(of=("self",)).select_related("subscription").get(id=order_id)
    if order.state != OrderState.UNSURE or not order.needs_person:
        return _refuse("already_settled", "settle_once", "see_outcome")
    # Who compares the kept wish meanwhile would put back the one that this order replaces.
    subscription = Subscription.objects.select_for_update(of=("self",)).get(id=order.subscription_id)
    plan = plan_from_json(order.plan)
    done = OrderState.SCHEDULED if isinstance(plan.verdict, Scheduled) else OrderState.APPLIED
    order.state = done if took_effect else OrderState.FAILED
    # What was known before stays: it is why a person was asked.
    order.outcome = {**(order.outcome or {}), "by_hand": True, "by": acting_as.label, "note": note}
    order.needs_person = False
    order.settled_at = moment.commerce
    order.lease_owner, order.lease_until = "", None
    order.save()
    _event(order, "settled_by_hand", moment, {"by": acting_as.label, "note": note})
    _audit(order, "change_order.settled_by_hand", acting_as, moment, after=order.outcome)
    if took_effect:
        remember(order, plan, subscription, facts_of(subscription), moment)
    # The refresh compares what is remembered with what Microsoft has.
    enqueue("licensing.refresh_company", company_id=str(order.company_id))
    return None


@transaction.atomic
def set_limits(
    *,
    acting_as: Actor,
    changes_per_day: int,
    seats_per_change: int,
    seats_per_cancellation: int,
    moment: Moment,
) -> None:
    """Set how many changes a company may make in 24 hours, and how many seats one change or cancellation may move."""
    acting_as.check_whole_partner()
    before = current_limits()
    new = {
        "changes_per_day": changes_per_day,
        "seats_per_change": seats_per_change,
        "seats_per_cancellation": seats_per_cancellation,
    }
    old = {name: getattr(before, name) for name in new}
    Limits.objects.update_or_create(id=1, defaults=new)
    _audit_partner("limits.set", acting_as, moment, before=old, after=new)


def stop(*, acting_as: Actor, reason: str, moment: Moment) -> None:
    """Hold everything that writes to Microsoft; queued orders wait.

    The switch stands whatever the state of the audit record is: what cannot be recorded now, a job records.
    """
    acting_as.check_whole_partner()
    by, why = fit(Stop, "stopped_by", acting_as.label), fit(Stop, "reason", reason)
    Stop.objects.update_or_create(key=MICROSOFT, defaults={"stopped_at": moment.real, "stopped_by": by, "reason": why})
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            record_stop(acting_as=acting_as, reason=reason, now=moment.real)
    except DatabaseError:
        _log.error("stop_switch.not_recorded", by=acting_as.label, reason=reason, exc_info=True)
        enqueue(
            "licensing.record_stop",
            kind=acting_as.kind.value,
            person=acting_as.id,
            name=acting_as.name,
            label=acting_as.label,
            reason=reason,
            stopped_at=moment.real.isoformat(),
        )


def record_stop(*, acting_as: Actor, reason: str, now: datetime) -> None:
    """Write into the audit record that the stop switch was thrown; in the caller's transaction."""
    audit.record(
        acting_as=acting_as,
        verb="stop_switch.thrown",
        subject_kind="licensing",
        subject_id="limits",
        after={"reason": reason},
        now=now,
    )


@transaction.atomic
def go(*, acting_as: Actor, moment: Moment) -> None:
    """Release the stop switch and wake up what it held; what Microsoft told to wait goes on waiting."""
    acting_as.check_whole_partner()
    newest = OrderEvent.objects.filter(order=OuterRef("id")).order_by("-id").values("what")[:1]
    held = ChangeOrder.objects.filter(state=OrderState.QUEUED).alias(newest=Subquery(newest)).filter(newest="held")
    ids = list(held.values_list("id", flat=True))
    # The orders before the switch: whoever announces one locks them in that order. What is held meanwhile looks again
    # by itself within half a minute.
    ChangeOrder.objects.filter(id__in=ids).update(not_before=moment.real)
    Stop.objects.filter(key=MICROSOFT).update(stopped_at=None, stopped_by="", reason="")
    for order_id in ids:
        wake(order_id)
    _audit_partner("stop_switch.released", acting_as, moment)


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('licensing_order_number')")
        return int(cursor.fetchone()[0])


def _refuse(reason: str, rule: str, next_step: str, **facts: int | str) -> Refusal:
    return Refusal(reason=reason, rule=rule, next_step=next_step, facts=facts)


def _event(order: ChangeOrder, what: str, moment: Moment, facts: dict[str, object] | None = None) -> None:
    OrderEvent.objects.create(
        order=order,
        company_id=order.company_id,
        happened_at=moment.commerce,
        state=order.state,
        what=what,
        facts=facts or {},
    )


def _audit(
    order: ChangeOrder, verb: str, acting_as: Actor, moment: Moment, *, after: Mapping[str, object] | None = None
) -> None:
    audit.record(
        acting_as=acting_as,
        verb=verb,
        subject_kind="change_order",
        subject_id=str(order.id),
        subject_name=f"#{order.number} {order.subscription.offer_name}",
        company_id=order.company_id,
        before={"quantity": order.seen_quantity, "seen": order.seen},
        after=after,
        outcome=order.state,
        rule=order.rule,
        request_id=str(order.request_id or ""),
        now=moment.real,
    )


def _audit_partner(
    verb: str,
    acting_as: Actor,
    moment: Moment,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    audit.record(
        acting_as=acting_as,
        verb=verb,
        subject_kind="licensing",
        subject_id="limits",
        before=before,
        after=after,
        now=moment.real,
    )


def stored_wish(order: ChangeOrder) -> Wish:
    """Read the wish of an order back."""
    return wish_from_json(order.wish)


def refusal_outcome(refusal: Refusal) -> dict[str, object]:
    """Write a refusal as an order's outcome."""
    return {"refusal": refusal_to_json(refusal)}
