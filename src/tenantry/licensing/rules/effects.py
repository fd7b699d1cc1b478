"""What follows from a change, as consequences in the order of time."""

from dataclasses import replace
from datetime import datetime, timedelta

from tenantry.kernel.refusals import FactValue
from tenantry.licensing.rules.book import RuleBook
from tenantry.licensing.rules.facts import ScheduledAction, SubscriptionFacts, SubscriptionKind
from tenantry.licensing.rules.plan import Caution, Consequence, Target, When
from tenantry.licensing.rules.seats import returnable_lots, returnable_now
from tenantry.licensing.rules.terms import Ending, Outcome, end_of_term

_RENEWALS = frozenset({Outcome.RENEWS, Outcome.RENEWS_CHANGED, Outcome.UPGRADES})


def after(facts: SubscriptionFacts, target: Target) -> SubscriptionFacts:
    """Return the facts as they will be once the target is reached."""
    return replace(
        facts,
        quantity=target.quantity,
        status=target.status,
        auto_renew=target.auto_renew,
        scheduled=target.scheduled,
    )


def ending_facts(ending: Ending) -> dict[str, FactValue]:
    """Return what the sentence about the end of a term needs."""
    facts: dict[str, FactValue] = {}
    if ending.quantity is not None:
        facts["quantity"] = ending.quantity
    if ending.surcharges:
        facts["surcharge"], facts["surcharge_at_most"] = ending.surcharges[0], ending.surcharges[-1]
    if ending.change is not None and ending.change.term.value:
        facts["term"], facts["billing_plan"] = ending.change.term.value, ending.change.billing_plan.value
    return facts


def at_term_end(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> tuple[Consequence, ...]:
    """Say what happens at the end of the term to a subscription that looks like ``facts``."""
    ending = end_of_term(facts, now, book)
    if ending.outcome is Outcome.NOTHING:
        return ()
    return (Consequence(When.AT_TERM_END, f"end_{ending.outcome.value}", ending.at, ending_facts(ending)),)


def after_term_end(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> tuple[Consequence, ...]:
    """Say what the end of the term leads to, for those who are deciding about it."""
    outcome = end_of_term(facts, now, book).outcome
    if outcome in _RENEWALS and facts.kind is SubscriptionKind.NCE:
        return (renewal_window(now, book),)
    if outcome is Outcome.EXTENDS:
        return (Consequence(When.LATER, "extended_can_be_left"),)
    if outcome is Outcome.ENDS:
        return (Consequence(When.LATER, "not_recoverable"),)
    if outcome is Outcome.EXPIRES:
        days = book.expired_grace_days.at(now).value
        return (Consequence(When.LATER, "expired_grace", facts={"days": days}),)
    return ()


def renewal_window(now: datetime, book: RuleBook) -> Consequence:
    """Say that a renewal opens a return window for all seats."""
    hours = book.return_window_hours.at(now).value
    return Consequence(When.LATER, "renewal_opens_window", facts={"hours": hours})


def of_addition(facts: SubscriptionFacts, quantity: int, now: datetime, book: RuleBook) -> tuple[Consequence, ...]:
    """Say what adding seats means: since when, until when they can be returned, and what they commit to."""
    added = quantity - facts.quantity
    counted: dict[str, FactValue] = {"seats": added, "before": facts.quantity, "after": quantity}
    found = [Consequence(When.NOW, "seats_added", facts=counted)]
    if facts.kind is SubscriptionKind.LEGACY:
        found.append(Consequence(When.LATER, "legacy_can_go_down", facts={"seats": added}))
        return tuple(found)
    until = now + book.return_window(now)
    if facts.commitment_end is not None:
        until = min(until, facts.commitment_end)
    found.append(Consequence(When.UNTIL, "added_can_be_returned", until, {"seats": added}))
    if until != facts.commitment_end:  # with the window open to the end, nothing is committed
        found.append(Consequence(When.UNTIL, "seats_committed", facts.commitment_end, {"seats": added}))
    return tuple(found)


def of_return(facts: SubscriptionFacts, quantity: int, now: datetime) -> tuple[Consequence, ...]:
    """Say what returning seats means.

    Which lot goes is Microsoft's choice: the rest is returnable at least until the first open window closes.
    """
    returned = facts.quantity - quantity
    counted: dict[str, FactValue] = {"seats": returned, "before": facts.quantity, "after": quantity}
    found = [Consequence(When.NOW, "seats_returned", facts=counted)]
    if facts.kind is SubscriptionKind.LEGACY:
        return tuple(found)
    found.append(Consequence(When.NOW, "refund_prorated"))
    rest, lots = returnable_now(facts, now) - returned, returnable_lots(facts, now)
    if rest > 0 and lots:
        found.append(Consequence(When.UNTIL, "rest_can_be_returned", lots[0].returnable_until, {"seats": rest}))
    return tuple(found)


def of_cancel(
    facts: SubscriptionFacts, now: datetime, book: RuleBook, *, extended: bool, everybody: bool
) -> tuple[Consequence, ...]:
    """Say what cancelling means: access, refund. With ``everybody`` nobody keeps a seat of the product."""
    full_until = full_refund_until(facts, book)
    refund = Consequence(When.NOW, "refund_prorated")
    if not extended and full_until is not None and now < full_until:
        refund = Consequence(When.NOW, "refund_full", full_until)
    return (
        Consequence(When.NOW, "access_stops" if everybody else "seats_stop", facts={"seats": facts.quantity}),
        refund,
        Consequence(When.LATER, "not_recoverable"),
    )


def full_refund_until(facts: SubscriptionFacts, book: RuleBook) -> datetime | None:
    """Return until when cancelling costs nothing: Microsoft's figure, or else counted from the start of the term."""
    if facts.full_refund_until is not None:
        return facts.full_refund_until
    if facts.term_start is None:
        return None
    return facts.term_start + timedelta(hours=book.full_refund_hours.at(facts.term_start).value)


def of_suspension(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> tuple[Consequence, ...]:
    """Say what stopping a legacy subscription means: no access, no charge, and deletion after a while."""
    kept = timedelta(days=book.legacy_suspended_days.at(now).value)
    return (
        Consequence(When.NOW, "access_stops", facts={"seats": facts.quantity}),
        Consequence(When.NOW, "charges_stop"),
        Consequence(When.LATER, "deleted_after_suspension", now + kept),
    )


def schedule_warnings(facts: SubscriptionFacts, target: Target) -> tuple[Caution, ...]:
    """Warn that a change at once makes Microsoft drop the scheduled changes, and say what becomes of them."""
    if not facts.scheduled:
        return ()
    missing = len(facts.scheduled) - len(target.scheduled)
    lost = sum(change.action is ScheduledAction.UNKNOWN for change in facts.scheduled)
    found: list[Caution] = []
    if target.scheduled:
        found.append(Caution("schedule_put_back"))
    if missing > lost:
        found.append(Caution("schedule_taken_back"))
    if lost:
        found.append(Caution("schedule_not_understood", dangerous=True))
    return tuple(found)


def in_order(*found: Consequence) -> tuple[Consequence, ...]:
    """Put consequences in the order of time."""
    order = list(When)
    return tuple(sorted(found, key=lambda consequence: order.index(consequence.when)))
