"""Dates of terms and charges, and what happens at the end of a term if nobody acts."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from tenantry.licensing.rules.book import ExtendedTerm, RuleBook
from tenantry.licensing.rules.facts import (
    BillingPlan,
    EndOfTerm,
    ScheduledAction,
    ScheduledChange,
    Status,
    SubscriptionFacts,
    SubscriptionKind,
    Term,
)

_MONTHS = {Term.MONTH: 1, Term.YEAR: 12, Term.THREE_YEARS: 36}
_WITHOUT_TERM = frozenset(
    {SubscriptionKind.AZURE_PLAN, SubscriptionKind.LEGACY_AZURE, SubscriptionKind.SOFTWARE_PERPETUAL}
)
_CYCLE_MONTHS = {BillingPlan.MONTHLY: 1, BillingPlan.ANNUAL: 12, BillingPlan.TRIENNIAL: 36}


def exact_end(last_day: datetime) -> datetime:
    """Return the exact last second of a term whose end Microsoft writes as midnight of its inclusive last day.

    A moment with a time of day is exact already. Source: subscription resource, commitmentEndDate, read 2026-11.
    """
    if last_day.timetz().replace(tzinfo=None) != time.min:
        return last_day
    return last_day + timedelta(days=1) - timedelta(seconds=1)


def term_end(start: date, term: Term) -> date | None:
    """Return the inclusive last day of a term that starts on ``start``; None for a term without a length.

    The next term starts on the same day of the month, or on the last day of a shorter month. Source: common billing
    scenarios, rows for monthly terms, read 2026-11.
    """
    months = _MONTHS.get(term)
    return _add_months(start, months, start.day) - timedelta(days=1) if months else None


def charge_date(anchor: date, cycles: int) -> date:
    """Return the day on which monthly charge cycle number ``cycles`` of a term bought on ``anchor`` starts (0: anchor).

    A term bought on the last or the last but one day of a 31-day month keeps that distance from the end of the month.
    Every other day keeps its number, in shorter months the last day. Source: common billing scenarios, read 2026-11;
    Microsoft shows no rows for the 29th.
    """
    distance = 31 - anchor.day if monthrange(anchor.year, anchor.month)[1] == 31 else 31
    if cycles == 0 or distance > 1:
        return _add_months(anchor, cycles, anchor.day)
    month = _add_months(anchor.replace(day=1), cycles, 1)
    return month.replace(day=monthrange(month.year, month.month)[1] - distance)


def _add_months(start: date, months: int, day: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    return date(year, month, min(day, monthrange(year, month)[1]))


def is_charged(facts: SubscriptionFacts) -> bool | None:
    """Say whether Microsoft charges for a subscription in its present status; None where no source says.

    What is suspended nobody can use; NCE seats are paid for all the same, until their term ends. Source: Subscription
    lifecycle, read 2026-11.
    """
    match facts.status:
        case Status.ACTIVE:
            return True
        case Status.SUSPENDED if facts.kind is SubscriptionKind.NCE and not facts.is_trial:
            return True
        case Status.SUSPENDED if facts.kind is SubscriptionKind.LEGACY:
            return False
        case Status.EXPIRED | Status.DISABLED | Status.DELETED:
            return False
    return None


def next_charge(facts: SubscriptionFacts, now: datetime) -> date | None:
    """Return the next day on which Microsoft charges for the running term; None when nothing more is due in it.

    Microsoft's own end of the charge cycle wins; without it the anchor of the term counts.
    """
    months = _CYCLE_MONTHS.get(facts.billing_plan)
    if not is_charged(facts) or months is None or facts.commitment_end is None:
        return None
    today, last_day = now.astimezone(UTC).date(), facts.commitment_end.astimezone(UTC).date()
    if facts.billing_cycle_end is not None and facts.billing_cycle_end > now:
        following = facts.billing_cycle_end.astimezone(UTC).date() + timedelta(days=1)
        return following if following <= last_day else None
    if facts.term_start is None:
        return None
    anchor, number = facts.term_start.astimezone(UTC).date(), 0
    while (due := charge_date(anchor, number)) <= last_day:
        if due > today:
            return due
        number += months
    return None


class Standing(StrEnum):
    """Where an active subscription stands in its term."""

    RUNNING = "running"
    RENEWING = "renewing"
    EXTENDED = "extended"
    OVER = "over"


def standing(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> Standing:
    """Say whether the term runs, is being renewed by Microsoft, has rolled into the extended term, or is over."""
    if facts.in_extended_term:
        return Standing.EXTENDED
    if facts.renewing:
        return Standing.RENEWING
    if facts.commitment_end is None or now <= facts.commitment_end:
        return Standing.RUNNING
    waiting = facts.scheduled_at_term_end
    if facts.auto_renew:
        return Standing.RENEWING
    if waiting is None or waiting.action is ScheduledAction.EXTEND:
        return Standing.EXTENDED if extended_term(facts, book) else Standing.OVER
    return Standing.OVER


def extended_term(facts: SubscriptionFacts, book: RuleBook) -> ExtendedTerm | None:
    """Return the extended term that this term may roll into; None where there is none.

    It is for NCE seats, by the date on which the term ends and the date on which it was bought or last renewed. Where
    Microsoft shows it as what comes next, there is one whenever the term began.
    """
    if facts.kind is not SubscriptionKind.NCE or facts.is_trial or facts.commitment_end is None:
        return None
    extended = book.extended_term.at(facts.commitment_end).value
    waiting = facts.scheduled_at_term_end
    shown = waiting is not None and waiting.action is ScheduledAction.EXTEND
    if extended is None or facts.term_start is None or shown:
        return extended
    return extended if facts.term_start.astimezone(UTC).date() >= extended.for_terms_started_since else None


def surcharges(facts: SubscriptionFacts, extended: ExtendedTerm) -> tuple[int, ...]:
    """Return the surcharge of the extended term in percent; both when a monthly plan is neither known nor ruled out."""
    if facts.has_monthly_plan is None:
        return (extended.surcharge, extended.surcharge_without_monthly_plan)
    return (extended.surcharge if facts.has_monthly_plan else extended.surcharge_without_monthly_plan,)


class Outcome(StrEnum):
    """What happens at the end of a term."""

    RENEWS = "renews"
    RENEWS_CHANGED = "renews_changed"
    UPGRADES = "upgrades"
    CONVERTS = "converts"
    ENDS = "ends"
    EXTENDS = "extends"
    STAYS_EXTENDED = "stays_extended"
    EXPIRES = "expires"
    LAPSES = "lapses"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ending:
    """What happens at the end of the term if nobody acts, and what has been decided about it.

    ``quantity`` is the number of seats afterwards, None where there are none. ``surcharges`` is in percent, two when
    it is not known which applies. ``change`` is the scheduled change that causes the outcome.
    """

    outcome: Outcome
    decided: EndOfTerm = EndOfTerm.UNDECIDED
    at: datetime | None = None
    quantity: int | None = None
    surcharges: tuple[int, ...] = ()
    change: ScheduledChange | None = None


def end_of_term(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> Ending:
    """Say what happens at the end of the term if nobody acts."""
    suspended = facts.status is Status.SUSPENDED and facts.kind is not SubscriptionKind.LEGACY  # which goes by its age
    if suspended and facts.commitment_end is not None:
        return Ending(Outcome.LAPSES, at=facts.commitment_end)
    if facts.status is not Status.ACTIVE or facts.kind in _WITHOUT_TERM:
        return Ending(Outcome.NOTHING)
    if standing(facts, now, book) is Standing.EXTENDED:
        if facts.auto_renew and facts.commitment_end is not None:
            # When exactly Microsoft leaves the extended term is not documented: at the end of its month at the latest.
            return _end_by_auto_renew(facts, facts.commitment_end, book)
        return Ending(Outcome.STAYS_EXTENDED, EndOfTerm.EXTEND, quantity=facts.quantity)
    if facts.commitment_end is None:
        return Ending(Outcome.NOTHING)
    waiting = facts.scheduled_at_term_end
    if facts.is_trial:
        return _end_of_trial(facts, facts.commitment_end, waiting)
    if waiting is not None and not changes_nothing(waiting, facts):
        return _end_by_schedule(facts, facts.commitment_end, waiting, book)
    return _end_by_auto_renew(facts, facts.commitment_end, book)


def leaves_a_question(facts: SubscriptionFacts) -> bool:
    """Say whether somebody should decide how the term ends, where nobody has and the end is near.

    A monthly term that renews is a decision in itself, and so is whatever is scheduled.
    """
    if facts.is_trial:
        return bool(facts.auto_renew)
    return facts.scheduled_at_term_end is None and not (facts.term is Term.MONTH and bool(facts.auto_renew))


def _end_of_trial(facts: SubscriptionFacts, at: datetime, waiting: ScheduledChange | None) -> Ending:
    if not facts.auto_renew:
        return Ending(Outcome.ENDS, EndOfTerm.END, at)
    quantity = waiting.quantity if waiting and waiting.quantity is not None else facts.quantity
    return Ending(Outcome.CONVERTS, EndOfTerm.RENEW, at, quantity, change=waiting)


def _end_by_schedule(facts: SubscriptionFacts, at: datetime, waiting: ScheduledChange, book: RuleBook) -> Ending:
    quantity = facts.quantity if waiting.quantity is None else waiting.quantity
    if facts.auto_renew is False and waiting.action in (ScheduledAction.RENEW, ScheduledAction.TRANSITION):
        return Ending(Outcome.UNKNOWN, at=at, change=waiting)  # two orders that contradict each other
    match waiting.action:
        case ScheduledAction.RENEW:
            return Ending(Outcome.RENEWS_CHANGED, EndOfTerm.RENEW, at, quantity, change=waiting)
        case ScheduledAction.TRANSITION:
            return Ending(Outcome.UPGRADES, EndOfTerm.RENEW, at, quantity, change=waiting)
        case ScheduledAction.END:
            return Ending(Outcome.ENDS, EndOfTerm.END, at, change=waiting)
        case ScheduledAction.EXTEND:
            return _extends(facts, at, EndOfTerm.EXTEND, book, waiting)
        case ScheduledAction.UNKNOWN:
            return Ending(Outcome.UNKNOWN, at=at, change=waiting)


def _end_by_auto_renew(facts: SubscriptionFacts, at: datetime, book: RuleBook) -> Ending:
    if facts.auto_renew is None or (facts.auto_renew and facts.can_renew is False):
        return Ending(Outcome.UNKNOWN, at=at)
    if facts.auto_renew:
        return Ending(Outcome.RENEWS, EndOfTerm.RENEW, at, facts.quantity)
    return _extends(facts, at, EndOfTerm.UNDECIDED, book, None)


def _extends(
    facts: SubscriptionFacts, at: datetime, decided: EndOfTerm, book: RuleBook, change: ScheduledChange | None
) -> Ending:
    extended = extended_term(facts, book)
    if extended is None:
        return Ending(Outcome.EXPIRES, EndOfTerm.END, at, change=change)
    return Ending(Outcome.EXTENDS, decided, at, facts.quantity, surcharges(facts, extended), change)


def changes_nothing(change: ScheduledChange, facts: SubscriptionFacts) -> bool:
    """Say whether a scheduled renewal leaves the subscription as it is."""
    return (
        change.action is ScheduledAction.RENEW
        and change.quantity in (None, facts.quantity)
        and change.custom_term_end is None
        and change.product_id in ("", facts.product_id)
        and change.sku_id in ("", facts.sku_id)
        and change.term in (Term.NONE, facts.term)
        and change.billing_plan in (BillingPlan.NONE, facts.billing_plan)
    )
