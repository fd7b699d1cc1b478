"""From what a plan wants written to the body that Partner Center gets."""

from tenantry.clients.partner_center import intents
from tenantry.clients.partner_center.ids import AvailabilityId, ProductId, SkuId
from tenantry.clients.partner_center.models import Subscription as Record
from tenantry.clients.partner_center.schedules import Generation
from tenantry.licensing.rules.facts import BillingPlan, ScheduledAction, ScheduledChange, ScheduleGeneration, Term
from tenantry.licensing.rules.plan import Intent, Write


def patch_for(write: Write, record: Record) -> intents.Patch:
    """Build the PATCH for a planned write from the subscription as it was just read.

    Errors: ValueError when the record lacks what the intent needs (a schedule for an offer outside the new catalogue).
    """
    match write.intent:
        case Intent.ADD_SEATS | Intent.RETURN_SEATS:
            return intents.set_quantity(record, write.target.quantity)
        case Intent.CANCEL:
            return intents.cancel(record)
        case Intent.SUSPEND:
            return intents.suspend(record)
        case Intent.REACTIVATE:
            return intents.reactivate(record)
        case Intent.RENEW if not write.target.scheduled:
            return intents.auto_renew_on(record)
        case Intent.END_AT_TERM if not write.target.scheduled:
            return intents.auto_renew_off(record)  # before there was an extended term, that was all there is to ending
        case Intent.END_AT_TERM:
            return intents.end_at_term(record)
        case Intent.EXTEND_AT_TERM:
            return intents.extend_at_term(record)
        case Intent.WITHDRAW_SCHEDULE:
            return intents.withdraw_schedule(record)
        case Intent.SCHEDULE_CHANGE | Intent.RENEW:
            change = _at_term_end(write)
            return intents.schedule_change(record, _next_term(change, record), _generation(change))


def _at_term_end(write: Write) -> ScheduledChange:
    for change in write.target.scheduled:
        if change.action in (ScheduledAction.RENEW, ScheduledAction.TRANSITION):
            return change
    raise ValueError("a schedule without a change for the end of the term")


def _generation(change: ScheduledChange) -> Generation:
    if change.generation is ScheduleGeneration.NEXT_TERM_INSTRUCTIONS:
        return Generation.INSTRUCTIONS
    return Generation.ACTIONS


def _next_term(change: ScheduledChange, record: Record) -> intents.NextTerm:
    """Write the change out; what it leaves open stays as it is today."""
    quantity = record.quantity if change.quantity is None else change.quantity
    if change.product_id and change.availability_id:
        product, sku, availability = change.product_id, change.sku_id, change.availability_id
    else:
        today = intents.next_term_as_now(record, quantity)
        product, sku, availability = today.product_id, today.sku_id, today.availability_id
    plan = record.billing_cycle.value if change.billing_plan is BillingPlan.NONE else change.billing_plan.value
    return intents.NextTerm(
        quantity=quantity,
        product_id=ProductId(product),
        sku_id=SkuId(sku),
        availability_id=AvailabilityId(availability),
        billing_cycle=plan,
        term_duration=record.term_duration if change.term is Term.NONE else change.term.value,
        promotion_id=change.promotion_id or None,
        custom_term_end_date=change.custom_term_end,
    )
