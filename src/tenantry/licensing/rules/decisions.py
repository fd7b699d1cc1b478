"""Plans about the end of the term: a number for the next term, and the three ways in which a term can end."""

from dataclasses import replace
from datetime import datetime

from tenantry.kernel.refusals import Refusal
from tenantry.licensing.rules import checks, effects, seats
from tenantry.licensing.rules.book import RuleBook, RuleName
from tenantry.licensing.rules.checks import refuse
from tenantry.licensing.rules.facts import (
    EndOfTerm,
    ScheduledAction,
    ScheduledChange,
    Status,
    SubscriptionFacts,
    SubscriptionKind,
)
from tenantry.licensing.rules.plan import (
    Allowed,
    Caution,
    Consequence,
    Intent,
    Plan,
    Scheduled,
    Target,
    Verdict,
    When,
    Write,
)
from tenantry.licensing.rules.quantities import refused
from tenantry.licensing.rules.terms import (
    Standing,
    changes_nothing,
    end_of_term,
    extended_term,
    standing,
)
from tenantry.licensing.rules.wishes import DecideEndOfTerm, ScheduleQuantity, Wish, WithdrawSchedule

_DECISIONS = frozenset({ScheduledAction.END, ScheduledAction.EXTEND})


def decision_is_locked(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> Refusal | None:
    """Return what speaks against any decision about the end of the term."""
    return (
        checks.kind_without_seats(facts)
        or checks.status_allows(facts)
        or checks.software_is_ordered(facts, now, book)
        or checks.trial_is_fixed(facts)
        or checks.decision_while_renewing(facts, now, book)
        or checks.term_is_over(facts, now, book)
    )


def schedule_is_locked(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> Refusal | None:
    """Return what speaks against any scheduled change: it needs NCE seats, a running term and auto-renew."""
    refusal = decision_is_locked(facts, now, book) or checks.extended_term_is_fixed(facts, now, book)
    if refusal:
        return refusal
    if facts.kind is not SubscriptionKind.NCE:
        return refuse(RuleName.LEGACY_ANY_TIME, "legacy_has_no_schedule")
    if facts.commitment_end is None:
        return refuse(RuleName.SCHEDULE_AT_TERM_END, "term_end_unknown")
    if not facts.auto_renew:
        return refuse(RuleName.SCHEDULE_NEEDS_RENEWAL, "schedule_needs_renewal")
    return _is_understood(facts)


def _is_understood(facts: SubscriptionFacts) -> Refusal | None:
    """Refuse to replace a scheduled change that we cannot read."""
    waiting = facts.scheduled_at_term_end
    if waiting is None or waiting.action is not ScheduledAction.UNKNOWN:
        return None
    return refuse(RuleName.SCHEDULE_AT_TERM_END, "schedule_not_understood")


def _fits(facts: SubscriptionFacts, quantity: int) -> Refusal | None:
    return (
        seats.zero_is_no_quantity(quantity)
        or seats.within_minimum(facts, quantity)
        or seats.within_maximum(facts, quantity)
    )


def plan_scheduled_quantity(facts: SubscriptionFacts, wish: ScheduleQuantity, now: datetime, book: RuleBook) -> Plan:
    """Plan a number of seats for the next term. Everything else that is scheduled for it stays."""
    refusal = schedule_is_locked(facts, now, book) or _fits(facts, wish.quantity)
    if refusal:
        return refused(wish, refusal, now, book)
    waiting = facts.scheduled_at_term_end
    if waiting is not None and waiting.action in _DECISIONS:
        return refused(wish, refuse(RuleName.END_OF_TERM_CHOICE, "ending_is_a_decision"), now, book)
    if wish.change is None and wish.quantity == end_of_term(facts, now, book).quantity:
        reason = "same_quantity" if waiting is None else "already_scheduled"
        refusal = refuse(RuleName.SOMETHING_CHANGES, reason, "choose_another_number", quantity=wish.quantity)
        return refused(wish, refusal, now, book)
    change = replace(waiting or wish.change or _renewal(facts, wish.quantity, now, book), quantity=wish.quantity)
    if changes_nothing(change, facts):
        return _plan(facts, wish, Intent.WITHDRAW_SCHEDULE, True, (), now, book, RuleName.SCHEDULE_AT_TERM_END)
    return _plan(facts, wish, Intent.SCHEDULE_CHANGE, True, (change,), now, book, RuleName.SCHEDULE_AT_TERM_END)


def plan_withdrawal(facts: SubscriptionFacts, wish: WithdrawSchedule, now: datetime, book: RuleBook) -> Plan:
    """Plan to take back what is scheduled for the end of the term, so that it renews as it is."""
    refusal = decision_is_locked(facts, now, book) or _is_understood(facts)
    if refusal:
        return refused(wish, refusal, now, book)
    waiting = facts.scheduled_at_term_end
    if waiting is None:
        refusal = refuse(RuleName.SCHEDULE_AT_TERM_END, "nothing_scheduled", "nothing_to_do")
        return refused(wish, refusal, now, book)
    if waiting.action in _DECISIONS or not facts.auto_renew:
        return refused(wish, refuse(RuleName.END_OF_TERM_CHOICE, "ending_is_a_decision"), now, book)
    return _plan(facts, wish, Intent.WITHDRAW_SCHEDULE, True, (), now, book, RuleName.SCHEDULE_AT_TERM_END)


def plan_end_of_term(facts: SubscriptionFacts, wish: DecideEndOfTerm, now: datetime, book: RuleBook) -> Plan:
    """Plan how the term ends: renew (as it is, or with another number), end, or roll into the extended term."""
    refusal = decision_is_locked(facts, now, book) or _choice_is_open(facts, wish, now, book)
    if refusal:
        return refused(wish, refusal, now, book)
    match wish.choice:
        case EndOfTerm.RENEW:
            return _plan_renewal(facts, wish, now, book)
        case EndOfTerm.EXTEND:
            change = _instruction(ScheduledAction.EXTEND, now, book)
            return _plan(facts, wish, Intent.EXTEND_AT_TERM, False, (change,), now, book, RuleName.EXTENDED_TERM)
        case _:
            # Without an extended term, switching auto-renew off is all there is to ending.
            explicit = (_instruction(ScheduledAction.END, now, book),) if extended_term(facts, book) else ()
            return _plan(facts, wish, Intent.END_AT_TERM, False, explicit, now, book, RuleName.END_OF_TERM_CHOICE)


def _choice_is_open(facts: SubscriptionFacts, wish: DecideEndOfTerm, now: datetime, book: RuleBook) -> Refusal | None:
    extended = standing(facts, now, book) is Standing.EXTENDED
    ending = end_of_term(facts, now, book)
    if wish.choice is EndOfTerm.UNDECIDED:
        return refuse(RuleName.END_OF_TERM_CHOICE, "no_choice", "choose_end_of_term")
    if wish.quantity is not None and wish.choice is not EndOfTerm.RENEW:
        return refuse(RuleName.END_OF_TERM_CHOICE, "quantity_needs_renewal", "choose_end_of_term")
    if facts.commitment_end is None and not extended:
        return refuse(RuleName.END_OF_TERM_CHOICE, "term_end_unknown")
    if extended and wish.choice is EndOfTerm.END:
        return refuse(RuleName.EXTENDED_TERM, "extended_term_has_no_end")
    if wish.choice is ending.decided and wish.quantity in (None, ending.quantity):
        return refuse(RuleName.SOMETHING_CHANGES, "already_decided", "nothing_to_do", choice=wish.choice.value)
    if wish.choice is EndOfTerm.EXTEND and not extended_term(facts, book):
        return refuse(RuleName.EXTENDED_TERM, "no_extended_term")
    if extended and wish.quantity not in (None, facts.quantity):
        return refuse(RuleName.EXTENDED_TERM, "extended_term_renews_as_it_is")
    if wish.choice is EndOfTerm.RENEW and facts.can_renew is False:
        return refuse(RuleName.END_OF_SALE, "cannot_renew")
    return _is_understood(facts)


def _plan_renewal(facts: SubscriptionFacts, wish: DecideEndOfTerm, now: datetime, book: RuleBook) -> Plan:
    if wish.quantity is not None and end_of_term(facts, now, book).decided is EndOfTerm.RENEW:
        return replace(plan_scheduled_quantity(facts, ScheduleQuantity(wish.quantity), now, book), wish=wish)
    if wish.quantity is None or wish.quantity == facts.quantity:
        return _plan(facts, wish, Intent.RENEW, True, (), now, book, RuleName.END_OF_TERM_CHOICE)
    if facts.kind is not SubscriptionKind.NCE:
        return refused(wish, refuse(RuleName.LEGACY_ANY_TIME, "legacy_has_no_schedule"), now, book)
    refusal = _fits(facts, wish.quantity)
    if refusal:
        return refused(wish, refusal, now, book)
    change = _renewal(facts, wish.quantity, now, book)
    return _plan(facts, wish, Intent.RENEW, True, (change,), now, book, RuleName.END_OF_TERM_CHOICE)


def _renewal(facts: SubscriptionFacts, quantity: int, now: datetime, book: RuleBook) -> ScheduledChange:
    """Write the renewal of the same product with another number."""
    return ScheduledChange(
        ScheduledAction.RENEW,
        quantity,
        facts.product_id,
        facts.sku_id,
        facts.availability_id,
        term=facts.term,
        billing_plan=facts.billing_plan,
        generation=book.schedule_generation.at(now).value,
    )


def _instruction(action: ScheduledAction, now: datetime, book: RuleBook) -> ScheduledChange:
    return ScheduledChange(action, generation=book.schedule_generation.at(now).value)


def _plan(
    facts: SubscriptionFacts,
    wish: Wish,
    intent: Intent,
    auto_renew: bool,
    at_end: tuple[ScheduledChange, ...],
    now: datetime,
    book: RuleBook,
    rule: RuleName,
) -> Plan:
    """Make the plan that leaves ``at_end`` scheduled for the end of the term; changes at other dates stay."""
    waiting = facts.scheduled_at_term_end
    others = tuple(change for change in facts.scheduled if change is not waiting)
    target = Target(facts.quantity, Status.ACTIVE, auto_renew, (*at_end, *others))
    later = effects.after(facts, target)
    if standing(facts, now, book) is Standing.EXTENDED:
        counted = {"quantity": facts.quantity, "term": facts.term.value}
        found = (Consequence(When.NOW, "renews_out_of_extended", facts=counted), effects.renewal_window(now, book))
        return Plan(wish, Allowed(), Write(intent, target), found, rules=(book.use(rule, now),))
    consequences = effects.in_order(
        Consequence(When.NOW, "nothing_changes_now", facts.commitment_end, {"quantity": facts.quantity}),
        Consequence(When.UNTIL, "can_be_changed", facts.commitment_end),
        *effects.at_term_end(later, now, book),
        *effects.after_term_end(later, now, book),
    )
    warnings = _warnings(facts, later, intent, now, book)
    assigned_seats = any(warning.key == "below_assigned" for warning in warnings)
    if intent is Intent.WITHDRAW_SCHEDULE or facts.commitment_end is None:
        verdict: Verdict = Allowed()
    else:
        verdict = Scheduled(facts.commitment_end)
    rules = [RuleName.ASSIGNED_SEATS, rule] if assigned_seats else [rule]
    if any(consequence.key == "expired_grace" for consequence in consequences):
        rules.insert(0, RuleName.EXPIRY_GRACE)
    used = tuple(book.use(name, now) for name in rules)
    return Plan(wish, verdict, Write(intent, target), consequences, warnings, rules=used)


def _warnings(
    facts: SubscriptionFacts, later: SubscriptionFacts, intent: Intent, now: datetime, book: RuleBook
) -> tuple[Caution, ...]:
    found: list[Caution] = []
    caution = seats.below_assigned(facts, later, now, book)
    if intent is Intent.END_AT_TERM:
        everybody = seats.none_is_left(facts, later, now, book)
        found.append(Caution("access_will_stop" if everybody else "seats_will_stop", True, {"seats": facts.quantity}))
        caution = None if everybody else caution
    if caution:
        found.insert(0, caution)
    waiting = facts.scheduled_at_term_end
    if intent in (Intent.END_AT_TERM, Intent.EXTEND_AT_TERM) and waiting and waiting.action not in _DECISIONS:
        found.append(Caution("schedule_taken_back"))
    return tuple(found)
