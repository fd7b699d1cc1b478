"""What to wish for instead: candidates for each reason, the closest to the wish first. The planner checks each."""

from dataclasses import replace
from datetime import datetime

from tenantry.licensing.rules.facts import EndOfTerm, SubscriptionFacts
from tenantry.licensing.rules.seats import largest_now, returnable_now, smallest
from tenantry.licensing.rules.wishes import (
    Cancel,
    DecideEndOfTerm,
    Reactivate,
    ScheduleQuantity,
    SetQuantity,
    Wish,
)

Instead = SetQuantity | ScheduleQuantity | DecideEndOfTerm | Cancel | Reactivate


_Numbered = SetQuantity | ScheduleQuantity | DecideEndOfTerm


def candidates(reason: str, facts: SubscriptionFacts, wish: Wish, now: datetime) -> tuple[Instead, ...]:
    """Return wishes that may be possible where ``wish`` was refused for ``reason``."""
    if isinstance(wish, SetQuantity | ScheduleQuantity | DecideEndOfTerm):
        found = _other_numbers(reason, facts, wish, now)
        if found:
            return found
    match reason:
        case "ending_is_a_decision" | "extended_term_is_fixed" | "extended_term_renews_as_it_is":
            return (DecideEndOfTerm(EndOfTerm.RENEW),)
        case "extended_term_has_no_end":
            return (Cancel(),)
        case "cancel_window_closed" | "cancel_not_offered":
            return (DecideEndOfTerm(EndOfTerm.END),)
        case "no_extended_term":
            return (DecideEndOfTerm(EndOfTerm.RENEW), DecideEndOfTerm(EndOfTerm.END))
        case "suspended":
            return (Reactivate(),)
    return ()


def _other_numbers(reason: str, facts: SubscriptionFacts, wish: _Numbered, now: datetime) -> tuple[Instead, ...]:
    """Return the same number at another time, or another number at the same time."""
    match reason, wish:
        case (("more_than_returnable" | "return_window_closed" | "nothing_returnable"), SetQuantity(wanted)):
            lowest = facts.quantity - returnable_now(facts, now)
            return (_next_term(facts, wanted), replace(wish, quantity=lowest))
        case "zero_is_no_quantity", SetQuantity():
            return (Cancel(), DecideEndOfTerm(EndOfTerm.END))
        case "zero_is_no_quantity", _:
            return (DecideEndOfTerm(EndOfTerm.END), Cancel())
        case "below_minimum", _:
            return (replace(wish, quantity=smallest(facts)),)
        case "above_maximum", ScheduleQuantity() | DecideEndOfTerm():
            return (replace(wish, quantity=facts.maximum or facts.quantity),)
        case (("above_maximum" | "above_promotion_maximum"), SetQuantity()):
            return (replace(wish, quantity=largest_now(facts) or facts.quantity),)
        case (("schedule_needs_renewal" | "ending_is_a_decision"), ScheduleQuantity(wanted)):
            return (DecideEndOfTerm(EndOfTerm.RENEW, wanted),)
        case "legacy_has_no_schedule", ScheduleQuantity(wanted) | DecideEndOfTerm(_, int(wanted)):
            return (SetQuantity(wanted),)
    return ()


def _next_term(facts: SubscriptionFacts, wanted: int) -> Instead:
    """Have the number from the next term on: that takes a subscription that renews."""
    return ScheduleQuantity(wanted) if facts.auto_renew else DecideEndOfTerm(EndOfTerm.RENEW, wanted)
