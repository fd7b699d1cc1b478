"""Plans that change the number of seats at once."""

from datetime import datetime

from tenantry.kernel.refusals import Refusal
from tenantry.licensing.rules import checks, effects, seats
from tenantry.licensing.rules.book import RuleBook, RuleName
from tenantry.licensing.rules.facts import Status, SubscriptionFacts, SubscriptionKind
from tenantry.licensing.rules.plan import Allowed, Consequence, Intent, Plan, Refused, Target, Write
from tenantry.licensing.rules.wishes import SetQuantity, Wish


def refused(wish: Wish, refusal: Refusal, now: datetime, book: RuleBook) -> Plan:
    """Make the plan that says no."""
    return Plan(wish, Refused(refusal), rules=(book.use(refusal.rule, now),))


def seats_are_locked(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> Refusal | None:
    """Return what speaks against any change of seats at once, whatever the number."""
    return (
        checks.kind_without_seats(facts)
        or checks.status_allows(facts)
        or checks.software_seats_stay(facts)
        or checks.trial_is_fixed(facts)
        or checks.seats_while_renewing(facts, now, book)
        or checks.term_is_over(facts, now, book)
        or checks.extended_term_is_fixed(facts, now, book)
        or seats.updates_left(facts, now, book)
    )


def plan_quantity_now(facts: SubscriptionFacts, wish: SetQuantity, now: datetime, book: RuleBook) -> Plan:
    """Plan a new number of seats from now on."""
    refusal = (
        seats_are_locked(facts, now, book)
        or seats.zero_is_no_quantity(wish.quantity)
        or _something_changes(facts, wish.quantity)
    )
    if refusal:
        return refused(wish, refusal, now, book)
    if wish.quantity > facts.quantity:
        return _plan_addition(facts, wish, now, book)
    return _plan_return(facts, wish, now, book)


def _something_changes(facts: SubscriptionFacts, quantity: int) -> Refusal | None:
    if quantity != facts.quantity:
        return None
    return checks.refuse(RuleName.SOMETHING_CHANGES, "same_quantity", "choose_another_number", quantity=quantity)


def _plan_addition(facts: SubscriptionFacts, wish: SetQuantity, now: datetime, book: RuleBook) -> Plan:
    refusal = seats.within_maximum(facts, wish.quantity) or seats.within_promotion(facts, wish.quantity)
    if refusal:
        return refused(wish, refusal, now, book)
    found = effects.of_addition(facts, wish.quantity, now, book)
    rules = [RuleName.ADD_ANY_TIME]
    if facts.kind is SubscriptionKind.NCE:
        rules = [RuleName.RETURN_WINDOW, RuleName.ADD_ANY_TIME]
    return _plan(facts, wish, Intent.ADD_SEATS, found, rules, now, book)


def _plan_return(facts: SubscriptionFacts, wish: SetQuantity, now: datetime, book: RuleBook) -> Plan:
    refusal = seats.within_minimum(facts, wish.quantity) or seats.inside_return_window(facts, wish.quantity, now)
    if refusal:
        return refused(wish, refusal, now, book)
    found = effects.of_return(facts, wish.quantity, now)
    rules = [RuleName.RETURN_WINDOW if facts.kind is SubscriptionKind.NCE else RuleName.LEGACY_ANY_TIME]
    return _plan(facts, wish, Intent.RETURN_SEATS, found, rules, now, book)


def _plan(
    facts: SubscriptionFacts,
    wish: SetQuantity,
    intent: Intent,
    found: tuple[Consequence, ...],
    rules: list[RuleName],
    now: datetime,
    book: RuleBook,
) -> Plan:
    scheduled = seats.schedule_afterwards(facts, wish.quantity, wish.schedule)
    target = Target(wish.quantity, Status.ACTIVE, facts.auto_renew, scheduled)
    question = seats.schedule_question(facts, wish.quantity, wish.schedule)
    later = effects.after(facts, target)
    caution = seats.below_assigned(facts, later, now, book)
    cautions = (caution,) if caution else ()
    names = [RuleName.ASSIGNED_SEATS, *rules] if caution else rules
    names = [RuleName.SCHEDULE_DROPPED, *names] if facts.scheduled else names
    used = tuple(book.use(name, now) for name in names)
    if question:
        return Plan(wish, Allowed(), None, effects.in_order(*found), cautions, (question,), used)
    ending = effects.at_term_end(later, now, book)
    warnings = (*cautions, *effects.schedule_warnings(facts, target))
    return Plan(wish, Allowed(), Write(intent, target), effects.in_order(*found, *ending), warnings, rules=used)
