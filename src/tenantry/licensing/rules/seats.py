"""Rules about numbers of seats: limits, return windows, and what becomes of a scheduled number."""

from dataclasses import replace
from datetime import datetime

from tenantry.kernel.refusals import Refusal
from tenantry.licensing.rules.book import RuleBook, RuleName
from tenantry.licensing.rules.checks import SOFTWARE, refuse
from tenantry.licensing.rules.facts import (
    Lot,
    ScheduledAction,
    ScheduledChange,
    SubscriptionFacts,
    SubscriptionKind,
)
from tenantry.licensing.rules.plan import Caution, Option, Question
from tenantry.licensing.rules.product_seats import left_by
from tenantry.licensing.rules.terms import changes_nothing
from tenantry.licensing.rules.wishes import ScheduleHandling

_WITH_INSTRUCTIONS = frozenset({ScheduledAction.RENEW, ScheduledAction.TRANSITION})


def returnable_lots(facts: SubscriptionFacts, now: datetime) -> tuple[Lot, ...]:
    """Return what can still be returned of each lot whose return window is open, the first deadline first.

    Their seats add up to `returnable_now`, at this moment and after each of the deadlines; a lot of which nothing can
    be returned is left out. Where less can be returned than the lots hold, the lots that close first give less.
    """
    left = returnable_now(facts, now)
    found: list[Lot] = []
    for lot in sorted(_open_lots(facts, now), key=lambda lot: lot.returnable_until, reverse=True):
        if taken := min(lot.quantity, left):
            found.append(Lot(taken, lot.returnable_until))
            left -= taken
    return tuple(reversed(found))


def returnable_now(facts: SubscriptionFacts, now: datetime) -> int:
    """Return how many seats can be returned at ``now``, as far as their number decides: pages and rules count by this.

    Microsoft's total counts as it was read; lots whose window has closed since are taken off. Without any details the
    total stands alone. The smallest number of seats always stays: the last ones go only with the whole subscription.
    Legacy seats have no windows, and software gives none back.
    """
    spare = max(0, facts.quantity - smallest(facts))
    if facts.kind is SubscriptionKind.LEGACY:
        return spare
    if facts.kind in SOFTWARE:
        return 0
    live = sum(lot.quantity for lot in _open_lots(facts, now))
    if facts.refundable_total is None:
        total = live
    elif facts.lots:
        total = min(facts.refundable_total, live)
    else:
        total = facts.refundable_total
    return max(0, min(total, spare))


def _open_lots(facts: SubscriptionFacts, now: datetime) -> list[Lot]:
    return [lot for lot in facts.lots if now < lot.returnable_until and lot.quantity > 0]


def smallest(facts: SubscriptionFacts) -> int:
    """Return the smallest number of seats that the product may have."""
    return max(1, facts.minimum or 1)


def largest_now(facts: SubscriptionFacts) -> int | None:
    """Return the largest number of seats that may be had now; None where no limit is known."""
    limits = [limit for limit in (facts.maximum, facts.promotion_maximum) if limit is not None]
    return min(limits, default=None)


def zero_is_no_quantity(quantity: int) -> Refusal | None:
    """Refuse zero seats and less: to have none is to cancel."""
    if quantity > 0:
        return None
    return refuse(RuleName.ZERO_IS_NO_QUANTITY, "zero_is_no_quantity", "choose_another_number", wanted=quantity)


def within_maximum(facts: SubscriptionFacts, quantity: int) -> Refusal | None:
    """Refuse more seats than the product may have."""
    if facts.maximum is None or quantity <= facts.maximum:
        return None
    return refuse(RuleName.SEAT_LIMITS, "above_maximum", wanted=quantity, maximum=facts.maximum)


def within_promotion(facts: SubscriptionFacts, quantity: int) -> Refusal | None:
    """Refuse more seats than the promotion of the running term covers: Microsoft does not sell the rest without it."""
    if facts.promotion_maximum is None or quantity <= facts.promotion_maximum:
        return None
    return refuse(RuleName.PROMOTION_LIMIT, "above_promotion_maximum", wanted=quantity, maximum=facts.promotion_maximum)


def within_minimum(facts: SubscriptionFacts, quantity: int) -> Refusal | None:
    """Refuse fewer seats than the product must have."""
    if quantity >= smallest(facts):
        return None
    return refuse(RuleName.SEAT_LIMITS, "below_minimum", wanted=quantity, minimum=smallest(facts))


def updates_left(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> Refusal | None:
    """Refuse a change of seats when Microsoft counts no more of them on this subscription."""
    limit = book.update_limit.at(now).value
    if facts.update_count is None or facts.update_count < limit:
        return None
    return refuse(RuleName.UPDATE_LIMIT, "too_many_updates", limit=limit)


def inside_return_window(facts: SubscriptionFacts, quantity: int, now: datetime) -> Refusal | None:
    """Refuse to return seats outside of the windows of their lots; legacy seats have none."""
    returned = facts.quantity - quantity
    if facts.kind is SubscriptionKind.LEGACY:
        return None
    returnable = returnable_now(facts, now)
    if returned <= returnable:
        return None
    if returnable:
        return refuse(RuleName.RETURN_WINDOW, "more_than_returnable", returned=returned, returnable=returnable)
    closed = max((lot.returnable_until for lot in facts.lots), default=None)
    if closed is None:
        return refuse(RuleName.RETURN_WINDOW, "nothing_returnable", returned=returned)
    return refuse(RuleName.RETURN_WINDOW, "return_window_closed", returned=returned, closed=closed)


def below_assigned(facts: SubscriptionFacts, later: SubscriptionFacts, now: datetime, book: RuleBook) -> Caution | None:
    """Warn when a change leaves fewer seats in the tenant than are assigned to people, from the first such moment on.

    ``later`` is the subscription as the change leaves it. None where it is not known how many seats are assigned.
    """
    return next((left.caution for left in left_by(facts, later, now, book) if left.caution), None)


def none_is_left(facts: SubscriptionFacts, later: SubscriptionFacts, now: datetime, book: RuleBook) -> bool:
    """Say whether a subscription that stops leaves its people without any seat of the product, as far as is known."""
    found = left_by(facts, later, now, book)
    return not found or found[0].remaining == 0


def waiting_quantity(facts: SubscriptionFacts) -> ScheduledChange | None:
    """Return the scheduled change that names a number of seats for the next term, if there is one."""
    change = facts.scheduled_at_term_end
    if change is None or change.quantity is None or change.action not in _WITH_INSTRUCTIONS:
        return None
    return change


def schedule_options(facts: SubscriptionFacts, quantity: int) -> tuple[Option, ...]:
    """Return what a scheduled number may become when the number changes now to ``quantity``; none without a schedule.

    Keep it, shift it by the same difference, or drop it so that the new number stays. Answers that lead to the same
    number are offered once.
    """
    waiting = waiting_quantity(facts)
    if waiting is None or waiting.quantity is None:
        return ()
    candidates = {
        ScheduleHandling.KEEP: waiting.quantity,
        ScheduleHandling.SHIFT: waiting.quantity + quantity - facts.quantity,
        ScheduleHandling.DROP: quantity,
    }
    options: list[Option] = []
    for answer, then in candidates.items():
        fits = answer is not ScheduleHandling.SHIFT or (
            not within_minimum(facts, then) and not within_maximum(facts, then)
        )
        if fits and then not in [option.quantity for option in options]:
            options.append(Option(answer, then))
    return tuple(options)


def schedule_question(facts: SubscriptionFacts, quantity: int, answer: ScheduleHandling | None) -> Question | None:
    """Ask "still 8 at renewal, or 11?" until the wish answers it with one of the options."""
    options = schedule_options(facts, quantity)
    if len(options) < 2 or answer in [option.answer for option in options]:
        return None
    known: dict[str, int | datetime] = {"before": facts.quantity, "after": quantity, "scheduled": options[0].quantity}
    if facts.commitment_end is not None:
        known["at"] = facts.commitment_end
    return Question("schedule", options, known)


def schedule_afterwards(
    facts: SubscriptionFacts, quantity: int, answer: ScheduleHandling | None
) -> tuple[ScheduledChange, ...]:
    """Return the scheduled changes that have to be there after the number of seats has changed to ``quantity`` at once.

    What is not understood cannot be written again and is missing.
    """
    options = {option.answer: option.quantity for option in schedule_options(facts, quantity)}
    waiting = waiting_quantity(facts)
    then = options.get(answer or ScheduleHandling.KEEP)
    changed = replace(facts, quantity=quantity)
    kept: list[ScheduledChange] = []
    for change in facts.scheduled:
        if change.action is ScheduledAction.UNKNOWN:
            continue
        after = replace(change, quantity=then) if change is waiting and then is not None else change
        if change is not waiting or not changes_nothing(after, changed):
            kept.append(after)
    return tuple(kept)
