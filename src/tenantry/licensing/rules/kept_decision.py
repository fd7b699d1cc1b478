"""What becomes of a kept decision about the end of a term when it is held against what Microsoft shows."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tenantry.kernel.refusals import Facts, FactValue
from tenantry.licensing.rules.facts import (
    EndOfTerm,
    ScheduledAction,
    ScheduledChange,
    Status,
    SubscriptionFacts,
    same_change,
)
from tenantry.licensing.rules.terms import changes_nothing

CHOICES = {
    ScheduledAction.RENEW: EndOfTerm.RENEW,
    ScheduledAction.TRANSITION: EndOfTerm.RENEW,
    ScheduledAction.END: EndOfTerm.END,
    ScheduledAction.EXTEND: EndOfTerm.EXTEND,
}
# From these nothing comes back; every other status may be the past one again at the next reading.
FINAL = frozenset({Status.DELETED, Status.EXPIRED, Status.DISABLED})
RENEWAL_TAKES_AT_MOST = timedelta(hours=24)
# Microsoft dates the end of one term up to a day apart in different places.
_SAME_END = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KeptDecision:
    """What a company decided for the end of one term.

    ``quantity`` is the number of seats of the next term, None for as many as there are then; ``seats_then`` how many
    there were when it was decided, None where nothing was sent for it. ``change`` is the whole change where it brings
    another product, term or billing plan. ``by_switch``: it ends by switching auto-renew off, which was all there was
    to ending before the extended term.
    """

    choice: EndOfTerm
    term_end: datetime
    quantity: int | None = None
    seats_then: int | None = None
    change: ScheduledChange | None = None
    by_switch: bool = False


class KeptState(StrEnum):
    """How a kept decision stands: HELD until Microsoft shows something that can be compared; ASK a person."""

    HELD = "held"
    STANDS = "stands"
    CAME_TRUE = "came_true"
    DID_NOT_COME_TRUE = "did_not_come_true"
    PUT_BACK = "put_back"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a kept decision stands. ``reason`` and ``facts`` say why a person is asked."""

    state: KeptState
    reason: str = ""
    facts: Facts = field(default_factory=dict)


def compare(kept: KeptDecision, facts: SubscriptionFacts, now: datetime, *, listed: bool = True) -> Comparison:
    """Hold a kept decision against a subscription as it was read at ``now``; ``listed``: Microsoft still lists it.

    A decision ends with a later end of term, when its own end is more than a day past, or with a status from which
    nothing comes back. A status that passes, such as suspended, decides nothing.
    """
    if is_of_earlier_term(kept, facts):
        return _ended(_renewed_as_decided(kept, facts))
    if facts.status in FINAL:
        return _ended(kept.choice is EndOfTerm.END and now >= kept.term_end - _SAME_END)
    if now > kept.term_end + RENEWAL_TAKES_AT_MOST:
        return _ended(_as_decided_past_the_end(kept, facts, listed=listed))
    if facts.status is not Status.ACTIVE or facts.commitment_end is None or not listed:
        return Comparison(KeptState.HELD)
    if stands(kept, facts):
        return Comparison(KeptState.STANDS)
    return _against(kept, facts)


def _against(kept: KeptDecision, facts: SubscriptionFacts) -> Comparison:
    """Say whether a decision that does not stand may be put back, or who has to be asked.

    Ending commits to nothing, so it is put back also where Microsoft itself has made the extended term of it. What
    would commit to another term, and what somebody else scheduled on purpose, is for a person to decide.
    """
    change = facts.scheduled_at_term_end
    made_by_microsoft = kept.choice is EndOfTerm.END and change is not None and change.action is ScheduledAction.EXTEND
    if change is not None and not made_by_microsoft:
        return Comparison(KeptState.ASK, "other_schedule")
    if kept.choice is not EndOfTerm.RENEW:
        return Comparison(KeptState.PUT_BACK)
    if not facts.auto_renew:
        return Comparison(KeptState.ASK, "switched_off")
    if kept.quantity is not None and kept.seats_then is not None:
        then, today = _sign(kept.quantity - kept.seats_then), _sign(kept.quantity - facts.quantity)
        if today not in (0, then):
            numbers: dict[str, FactValue] = {"decided": kept.quantity, "then": kept.seats_then, "today": facts.quantity}
            return Comparison(KeptState.ASK, "direction_reversed", numbers)
    return Comparison(KeptState.PUT_BACK)


def _sign(difference: int) -> int:
    return (difference > 0) - (difference < 0)


def stands(kept: KeptDecision, facts: SubscriptionFacts) -> bool:
    """Say whether Microsoft will do at the end of the term what was decided."""
    change = facts.scheduled_at_term_end
    if kept.choice is EndOfTerm.RENEW:
        if not facts.auto_renew:
            return False
        if kept.change is not None:
            return same_change(kept.change, change)
        if change is None:
            return kept.quantity in (None, facts.quantity)
        if kept.quantity is None:
            return changes_nothing(change, facts)
        return CHOICES.get(change.action) is EndOfTerm.RENEW and change.quantity == kept.quantity
    if facts.auto_renew:
        return False
    if change is None:
        return kept.choice is EndOfTerm.END and kept.by_switch
    return CHOICES.get(change.action) is kept.choice


def is_of_earlier_term(kept: KeptDecision, facts: SubscriptionFacts) -> bool:
    """Say whether the term that a decision is about has been followed by another one."""
    return facts.commitment_end is not None and facts.commitment_end > kept.term_end + _SAME_END


def _renewed_as_decided(kept: KeptDecision, facts: SubscriptionFacts) -> bool:
    if kept.choice is EndOfTerm.RENEW:
        return bool(facts.auto_renew) and kept.quantity in (None, facts.quantity)
    if kept.choice is EndOfTerm.END:
        return facts.status in FINAL
    return facts.status is Status.ACTIVE and not facts.auto_renew


def _as_decided_past_the_end(kept: KeptDecision, facts: SubscriptionFacts, *, listed: bool) -> bool:
    """Judge a term that is over and was followed by none; what Microsoft no longer lists has not renewed."""
    active = facts.status is Status.ACTIVE and listed
    if kept.choice is EndOfTerm.END:
        return not active
    return active and _renewed_as_decided(kept, facts)


def _ended(as_decided: bool) -> Comparison:
    return Comparison(KeptState.CAME_TRUE if as_decided else KeptState.DID_NOT_COME_TRUE)
