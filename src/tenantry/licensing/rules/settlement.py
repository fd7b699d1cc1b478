"""What became of a write: has it been reached, and what happened when Microsoft's answer was lost.

Two witnesses are heard: the subscription as it reads now, and Microsoft's journal, in which our own write carries our
correlation id. Our own record proves that we acted; only a journal without it, past the horizon, proves that we did
not. Where Microsoft said that it would act, that counts instead of a record when nobody else did the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tenantry.licensing.rules.facts import ScheduledAction, ScheduledChange, Status, SubscriptionFacts, same_change
from tenantry.licensing.rules.plan import CHANGES_QUANTITY, Intent, Write
from tenantry.licensing.rules.terms import changes_nothing

# Records this close to each other may be dated in the wrong order; where they moved seats, those tell the right one.
SAME_MOMENT = timedelta(seconds=1)
_STATUS_INTENTS = {
    Intent.CANCEL: Status.DELETED,
    Intent.SUSPEND: Status.SUSPENDED,
    Intent.REACTIVATE: Status.ACTIVE,
}


def is_reached(write: Write, current: SubscriptionFacts) -> bool:
    """Say whether the subscription shows what this write wants; other parts of the target are not looked at.

    A change of seats is reached by the number alone: its scheduled changes are written again in a second step.
    """
    if write.intent in CHANGES_QUANTITY:
        return current.quantity == write.target.quantity
    if write.intent in _STATUS_INTENTS:
        return current.status is _STATUS_INTENTS[write.intent]
    return bool(current.auto_renew) == bool(write.target.auto_renew) and _same_schedule(
        write.target.scheduled, current.scheduled, current
    )


def _same_schedule(
    wanted: tuple[ScheduledChange, ...], found: tuple[ScheduledChange, ...], current: SubscriptionFacts
) -> bool:
    """Compare scheduled changes in any order; a renewal that changes nothing is as good as none."""
    left = [change for change in found if not changes_nothing(change, current)]
    for change in wanted:
        match = next((candidate for candidate in left if same_change(change, candidate)), None)
        if match is not None:
            left.remove(match)
        elif not changes_nothing(change, current):
            return False
    return not left


def has_all(wanted: tuple[ScheduledChange, ...], current: SubscriptionFacts) -> bool:
    """Say whether every one of the wanted scheduled changes is there: for those that have to be put back."""
    return all(any(same_change(change, found) for found in current.scheduled) for change in wanted)


def is_untouched(write: Write, before: SubscriptionFacts, current: SubscriptionFacts) -> bool:
    """Say whether what this write wants to change reads as it did before."""
    if write.intent in CHANGES_QUANTITY:
        return current.quantity == before.quantity
    if write.intent in _STATUS_INTENTS:
        return current.status is before.status
    return current.auto_renew == before.auto_renew and _same_schedule(before.scheduled, current.scheduled, current)


class RecordStatus(StrEnum):
    """How an operation in Microsoft's journal ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PROGRESS = "progress"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One record of Microsoft's journal about this subscription. Values that the record does not name are None."""

    correlation_id: str
    operation: str
    status: RecordStatus
    at: datetime
    old_quantity: int | None = None
    new_quantity: int | None = None
    new_status: Status | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class SentWrite:
    """A write whose answer was lost. ``correlation_id`` is of this one write only, not shared with another.

    ``horizon`` is how long after sending the request may still be in flight, or its record may not be in the journal.
    ``accepted`` when Microsoft answered well, but has not shown or recorded it yet (after a 202, say).
    """

    write: Write
    before: SubscriptionFacts
    correlation_id: str
    sent_at: datetime
    horizon: timedelta
    accepted: bool = False


class Settled(StrEnum):
    """What became of a write. WAIT: ask again later. UNDECIDABLE: for a person.

    OTHER_EFFECT: it acted, but only put back seats that somebody had changed after the reading; Microsoft dropped the
    decision with them.
    """

    APPLIED = "applied"
    NOT_ACTED = "not_acted"
    OVERWRITTEN = "overwritten"
    OTHER_EFFECT = "other_effect"
    UNDECIDABLE = "undecidable"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Settlement:
    """The outcome with its evidence: keys of what was seen, and the journal's records that decided."""

    outcome: Settled
    evidence: tuple[str, ...]
    records: tuple[AuditEntry, ...] = ()


def settle(
    sent: SentWrite, current: SubscriptionFacts, journal: tuple[AuditEntry, ...] | None, now: datetime
) -> Settlement:
    """Decide what became of a write whose answer was lost.

    ``current`` was read, and ``journal`` fetched, at ``now``. ``journal`` holds every record about this subscription
    since ``sent.before`` was read, in the order in which they came about; None where it could not be fetched. APPLIED
    needs the wanted state and our own record, or past the horizon Microsoft's good answer and no record of anybody else
    that explains the state; NOT_ACTED is never said before the horizon, nor without the journal.
    """
    over = now >= sent.sent_at + sent.horizon
    seen = _look(sent, current)
    if journal is None:
        return Settlement(Settled.UNDECIDABLE if over else Settled.WAIT, (seen, "journal_unavailable"))
    ours = tuple(entry for entry in journal if _same_id(entry.correlation_id, sent.correlation_id))
    others = tuple(entry for entry in journal if entry not in ours and entry.status is RecordStatus.SUCCEEDED)
    done = tuple(entry for entry in ours if entry.status is RecordStatus.SUCCEEDED)
    if done:
        later = tuple(entry for entry in journal[journal.index(done[-1]) :] if entry in others)
        if over:  # where it is not about seats, nothing tells which of two records of one moment came first
            later += tuple(entry for entry in others if entry not in later and _beside(entry, done[-1]))
        return _settle_acted(sent, current, done, later, over=over)
    if not over:
        return Settlement(Settled.WAIT, (seen, "may_be_in_flight"), ours)
    # What is recorded as under way may have a second record that says how it ended.
    if ours and {entry.status for entry in ours} - {RecordStatus.PROGRESS} != {RecordStatus.FAILED}:
        return Settlement(Settled.UNDECIDABLE, (seen, "own_record_open"), ours)
    if ours and not is_reached(sent.write, current):
        return Settlement(Settled.NOT_ACTED, (seen, "own_record_failed"), ours)
    return _settle_without_record(sent, current, ours, others)


def _look(sent: SentWrite, current: SubscriptionFacts) -> str:
    if is_reached(sent.write, current):
        return "state_reached"
    return "state_untouched" if is_untouched(sent.write, sent.before, current) else "state_differs"


def _same_id(one: str, other: str) -> bool:
    return bool(one) and one.casefold() == other.casefold()


def _beside(entry: AuditEntry, ours: AuditEntry) -> bool:
    return not moves_seats(entry) and abs(entry.at - ours.at) < SAME_MOMENT


def _settle_acted(
    sent: SentWrite,
    current: SubscriptionFacts,
    done: tuple[AuditEntry, ...],
    later: tuple[AuditEntry, ...],
    *,
    over: bool,
) -> Settlement:
    """Our record says that we acted: applied when it shows, overwritten when a later record or a third state does."""
    seen = _look(sent, current)
    if decides_term_end(sent.write) and sent.write.target.scheduled and undone_seats(sent.write, done):
        return _settle_undone(sent, current, done, later, over=over)
    if is_reached(sent.write, current):
        return Settlement(Settled.APPLIED, (seen, "own_record_succeeded"), done)
    if later and (over or any(_leads_to_it(sent.write, entry) is False for entry in later)):
        return Settlement(Settled.OVERWRITTEN, (seen, "own_record_succeeded", "changed_by_others"), (*done, *later))
    if not over:
        return Settlement(Settled.WAIT, (seen, "own_record_succeeded"), done)
    if seen == "state_differs":
        return Settlement(Settled.OVERWRITTEN, (seen, "own_record_succeeded"), done)
    return Settlement(Settled.UNDECIDABLE, (seen, "own_record_succeeded"), done)


def _settle_undone(
    sent: SentWrite,
    current: SubscriptionFacts,
    done: tuple[AuditEntry, ...],
    later: tuple[AuditEntry, ...],
    *,
    over: bool,
) -> Settlement:
    """Our record is of seats alone: the decision counts as taken only where it shows and nobody else may have taken it.

    Not before the horizon, nor with other seats than ours left: an old reading may still show somebody's schedule that
    ours dropped.
    """
    seen = _look(sent, current)
    if not over:
        return Settlement(Settled.WAIT, (seen, "own_record_of_seats"), done)
    if is_reached(sent.write, current) and not later and current.quantity == done[-1].new_quantity:
        return Settlement(Settled.APPLIED, (seen, "own_record_of_seats"), done)
    return Settlement(Settled.OTHER_EFFECT, (seen, "own_record_of_seats"), done)


def _settle_without_record(
    sent: SentWrite, current: SubscriptionFacts, ours: tuple[AuditEntry, ...], others: tuple[AuditEntry, ...]
) -> Settlement:
    """The journal is complete and has no success of ours: what is there has to be explained by others' records."""
    seen = _look(sent, current)
    anonymous = tuple(entry for entry in others if not entry.correlation_id and _may_be_ours(sent, entry))
    if anonymous:
        return Settlement(Settled.UNDECIDABLE, (seen, "record_without_id"), anonymous)
    if seen == "state_untouched" and not others:
        return Settlement(Settled.NOT_ACTED, (seen, "no_record"), ours)
    if _only_others_wrote(sent, current, others):
        return Settlement(Settled.NOT_ACTED, (seen, "changed_by_others" if others else "no_record"), others)
    if seen == "state_reached":
        return _settle_reached(sent, current, others)
    if _explained(sent, current, others):
        return Settlement(Settled.NOT_ACTED, (seen, "changed_by_others"), others)
    if not others and decides_term_end(sent.write):
        # The reading before was an old one. What is decided for the end of a term costs nothing today, and what differs
        # from what the person saw is refused before it is sent again.
        return Settlement(Settled.NOT_ACTED, (seen, "no_record"), ours)
    return Settlement(Settled.UNDECIDABLE, (seen, "unexplained_change"), others)


def _settle_reached(sent: SentWrite, current: SubscriptionFacts, others: tuple[AuditEntry, ...]) -> Settlement:
    """What was wanted is so, without a record of ours: somebody else did it, or Microsoft's good answer counts."""
    leading = tuple(entry for entry in others if _leads_to_it(sent.write, entry) is not False)
    if sent.accepted and not leading:
        return Settlement(Settled.APPLIED, ("state_reached", "accepted_by_microsoft"), others)
    equal = tuple(entry for entry in leading if _leads_to_it(sent.write, entry))
    if equal:
        return Settlement(Settled.NOT_ACTED, ("state_reached", "equal_change_by_others"), equal)
    if leading and all(moves_seats(entry) for entry in leading):
        # Somebody's change of seats has dropped what was scheduled, and nothing (more) was to be scheduled.
        return Settlement(Settled.NOT_ACTED, ("state_reached", "changed_by_others"), others)
    return Settlement(Settled.UNDECIDABLE, ("state_reached", "unexplained_change"), others)


def _only_others_wrote(sent: SentWrite, current: SubscriptionFacts, others: tuple[AuditEntry, ...]) -> bool:
    """Say whether what is not about seats reads as before, and every record is of seats.

    The state can look reached all the same: "renew with 8" is the same as nothing once somebody has set 8 seats.
    """
    return (
        sent.write.intent not in CHANGES_QUANTITY
        and is_untouched(sent.write, sent.before, current)
        and all(moves_seats(entry) for entry in others)
    )


def _leads_to_it(write: Write, entry: AuditEntry) -> bool | None:
    """Say whether what the write wants is so after a record; None where the record does not tell."""
    if write.intent in CHANGES_QUANTITY:
        return None if entry.new_quantity is None else entry.new_quantity == write.target.quantity
    if write.intent in _STATUS_INTENTS:
        return None if entry.new_status is None else entry.new_status is _STATUS_INTENTS[write.intent]
    # With a change of seats Microsoft drops what is scheduled; to renew with as many is so without it.
    wants_other = any(
        change.action is not ScheduledAction.RENEW or change.quantity != entry.new_quantity
        for change in write.target.scheduled
    )
    return False if moves_seats(entry) and wants_other else None


def _may_be_ours(sent: SentWrite, entry: AuditEntry) -> bool:
    """Say whether a record without an id may be of this write: a decision sends the seats back as they were read."""
    if decides_term_end(sent.write):
        return entry.new_quantity in (None, sent.before.quantity)
    return _leads_to_it(sent.write, entry) is not False


def decides_term_end(write: Write) -> bool:
    """Say whether a write is about the end of the term alone."""
    return write.intent not in CHANGES_QUANTITY and write.intent not in _STATUS_INTENTS


def moves_seats(entry: AuditEntry) -> bool:
    """Say whether a record is of a change of seats."""
    return None not in (entry.old_quantity, entry.new_quantity) and entry.old_quantity != entry.new_quantity


def undone_seats(write: Write, done: Iterable[AuditEntry]) -> tuple[int, int] | None:
    """Return the seats before and after a write about something else that undid somebody's change of seats.

    Such a write sends the seats back as they were read: where our own record moved them, somebody had changed them in
    between. What is cancelled has no seats to speak of.
    """
    if write.intent in CHANGES_QUANTITY or write.intent is Intent.CANCEL:
        return None
    moved = next((entry for entry in done if moves_seats(entry)), None)
    if moved is None or moved.old_quantity is None or moved.new_quantity is None:
        return None
    return moved.old_quantity, moved.new_quantity


def _explained(sent: SentWrite, current: SubscriptionFacts, others: tuple[AuditEntry, ...]) -> bool:
    """Say whether others' records lead from the state before to the present one without a gap that could be ours."""
    if sent.write.intent is Intent.CANCEL:
        return True  # what is cancelled stays deleted: a subscription that is not deleted has not been cancelled
    if sent.write.intent not in CHANGES_QUANTITY:
        # A change of seats by others drops what was scheduled: then the schedule differs without our doing.
        return is_untouched(sent.write, sent.before, current) or any(moves_seats(entry) for entry in others)
    quantity = sent.before.quantity
    for entry in others:
        if entry.old_quantity not in (None, quantity):
            return False
        quantity = quantity if entry.new_quantity is None else entry.new_quantity
    return quantity == current.quantity
