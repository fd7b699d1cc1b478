"""The seats of one product over time: what stands at a moment, over all of a company's subscriptions of it.

A tenant's directory counts a product over all subscriptions and all channels. Whether enough seats remain for the
people who have one can only be said of a moment: until a change takes effect, other subscriptions may have ended or
renewed with fewer seats.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenantry.licensing.rules.book import RuleBook
from tenantry.licensing.rules.facts import ScheduledAction, ScheduledChange, Status, SubscriptionFacts
from tenantry.licensing.rules.plan import Caution
from tenantry.licensing.rules.terms import Outcome, end_of_term

_NO_MORE = frozenset({Outcome.ENDS, Outcome.EXPIRES, Outcome.LAPSES})


def sku_name(product_id: str, sku_id: str) -> str:
    """Name a SKU in one word, as Microsoft writes the first two parts of an offer id."""
    return f"{product_id}:{sku_id}"


@dataclass(frozen=True, slots=True)
class Course:
    """The seats that one subscription has of a product: at present, and from each known moment on, in order."""

    present: int
    steps: tuple[tuple[datetime, int], ...] = ()

    def at(self, moment: datetime) -> int:
        """Return the seats at a moment from now on."""
        seats = self.present
        for begins, then in self.steps:
            if begins <= moment:
                seats = then
        return seats

    def falls_at(self, moment: datetime) -> bool:
        """Say whether there are fewer seats from a moment on than right before it."""
        return self.at(moment) < self.at(moment - timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class ProductSeats:
    """One product in a tenant: seats assigned to people, seats in force, and the courses of our subscriptions.

    ``total`` is over all channels, at present; what we do not know of it is taken to stay.
    """

    assigned: int
    total: int
    courses: tuple[Course, ...]

    def standing(self, moment: datetime) -> int:
        """Return how many seats of the product stand at a moment from now on."""
        elsewhere = max(0, self.total - sum(course.present for course in self.courses))
        return elsewhere + sum(course.at(moment) for course in self.courses)

    def first_shortage(self, now: datetime) -> tuple[datetime, Caution] | None:
        """Return the first coming moment that takes seats away and leaves fewer than are assigned to people.

        Where the only subscription of a product ends and nothing is left, its end says that itself.
        """
        before, alone = self.standing(now), sum(course.present > 0 for course in self.courses) <= 1
        for moment in coming(self.courses, now):
            remaining = self.standing(moment)
            told = alone and remaining == 0
            if remaining < before and not told and (caution := shortage(self, remaining, moment, now)):
                return moment, caution
            before = remaining
        return None


def course(facts: SubscriptionFacts, skus: Collection[str], now: datetime, book: RuleBook) -> Course:
    """Say how many seats of the product that ``skus`` provide a subscription has, and will have.

    Only an active subscription has any: what has expired is being wound up, what is suspended may never come back. What
    happens at the end of a term is what happens if nobody acts; where that is not known, the seats are taken to stay.
    """
    if facts.status is not Status.ACTIVE:
        return Course(0)
    present = seats = facts.quantity if sku_name(facts.product_id, facts.sku_id) in skus else 0
    if not present and not facts.scheduled:
        return Course(0)
    ending, at_end = end_of_term(facts, now, book), facts.scheduled_at_term_end
    events = [
        (change.effective_date, change)
        for change in facts.scheduled
        if change.effective_date is not None and change is not at_end
    ]
    if ending.at is not None and ending.outcome in _NO_MORE:
        events.append((ending.at, ScheduledChange(ScheduledAction.END)))
    elif ending.at is not None and ending.change is not None and ending.outcome is not Outcome.UNKNOWN:
        events.append((ending.at, ending.change))
    steps = []
    for moment, change in sorted(events, key=lambda event: event[0]):
        seats = _after(change, seats, facts, skus)
        steps.append((moment, seats))
    return Course(present, tuple(steps))


def _after(change: ScheduledChange, seats: int, facts: SubscriptionFacts, skus: Collection[str]) -> int:
    """Return the seats of the product after a scheduled change."""
    match change.action:
        case ScheduledAction.END:
            return 0
        case ScheduledAction.RENEW | ScheduledAction.TRANSITION:
            becomes = sku_name(change.product_id or facts.product_id, change.sku_id or facts.sku_id)
            # A trial becomes the paid SKU of its product, which may not be in the catalogue yet.
            converts = facts.is_trial and change.product_id == facts.product_id and seats > 0
            if becomes not in skus and not converts:
                return 0
            return facts.quantity if change.quantity is None else change.quantity
    return seats


def coming(courses: Sequence[Course], now: datetime) -> list[datetime]:
    """Return the moments after ``now`` at which the number of seats may change, in order."""
    return sorted({moment for course in courses for moment, _seats in course.steps if moment > now})


def shortage(product: ProductSeats, remaining: int, moment: datetime, now: datetime) -> Caution | None:
    """Warn where fewer seats remain at a moment than are assigned; what happens at once is dangerous."""
    if remaining >= product.assigned:
        return None
    counted = {"assigned": product.assigned, "remaining": remaining, "short": product.assigned - remaining}
    return (
        Caution("below_assigned", True, counted)
        if moment <= now
        else Caution("below_assigned", False, {**counted, "at": moment})
    )


@dataclass(frozen=True, slots=True)
class Left:
    """What a change leaves of the product at a moment at which it takes seats away."""

    remaining: int
    caution: Caution | None


def left_by(facts: SubscriptionFacts, later: SubscriptionFacts, now: datetime, book: RuleBook) -> tuple[Left, ...]:
    """Say what remains of the product when ``facts`` become ``later``, at each moment at which that takes seats away.

    A change takes seats away at a moment when it leaves fewer than there are now, and another number than would be
    there without it. Empty where no seats go, and where it is not known how many are assigned.
    """
    if facts.assigned is None:
        return ()
    skus = {*facts.product_skus, sku_name(facts.product_id, facts.sku_id)}
    before, after = course(facts, skus, now, book), course(later, skus, now, book)
    others = tuple(course(other, skus, now, book) for other in facts.others)
    product = ProductSeats(facts.assigned, facts.sold_total or 0, (before, *others))
    found = []
    for moment in (now, *coming((after, *others), now)):
        mine, otherwise = after.at(moment), before.at(moment)
        if mine < facts.quantity and mine != otherwise:
            remaining = product.standing(moment) - otherwise + mine
            found.append(Left(remaining, shortage(product, remaining, moment, now)))
    return tuple(found)
