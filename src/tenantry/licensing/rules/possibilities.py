"""What may be done with a subscription at all, for drawing its page before anybody has wished for anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenantry.kernel.refusals import Refusal
from tenantry.licensing.rules.book import BOOK, RuleBook
from tenantry.licensing.rules.decisions import schedule_is_locked
from tenantry.licensing.rules.facts import EndOfTerm, SubscriptionFacts
from tenantry.licensing.rules.planner import plan_change
from tenantry.licensing.rules.quantities import seats_are_locked
from tenantry.licensing.rules.seats import largest_now, returnable_lots, returnable_now, smallest
from tenantry.licensing.rules.terms import Ending, end_of_term
from tenantry.licensing.rules.wishes import (
    Cancel,
    DecideEndOfTerm,
    Reactivate,
    ScheduleQuantity,
    SetQuantity,
    Wish,
    WithdrawSchedule,
)


@dataclass(frozen=True, slots=True)
class OpenLot:
    """Seats that may still be returned, until when, and how long that is."""

    quantity: int
    returnable_until: datetime
    remaining: timedelta


@dataclass(frozen=True, slots=True)
class Possibilities:
    """What is open and what is not; a Refusal says why not, None means open.

    ``lowest_now`` and ``highest_now`` bound what can be had at once (both are the present quantity where seats are
    locked; ``highest_now`` is None where no limit is known). ``lowest_at_renewal`` and ``highest_at_renewal`` bound a
    scheduled number. ``lots`` add up to ``returnable_now``; ``returnable_until`` is their last deadline. ``decide`` has
    every choice of the end of the term.
    """

    lowest_now: int
    highest_now: int | None
    returnable_now: int
    returnable_until: datetime | None
    lots: tuple[OpenLot, ...]
    lowest_at_renewal: int
    highest_at_renewal: int | None
    seats: Refusal | None
    add: Refusal | None
    lower: Refusal | None
    schedule: Refusal | None
    withdraw: Refusal | None
    decide: Mapping[EndOfTerm, Refusal | None]
    cancel: Refusal | None
    reactivate: Refusal | None
    ending: Ending


def possible_changes(facts: SubscriptionFacts, now: datetime, book: RuleBook = BOOK) -> Possibilities:
    """Say what may be done now, by the same rules that plan a change."""

    def against(wish: Wish) -> Refusal | None:
        return plan_change(facts, wish, now, book).refusal

    locked = seats_are_locked(facts, now, book)
    unschedulable = schedule_is_locked(facts, now, book)
    add = against(SetQuantity(facts.quantity + 1))
    lower = against(SetQuantity(facts.quantity - 1))
    lots = () if lower else returnable_lots(facts, now)
    returnable = 0 if lower else returnable_now(facts, now)
    return Possibilities(
        lowest_now=facts.quantity - returnable,
        highest_now=facts.quantity if locked else _highest(facts),
        returnable_now=returnable,
        returnable_until=lots[-1].returnable_until if lots else None,
        lots=tuple(OpenLot(lot.quantity, lot.returnable_until, lot.returnable_until - now) for lot in lots),
        lowest_at_renewal=smallest(facts),
        highest_at_renewal=facts.maximum,
        seats=add if locked else None,
        add=add,
        lower=lower,
        schedule=against(ScheduleQuantity(facts.quantity)) if unschedulable else None,
        withdraw=against(WithdrawSchedule()),
        decide={
            choice: against(DecideEndOfTerm(choice)) for choice in (EndOfTerm.RENEW, EndOfTerm.END, EndOfTerm.EXTEND)
        },
        cancel=against(Cancel()),
        reactivate=against(Reactivate()),
        ending=end_of_term(facts, now, book),
    )


def _highest(facts: SubscriptionFacts) -> int | None:
    limit = largest_now(facts)
    return None if limit is None else max(limit, facts.quantity)
