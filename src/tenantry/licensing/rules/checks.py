"""Rules that stand before any change: what kind of subscription it is, its status, and where it stands in its term.

Each rule is a function that returns a refusal, or None where it has nothing against it.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from tenantry.kernel.refusals import FactValue, Refusal
from tenantry.licensing.rules.book import RuleBook, RuleName
from tenantry.licensing.rules.facts import Status, SubscriptionFacts, SubscriptionKind
from tenantry.licensing.rules.terms import Standing, is_charged, standing

SOFTWARE = frozenset({SubscriptionKind.SOFTWARE_SUBSCRIPTION, SubscriptionKind.SOFTWARE_PERPETUAL})

_KINDS_WITHOUT_SEATS = {
    SubscriptionKind.AZURE_PLAN: "usage_has_no_seats",
    SubscriptionKind.LEGACY_AZURE: "usage_has_no_seats",
    SubscriptionKind.MARKETPLACE: "publisher_decides",
    SubscriptionKind.RESERVATION: "reservation_is_fixed",
    SubscriptionKind.UNKNOWN: "kind_unknown",
}


def refuse(
    rule: RuleName, reason: str, next_step: str = "ask_partner", step: FactValue | None = None, **facts: FactValue
) -> Refusal:
    """Make a refusal; ``step`` is the one fact of the next step, under the name ``value``."""
    return Refusal(reason, rule.value, next_step, facts, {} if step is None else {"value": step})


def kind_without_seats(facts: SubscriptionFacts) -> Refusal | None:
    """Refuse what has no seats of its own to change: usage, marketplace, reservations and unknown kinds."""
    reason = _KINDS_WITHOUT_SEATS.get(facts.kind)
    return refuse(RuleName.KIND_WITHOUT_SEATS, reason) if reason else None


def software_seats_stay(facts: SubscriptionFacts) -> Refusal | None:
    """Refuse to change the seats of software: single ones are never taken back, and more of them are a new order.

    No page of Microsoft's says that seats can be added to software that was bought (read 2026-11).
    """
    if facts.kind not in SOFTWARE:
        return None
    return refuse(RuleName.SOFTWARE_SEATS_STAY, "software_seats_stay", "ask_partner_for_more")


def software_is_ordered(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> Refusal | None:
    """Refuse to end or schedule software: it is returned through its order, by the partner, until a deadline."""
    if facts.kind not in SOFTWARE:
        return None
    deadline = software_return_until(facts, book)
    if deadline is None or deadline <= now:
        return refuse(RuleName.SOFTWARE_RETURN, "software_by_partner")
    return refuse(RuleName.SOFTWARE_RETURN, "software_by_partner", "ask_partner_before", deadline)


def software_return_until(facts: SubscriptionFacts, book: RuleBook) -> datetime | None:
    """Return until when software may be returned: Microsoft's figure, or else counted from the purchase."""
    if facts.cancellation_allowed_until is not None:
        return facts.cancellation_allowed_until
    if facts.kind is SubscriptionKind.SOFTWARE_PERPETUAL and facts.purchased_at is not None:
        return facts.purchased_at + timedelta(days=book.perpetual_return_days.at(facts.purchased_at).value)
    if facts.term_start is not None:
        return facts.term_start + book.return_window(facts.term_start)
    return None


def trial_is_fixed(facts: SubscriptionFacts) -> Refusal | None:
    """Refuse any change to a trial: neither its seats nor its status can be changed."""
    if not facts.is_trial:
        return None
    if facts.commitment_end is None:
        return refuse(RuleName.TRIAL_IS_FIXED, "trial")
    return refuse(RuleName.TRIAL_IS_FIXED, "trial", "after_trial", facts.commitment_end)


def status_allows(facts: SubscriptionFacts) -> Refusal | None:
    """Refuse every status but active, each with its own reason."""
    match facts.status:
        case Status.ACTIVE:
            return None
        case Status.PENDING:
            return refuse(RuleName.STATUS_ALLOWS, "pending", "wait_until_ready")
        case Status.SUSPENDED:
            return _suspended(facts)
        case Status.EXPIRED:
            return refuse(RuleName.STATUS_ALLOWS, "expired", "order_again")
        case Status.DISABLED:
            return refuse(RuleName.STATUS_ALLOWS, "disabled", "order_again")
        case Status.DELETED:
            return refuse(RuleName.STATUS_ALLOWS, "deleted", "order_again")
        case Status.NONE | Status.UNKNOWN:
            return refuse(RuleName.STATUS_ALLOWS, "status_unknown")


def _suspended(facts: SubscriptionFacts) -> Refusal:
    """Refuse, and say whether Microsoft charges for it meanwhile, and until when, as far as that is known."""
    told: dict[str, FactValue] = {}
    charged = is_charged(facts)
    if charged is not None:
        told["charged"] = int(charged)
    if charged and facts.commitment_end is not None:
        told["until"] = facts.commitment_end
    return replace(refuse(RuleName.STATUS_ALLOWS, "suspended"), facts=told)


def seats_while_renewing(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> Refusal | None:
    """Refuse changes at once while Microsoft renews; it answers 409 then and wants to be asked again in minutes."""
    if standing(facts, now, book) is not Standing.RENEWING:
        return None
    return refuse(RuleName.RENEWAL_RUNS, "renewing", "try_again_in_minutes", book.retry_minutes.at(now).value)


def decision_while_renewing(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> Refusal | None:
    """Refuse decisions about the end of the term while Microsoft renews: they are locked until that is done."""
    if standing(facts, now, book) is not Standing.RENEWING:
        return None
    return refuse(RuleName.RENEWAL_RUNS, "renewing_is_locked", "wait_for_renewal", book.renewal_hours.at(now).value)


def term_is_over(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> Refusal | None:
    """Refuse everything once the term has run out and Microsoft is closing the subscription."""
    if standing(facts, now, book) is not Standing.OVER:
        return None
    return refuse(RuleName.TERM_IS_OVER, "term_is_over", "order_again")


def extended_term_is_fixed(facts: SubscriptionFacts, now: datetime, book: RuleBook) -> Refusal | None:
    """Refuse changes of seats in the extended term, where one can cancel, renew and upgrade only."""
    if standing(facts, now, book) is not Standing.EXTENDED:
        return None
    if (
        facts.auto_renew and facts.commitment_end is not None
    ):  # its renewal is decided: the new term takes changes again
        return refuse(RuleName.EXTENDED_TERM, "extended_term_is_fixed", "after_renewal", facts.commitment_end)
    return refuse(RuleName.EXTENDED_TERM, "extended_term_is_fixed")
