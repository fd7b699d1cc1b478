"""Plans that stop a subscription now, or take a stopped one back into use."""

from datetime import datetime

from tenantry.kernel.refusals import Refusal
from tenantry.licensing.rules import checks, effects, seats
from tenantry.licensing.rules.book import RuleBook, RuleName
from tenantry.licensing.rules.checks import refuse
from tenantry.licensing.rules.facts import Status, SubscriptionFacts, SubscriptionKind
from tenantry.licensing.rules.plan import (
    Allowed,
    Caution,
    Consequence,
    Intent,
    Plan,
    Target,
    When,
    Write,
)
from tenantry.licensing.rules.quantities import refused
from tenantry.licensing.rules.terms import Standing, standing
from tenantry.licensing.rules.wishes import Cancel, Reactivate


def cancel_window_is_open(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> Refusal | None:
    """Refuse to cancel after Microsoft's last moment for it; in the extended term one may cancel at any time."""
    if facts.kind is SubscriptionKind.LEGACY or standing(facts, now, book) is Standing.EXTENDED:
        return None
    until = facts.cancellation_allowed_until
    if until is None:
        return refuse(RuleName.CANCEL_WINDOW, "cancel_not_offered")
    if now >= until:
        return refuse(RuleName.CANCEL_WINDOW, "cancel_window_closed", closed=until)
    return None


def plan_cancel(facts: SubscriptionFacts, wish: Cancel, now: datetime, book: RuleBook) -> Plan:
    """Plan to stop a subscription now: NCE is cancelled for good, legacy is suspended."""
    refusal = (
        checks.kind_without_seats(facts)
        or checks.status_allows(facts)
        or checks.software_is_ordered(facts, now, book)
        or checks.trial_is_fixed(facts)
        or checks.seats_while_renewing(facts, now, book)
        or checks.term_is_over(facts, now, book)
        or cancel_window_is_open(facts, now, book)
    )
    if refusal:
        return refused(wish, refusal, now, book)
    if facts.kind is SubscriptionKind.LEGACY:
        target = Target(facts.quantity, Status.SUSPENDED, facts.auto_renew, facts.scheduled)
        found = effects.of_suspension(facts, now, book)
        return _plan_stop(facts, wish, Write(Intent.SUSPEND, target), found, RuleName.LEGACY_SUSPENDS, now, book)
    extended = standing(facts, now, book) is Standing.EXTENDED
    target = Target(facts.quantity, Status.DELETED, False)
    everybody = seats.none_is_left(facts, effects.after(facts, target), now, book)
    found = effects.of_cancel(facts, now, book, extended=extended, everybody=everybody)
    rule = RuleName.EXTENDED_TERM if extended else RuleName.CANCEL_WINDOW
    return _plan_stop(facts, wish, Write(Intent.CANCEL, target), found, rule, now, book)


def _plan_stop(
    facts: SubscriptionFacts,
    wish: Cancel,
    write: Write,
    found: tuple[Consequence, ...],
    rule: RuleName,
    now: datetime,
    book: RuleBook,
) -> Plan:
    told = {consequence.key for consequence in found}
    everybody = "access_stops" in told
    caution = None if everybody else seats.below_assigned(facts, effects.after(facts, write.target), now, book)
    key = "cancelling_is_final" if everybody else "cancelling_stops_seats"
    if write.intent is Intent.SUSPEND:
        key = "access_stops_now"
    warnings = (*((caution,) if caution else ()), Caution(key, True, {"seats": facts.quantity}))
    rules = (RuleName.FULL_REFUND, rule) if "refund_full" in told else (rule,)
    if caution:
        rules = (RuleName.ASSIGNED_SEATS, *rules)
    used = tuple(book.use(name, now) for name in rules)
    return Plan(wish, Allowed(), write, effects.in_order(*found), warnings, rules=used)


def plan_reactivation(facts: SubscriptionFacts, wish: Reactivate, now: datetime, book: RuleBook) -> Plan:
    """Plan to take a suspended legacy subscription back into use. Suspended NCE seats are the partner's matter."""
    refusal = checks.kind_without_seats(facts)
    if not refusal and facts.status is Status.ACTIVE:
        refusal = refuse(RuleName.STATUS_ALLOWS, "not_suspended", "nothing_to_do")
    if not refusal and (facts.status is not Status.SUSPENDED or facts.kind is not SubscriptionKind.LEGACY):
        refusal = checks.status_allows(facts)
    if refusal:
        return refused(wish, refusal, now, book)
    target = Target(facts.quantity, Status.ACTIVE, facts.auto_renew, facts.scheduled)
    found = (
        Consequence(When.NOW, "access_returns", facts={"seats": facts.quantity}),
        Consequence(When.NOW, "charges_start"),
    )
    return Plan(
        wish, Allowed(), Write(Intent.REACTIVATE, target), found, rules=(book.use(RuleName.LEGACY_SUSPENDS, now),)
    )
