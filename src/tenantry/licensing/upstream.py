"""A subscription of Partner Center in our words: facts for the rules, and the mirror's columns."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tenantry.clients.partner_center.kinds import Kind, kind_of
from tenantry.clients.partner_center.models import ActionType, Instructions, ScheduledAction, ScheduleType, Status
from tenantry.clients.partner_center.models import Subscription as Record
from tenantry.clients.partner_center.wire import FAR_FUTURE
from tenantry.kernel.columns import exact, fit
from tenantry.licensing.models import Subscription
from tenantry.licensing.rules import facts as rules
from tenantry.licensing.rules.book import BOOK
from tenantry.licensing.rules.terms import Outcome, end_of_term, exact_end, leaves_a_question, term_end

_ACTIONS = {
    ActionType.CANCEL: rules.ScheduledAction.END,
    ActionType.RENEW: rules.ScheduledAction.RENEW,
    ActionType.EXTEND: rules.ScheduledAction.EXTEND,
    ActionType.TRANSITION: rules.ScheduledAction.TRANSITION,
    ActionType.UNKNOWN: rules.ScheduledAction.UNKNOWN,
}


def facts_from_record(record: Record) -> rules.SubscriptionFacts:
    """Say what the record states; limits, counts and market facts are added where they are known (`queries.facts_of`).

    A term's end that Microsoft writes as midnight of its inclusive last day becomes the exact last second.
    """
    product, sku, availability = _catalogue_ids(record)
    end = _end_of_term(record)
    refundable = record.refundable_quantity
    return rules.SubscriptionFacts(
        subscription_id=record.id.lower(),
        kind=rules.SubscriptionKind(kind_of(record).value),
        status=rules.Status(record.status.value),
        name=fit(Subscription, "offer_name", record.friendly_name or record.offer_name),
        quantity=record.quantity,
        product_id=product,
        sku_id=sku,
        availability_id=availability,
        term=rules.Term(record.term_duration),
        billing_plan=rules.BillingPlan(record.billing_cycle.value),
        purchased_at=record.creation_date,
        term_start=record.effective_start_date,
        commitment_end=end,
        billing_cycle_end=record.billing_cycle_end_date_time or record.billing_cycle_end_date,
        cancellation_allowed_until=record.cancellation_allowed_until_date,
        full_refund_until=_full_refund_until(record),
        auto_renew=record.auto_renew_enabled,
        is_trial=record.is_trial,
        lots=tuple(
            rules.Lot(detail.quantity, detail.allowed_until_date_time)
            for detail in (refundable.details if refundable else ())
            if detail.allowed_until_date_time is not None and detail.quantity > 0
        ),
        refundable_total=refundable.total_quantity if refundable else None,
        scheduled=_scheduled(record),
        suspension_reasons=record.suspension_reasons or (),
        in_extended_term=_runs_longer_than_its_term(record, end),
    )


def _end_of_term(record: Record) -> datetime | None:
    """Return the exact last moment of the term; none where Microsoft writes the end of all days for "never"."""
    end = record.commitment_end_date_time or record.commitment_end_date
    if end is None or end >= FAR_FUTURE:
        return None
    return record.commitment_end_date_time or exact_end(end)


def _runs_longer_than_its_term(record: Record, end: datetime | None) -> bool:
    """Say whether NCE seats run past their term's length: month by month, in the extended service term.

    Microsoft has no state for it and documents no list (read 2026-11). A term is never longer than its length: an end
    date that was aligned to another one only shortens it.
    """
    start = record.effective_start_date
    if kind_of(record) is not Kind.NCE or record.status is not Status.ACTIVE or record.is_trial:
        return False
    if start is None or end is None:
        return False
    last_day = term_end(start.date(), rules.Term(record.term_duration))
    return last_day is not None and end.date() > last_day + timedelta(days=1)


def _catalogue_ids(record: Record) -> tuple[str, str, str]:
    if kind_of(record) in (Kind.LEGACY, Kind.LEGACY_AZURE):
        return "", "", ""
    parts = (*record.offer_id.split(":"), "", "")
    return parts[0], parts[1], parts[2]


def _full_refund_until(record: Record) -> datetime | None:
    moments = [option.expires_at for option in record.refund_options or () if option.type.lower() == "full"]
    return next((moment for moment in moments if moment is not None), None)


def _scheduled(record: Record) -> tuple[rules.ScheduledChange, ...]:
    """Both generations in one shape; the newer one wins where both are shown (reference 4.8, read 2026-11)."""
    if record.scheduled_actions:
        return tuple(_from_action(action) for action in record.scheduled_actions)
    if record.scheduled_next_term_instructions:
        instructions = record.scheduled_next_term_instructions
        return (
            _change(
                rules.ScheduledAction.RENEW,
                instructions,
                rules.ScheduleGeneration.NEXT_TERM_INSTRUCTIONS,
                effective_date=None,
            ),
        )
    return ()


def _from_action(action: ScheduledAction) -> rules.ScheduledChange:
    at_term_end = action.schedule_type is ScheduleType.TERM_END
    return _change(
        _ACTIONS[action.action_type],
        action.instructions,
        rules.ScheduleGeneration.SCHEDULED_ACTIONS,
        effective_date=None if at_term_end else action.effective_date,
    )


def _change(
    action: rules.ScheduledAction,
    instructions: Instructions | None,
    generation: rules.ScheduleGeneration,
    *,
    effective_date: datetime | None,
) -> rules.ScheduledChange:
    product = instructions.product if instructions else None
    return rules.ScheduledChange(
        action=action,
        quantity=instructions.quantity if instructions else None,
        product_id=product.product_id if product else "",
        sku_id=product.sku_id if product else "",
        availability_id=product.availability_id or "" if product else "",
        promotion_id=product.promotion_id or "" if product else "",
        term=rules.Term(product.term_duration) if product else rules.Term.NONE,
        billing_plan=rules.BillingPlan(product.billing_cycle.value) if product else rules.BillingPlan.NONE,
        effective_date=effective_date,
        custom_term_end=instructions.custom_term_end_date if instructions else None,
        generation=generation,
    )


def digest_of(record: Record) -> str:
    """Digest the whole record, so that an unchanged one is recognised without a write."""
    text = json.dumps(record.original, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def columns_from_record(record: Record, *, digest: str) -> Mapping[str, Any]:
    """Return the mirror's columns for a record: name → value.

    Errors: ValueError for a record that no row can hold.
    """
    facts = facts_from_record(record)
    return {
        "upstream_id": exact(Subscription, "upstream_id", record.id),
        "kind": facts.kind.value,
        "status": facts.status.value,
        "offer_id": exact(Subscription, "offer_id", record.offer_id),
        "product_id": exact(Subscription, "product_id", facts.product_id),
        "sku_id": exact(Subscription, "sku_id", facts.sku_id),
        "offer_name": fit(Subscription, "offer_name", record.offer_name or record.friendly_name or record.offer_id),
        "friendly_name": fit(Subscription, "friendly_name", record.friendly_name),
        "quantity": facts.quantity,
        "term": facts.term.value,
        "billing_plan": facts.billing_plan.value,
        "commitment_end": facts.commitment_end,
        "auto_renew": facts.auto_renew,
        "is_trial": facts.is_trial,
        "facts": rules.facts_to_json(facts),
        "upstream": record.original,
        "digest": digest,
        "gone_at": None,
        "sort_date": facts.commitment_end,
        **ending_columns(facts),
    }


def ending_columns(facts: rules.SubscriptionFacts) -> Mapping[str, Any]:
    """Return what lists over all companies ask of the end of the running term, as it stands until that end."""
    outcome = Outcome.NOTHING
    if facts.commitment_end is not None:
        outcome = end_of_term(facts, facts.commitment_end, BOOK).outcome
    return {"outcome": outcome.value, "asks": leaves_a_question(facts)}
