"""The change planner: what would happen if a wish were confirmed now. Preview and execution are this one function."""

from dataclasses import replace
from datetime import datetime

from tenantry.kernel.refusals import FactValue, Refusal
from tenantry.licensing.rules import decisions, quantities, stopping
from tenantry.licensing.rules.alternatives import Instead, candidates
from tenantry.licensing.rules.book import BOOK, RuleBook
from tenantry.licensing.rules.facts import EndOfTerm, SubscriptionFacts
from tenantry.licensing.rules.plan import Alternative, Plan, Refused, Scheduled
from tenantry.licensing.rules.wishes import (
    Cancel,
    DecideEndOfTerm,
    Reactivate,
    ScheduleQuantity,
    SetQuantity,
    Wish,
    WithdrawSchedule,
)


def plan_change(facts: SubscriptionFacts, wish: Wish, now: datetime, book: RuleBook = BOOK) -> Plan:
    """Plan one wish for one subscription: the verdict, what would be written, and what follows.

    Total: a business case never raises. The same arguments always give the same plan. A refused plan names the other
    wishes that would be allowed, and its next step is the first of them.
    """
    plan = _decide(facts, wish, now, book)
    if plan.refusal is None:
        return plan
    found: list[tuple[Instead, datetime | None]] = []
    for other in candidates(plan.refusal.reason, facts, wish, now):
        instead = _decide(facts, other, now, book)
        if instead.refusal is None:
            found.append((other, instead.verdict.at if isinstance(instead.verdict, Scheduled) else None))
    if not found:
        return plan
    refusal = _with_next_step(plan.refusal, *found[0])
    alternatives = tuple(Alternative(other, at) for other, at in found)
    return replace(plan, verdict=Refused(refusal), alternatives=alternatives)


def _decide(facts: SubscriptionFacts, wish: Wish, now: datetime, book: RuleBook) -> Plan:
    match wish:
        case SetQuantity():
            return quantities.plan_quantity_now(facts, wish, now, book)
        case ScheduleQuantity():
            return decisions.plan_scheduled_quantity(facts, wish, now, book)
        case WithdrawSchedule():
            return decisions.plan_withdrawal(facts, wish, now, book)
        case DecideEndOfTerm():
            return decisions.plan_end_of_term(facts, wish, now, book)
        case Cancel():
            return stopping.plan_cancel(facts, wish, now, book)
        case Reactivate():
            return stopping.plan_reactivation(facts, wish, now, book)


def _with_next_step(refusal: Refusal, instead: Instead, at: datetime | None) -> Refusal:
    """Point a refusal to the wish that would be allowed."""
    step: dict[str, FactValue] = {"value": at} if at is not None else {}
    match instead:
        case SetQuantity(quantity):
            return replace(refusal, next_step="set_now", next_step_facts={"quantity": quantity})
        case ScheduleQuantity(quantity):
            return replace(refusal, next_step="schedule", next_step_facts={**step, "quantity": quantity})
        case DecideEndOfTerm(EndOfTerm.END):
            return replace(refusal, next_step="end_at_term", next_step_facts=step)
        case DecideEndOfTerm(_, int(quantity)):
            return replace(refusal, next_step="renew_with", next_step_facts={**step, "quantity": quantity})
        case DecideEndOfTerm():
            return replace(refusal, next_step="renew", next_step_facts={})
        case Cancel():
            return replace(refusal, next_step="cancel", next_step_facts={})
        case Reactivate():
            return replace(refusal, next_step="reactivate", next_step_facts={})
