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
    back into use. AT_RENEWAL: how far the number of the next term is from the seats of the present; no limit counts it,
    a decision may be put back up to it.
    """

    CHANGES = "changes"
    SEATS = "seats"
    CANCELLED = "cancelled"
    AT_RENEWAL = "at_renewal"


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
    return change, Weight(Measure.SEATS, moved), Weight(Measure.AT_RENEWAL, abs(next_term - after))


def _seats(scheduled: ScheduledChange | None, otherwise: int) -> int:
    """Return the seats of the next term; a term that ends, or of which nothing is said, goes on with the present."""
    if scheduled is None or scheduled.quantity is None or scheduled.action not in _WITH_SEATS:
        return otherwise
    return scheduled.quantity
