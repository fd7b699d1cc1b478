"""How much a planned write moves: what the partner's limits count, whichever form it was asked for in."""

from dataclasses import dataclass
from enum import StrEnum

from tenantry.licensing.rules.facts import ScheduledAction, ScheduledChange, SubscriptionFacts
from tenantry.licensing.rules.plan import CHANGES_QUANTITY, Intent, Write

_STOPS_OR_STARTS = frozenset({Intent.CANCEL, Intent.SUSPEND, Intent.REACTIVATE})
_WITH_SEATS = frozenset({ScheduledAction.RENEW, ScheduledAction.TRANSITION})
# Decisions for the end of a term: these move no seat before it.
AT_TERM_END = frozenset({Intent.SCHEDULE_CHANGE, Intent.RENEW, Intent.END_AT_TERM, Intent.EXTEND_AT_TERM})


class Measure(StrEnum):
    """What is counted of a write.

    SEATS: seats moved, now or at the renewal. CANCELLED: seats of a subscription that is cancelled, suspended or taken
    back into use. No limit counts the others, but what a decision may be put back to: RENEWS, how far the seats of the
    next term are from those of the present; ENDS and EXTENDS, of which only that it was so counts.
    """

    CHANGES = "changes"
    SEATS = "seats"
    CANCELLED = "cancelled"
    RENEWS = "renews"
    ENDS = "ends"
    EXTENDS = "extends"


# How the term ends after a write: exactly one of these is weighed of every write that leaves a term.
WAYS_TO_END = frozenset({Measure.RENEWS, Measure.ENDS, Measure.EXTENDS})


@dataclass(frozen=True, slots=True)
class Weight:
    """An amount of one measure: changes or seats, never negative."""

    measure: Measure
    amount: int


def weigh(facts: SubscriptionFacts, write: Write) -> tuple[Weight, ...]:
    """Weigh a write by its effect on a subscription as it is: how far now, and the next term, are from the present.

    A change at once that leaves, shifts or drops a number for the next term weighs by what it does to that number.
    """
    change = Weight(Measure.CHANGES, 1)
    if write.intent in _STOPS_OR_STARTS:
        return change, Weight(Measure.CANCELLED, facts.quantity)
    present, after = facts.quantity, write.target.quantity
    scheduled = next(
        (one for one in write.target.scheduled if one.effective_date in (None, facts.commitment_end)), None
    )
    next_term = _seats(scheduled, after)
    away = abs(next_term - present)
    if write.intent in CHANGES_QUANTITY:
        moved = max(abs(after - present), min(away, abs(next_term - _seats(facts.scheduled_at_term_end, present))))
    else:
        moved = away
    return change, Weight(Measure.SEATS, moved), _end_of_term(write, scheduled, abs(next_term - after))


def _end_of_term(write: Write, scheduled: ScheduledChange | None, away: int) -> Weight:
    if scheduled is not None and scheduled.action is ScheduledAction.EXTEND:
        return Weight(Measure.EXTENDS, 0)
    # Switched off without a choice: that was all there was to ending before the extended term.
    switched_off = scheduled is None and write.target.auto_renew is False
    if switched_off or (scheduled is not None and scheduled.action is ScheduledAction.END):
        return Weight(Measure.ENDS, 0)
    return Weight(Measure.RENEWS, away)


def _seats(scheduled: ScheduledChange | None, otherwise: int) -> int:
    """Return the seats of the next term; a term that ends, or of which nothing is said, goes on with the present."""
    if scheduled is None or scheduled.quantity is None or scheduled.action not in _WITH_SEATS:
        return otherwise
    return scheduled.quantity
