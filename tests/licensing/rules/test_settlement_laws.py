"""Laws of settling, against a small Microsoft: whatever happened around a lost answer, nothing untrue is said of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tenantry.licensing.journal import since_read
from tenantry.licensing.rules.facts import ScheduledChange, Status, SubscriptionFacts
from tenantry.licensing.rules.plan import CHANGES_QUANTITY, Intent, Target, Write
from tenantry.licensing.rules.settlement import AuditEntry, RecordStatus, SentWrite, Settled, Settlement, settle
from tenantry.licensing.rules.terms import changes_nothing
from tests.licensing.rules.cases import ENDS, EXTENDS, NOW, nce, renewal_with

OURS, THEIRS = "0d8a6a6e-5d4b-4f62-9b9b-1f2f0a5d1c11", "77b0a7b2-0000-4000-8000-000000000001"
HORIZON = timedelta(seconds=60)
STATUSES = {Intent.CANCEL: Status.DELETED, Intent.SUSPEND: Status.SUSPENDED, Intent.REACTIVATE: Status.ACTIVE}


@dataclass(frozen=True, slots=True)
class Deed:
    """What one write asks for; what is None stays. ``change`` counts only where ``renews`` is set.

    One that ``fails`` leaves a record that says so, and nothing else.
    """

    quantity: int | None = None
    renews: bool | None = None
    change: ScheduledChange | None = None
    status: Status | None = None
    anonymous: bool = False
    fails: bool = False


@dataclass(slots=True)
class Microsoft:
    """One subscription: a change of seats drops what is scheduled, and nothing to change leaves no record.

    Nothing can be done with what is deleted, and with what is suspended little else than to take it back into use.
    """

    facts: SubscriptionFacts
    tells_status: bool
    journal: list[AuditEntry] = field(default_factory=list)

    def write(self, deed: Deed, second: float, correlation_id: str) -> bool:
        """Carry a write out; False when there was nothing to change."""
        before, facts = self.facts, self.facts
        closed = facts.status is Status.SUSPENDED and deed.status not in (Status.ACTIVE, Status.DELETED)
        if closed or facts.status is Status.DELETED:
            return False
        if deed.renews is not None:
            facts = replace(facts, auto_renew=deed.renews, scheduled=(deed.change,) if deed.change else ())
        if deed.quantity not in (None, facts.quantity):
            facts = replace(facts, quantity=deed.quantity or 0, scheduled=())
        if deed.status not in (None, facts.status):
            facts = replace(facts, status=deed.status or facts.status, scheduled=())
        if facts == before:
            return False
        outcome = RecordStatus.FAILED if deed.fails else RecordStatus.SUCCEEDED
        at, status = NOW + timedelta(seconds=second), facts.status if self.tells_status else None
        numbers = before.quantity, facts.quantity
        self.journal.append(AuditEntry(correlation_id, "update_subscription", outcome, at, *numbers, status))
        if not deed.fails:
            self.facts = facts
        return not deed.fails


NUMBERS = (11, 12, 13, 15)
RENEWALS = (None, renewal_with(8), renewal_with(13), renewal_with(12))
ASKED = (
    *(Deed(quantity=number) for number in NUMBERS),
    *(Deed(renews=True, change=change) for change in RENEWALS),
    *(Deed(renews=False, change=change) for change in (None, ENDS, EXTENDS)),
    *(Deed(status=status) for status in (Status.ACTIVE, Status.SUSPENDED, Status.DELETED)),
)
ORIGINS = (
    *(nce(scheduled=(change,) if change else ()) for change in RENEWALS),
    *(nce(auto_renew=False, scheduled=scheduled) for scheduled in ((), (ENDS,), (EXTENDS,))),
    nce(status=Status.SUSPENDED),
)
seldom = st.sampled_from([False, False, False, True])
deeds = st.builds(
    lambda deed, anonymous, fails: replace(deed, anonymous=anonymous, fails=fails),
    st.sampled_from(ASKED),
    st.booleans(),
    seldom,
)


def writes(read: SubscriptionFacts) -> list[Write]:
    """Name the writes that the rules may plan for a subscription as it was read."""
    quantity, status, renews = read.quantity, read.status, read.auto_renew
    if status is not Status.ACTIVE:
        return [Write(Intent.REACTIVATE, Target(quantity, Status.ACTIVE, renews))]
    found = [
        Write(Intent.CANCEL, Target(quantity, Status.DELETED, renews)),
        Write(Intent.SUSPEND, Target(quantity, Status.SUSPENDED, renews)),
        Write(Intent.WITHDRAW_SCHEDULE, Target(quantity, status, True)),
        Write(Intent.RENEW, Target(quantity, status, True)),
        Write(Intent.END_AT_TERM, Target(quantity, status, False)),
        Write(Intent.END_AT_TERM, Target(quantity, status, False, (ENDS,))),
        Write(Intent.EXTEND_AT_TERM, Target(quantity, status, False, (EXTENDS,))),
    ]
    for other in (number for number in NUMBERS if number != quantity):
        seats = Intent.ADD_SEATS if other > quantity else Intent.RETURN_SEATS
        found += [
            Write(seats, Target(other, status, renews, read.scheduled)),
            Write(Intent.SCHEDULE_CHANGE, Target(quantity, status, True, (renewal_with(other),))),
            Write(Intent.RENEW, Target(quantity, status, True, (renewal_with(other),))),
        ]
    return found


@dataclass(frozen=True, slots=True)
class Story:
    """What happened: others before our reading (shown by it or not), others after it, ours at its place.

    Ours may never arrive, or fail. Microsoft's clock is ``ahead`` of ours by so many seconds.
    """

    origin: SubscriptionFacts
    seen: Sequence[Deed]
    unseen: Sequence[Deed]
    before: Sequence[Deed]
    after: Sequence[Deed]
    write: Write
    acts: bool
    fails: bool
    accepted: bool
    shown: int  # how many of the last changes the reading afterwards does not show yet; none past the horizon
    over: bool
    long_ago: bool  # what our reading did not show was recorded long before it: the reading was an old one
    at_once: bool  # everything but what was before our reading happens in one moment, and is dated by chance
    dates: Sequence[int]
    past_at_once: bool  # what was before our reading happened in one moment too, in the order of `past`
    past: Sequence[int]
    ahead: float
    tells_status: bool
    names_all: bool  # whether a record of something else than seats names the seats too
    missing: frozenset[int]  # which of the last records are not in the journal yet; none past the horizon
    progress: bool  # our own record is written twice, the first time as under way
    nameless: bool  # Microsoft keeps no correlation id of ours; our reading was no old one then


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw a story of few deeds: two that matter are enough to go wrong."""
    origin, seen, tells_status = draw(st.sampled_from(ORIGINS)), draw(st.lists(deeds, max_size=2)), draw(st.booleans())
    start = _after(origin, seen)
    assume(start.status is not Status.DELETED)
    few = st.lists(deeds, max_size=3)
    over = draw(st.booleans())
    unseen = draw(st.lists(deeds, max_size=1))
    return Story(
        origin=origin,
        seen=seen,
        unseen=unseen,
        before=draw(few),
        after=draw(few),
        write=draw(st.sampled_from(writes(start))),
        acts=draw(st.booleans()),
        fails=draw(seldom),
        accepted=draw(st.booleans()),
        shown=0 if over else draw(st.integers(0, 1)),
        over=over,
        long_ago=draw(st.booleans()),
        at_once=draw(st.booleans()),
        dates=draw(st.permutations(range(7))),
        past_at_once=draw(st.booleans()),
        past=draw(st.permutations(range(3))),
        ahead=draw(st.sampled_from([-8, -3, -0.5, 0, 0.5, 3, 8])),
        tells_status=tells_status,
        names_all=draw(st.booleans()),
        missing=frozenset() if over else draw(st.frozensets(st.integers(0, 3), max_size=2)),
        progress=draw(st.booleans()),
        nameless=not unseen and draw(seldom),
    )


def _after(facts: SubscriptionFacts, several: Sequence[Deed]) -> SubscriptionFacts:
    microsoft = Microsoft(facts, tells_status=True)
    for deed in several:
        microsoft.write(deed, 0, THEIRS)
    return microsoft.facts


@dataclass(frozen=True, slots=True)
class Truth:
    """What our write really did: nothing, what was wanted, or something else."""

    acted: bool
    as_wanted: bool
    was_so: bool


def tell(story: Story) -> tuple[Settlement, Truth]:
    """Let the story happen, and settle our write from what can be known of it."""
    microsoft = Microsoft(story.origin, story.tells_status)
    states = [microsoft.facts]
    read = len(story.seen) + len(story.unseen)
    acted = False

    def dated() -> float:
        after_reading = len(states) - 1 - read
        if story.at_once and after_reading >= 0:
            return 5 + story.ahead + story.dates[after_reading] / 10
        long_ago = -60 if story.long_ago and after_reading < 0 else 0
        if story.past_at_once and after_reading < 0:
            return -4 + story.past[len(states) - 1] / 10 + story.ahead + long_ago
        return 2 * after_reading + 1 + story.ahead + long_ago

    def theirs(several: Sequence[Deed]) -> None:
        for deed in several:
            microsoft.write(deed, dated(), "" if deed.anonymous else THEIRS)
            states.append(microsoft.facts)

    theirs(story.seen)
    start = microsoft.facts
    theirs(story.unseen)
    theirs(story.before)
    as_wanted = was_so = story.accepted and _shows(story.write, microsoft.facts)
    if story.acts:
        was_so = _shows(story.write, microsoft.facts)
        done = len(microsoft.journal)
        name = "" if story.nameless else OURS
        acted = microsoft.write(_as_sent(story.write, start, fails=story.fails), dated(), name)
        if story.progress and len(microsoft.journal) > done:
            microsoft.journal.insert(done, replace(microsoft.journal[done], status=RecordStatus.PROGRESS))
        as_wanted = _shows(story.write, microsoft.facts)
        states.append(microsoft.facts)
    theirs(story.after)
    sent = SentWrite(story.write, start, OURS, NOW, HORIZON, accepted=story.accepted and (story.acts or story.over))
    written = [entry if story.names_all else _of_seats_alone(entry) for entry in microsoft.journal]
    records = [entry for place, entry in enumerate(written[::-1]) if place not in story.missing]
    journal = since_read(records, OURS, NOW, start.quantity)
    current = states[max(len(story.seen), len(states) - 1 - story.shown)]
    found = settle(sent, current, journal, NOW + HORIZON if story.over else NOW + timedelta(seconds=30))
    return found, Truth(acted, as_wanted, was_so)


def _of_seats_alone(entry: AuditEntry) -> AuditEntry:
    moved = entry.old_quantity != entry.new_quantity
    return entry if moved else replace(entry, old_quantity=None, new_quantity=None)


def _as_sent(write: Write, read: SubscriptionFacts, *, fails: bool) -> Deed:
    """Write the body out: the whole resource as it was read, with what the intent changes."""
    target = write.target
    if write.intent in CHANGES_QUANTITY or write.intent in STATUSES:
        [change] = read.scheduled or (None,)
        return Deed(target.quantity, bool(read.auto_renew), change, STATUSES.get(write.intent), fails=fails)
    [change] = target.scheduled or (None,)
    return Deed(read.quantity, bool(target.auto_renew), change, fails=fails)


def _shows(write: Write, facts: SubscriptionFacts) -> bool:
    if write.intent in CHANGES_QUANTITY:
        return facts.quantity == write.target.quantity
    if write.intent in STATUSES:
        return facts.status is STATUSES[write.intent]
    left = tuple(change for change in facts.scheduled if not changes_nothing(change, facts))
    want = tuple(change for change in write.target.scheduled if not changes_nothing(change, facts))
    return (facts.auto_renew, left) == (write.target.auto_renew, want)


@settings(max_examples=1000)
@given(stories())
def test_nothing_untrue_is_said_of_a_write(story: Story) -> None:
    hold(story)


def test_nothing_untrue_is_said_in_any_of_the_short_stories() -> None:
    """At most one thing by others before ours and one after it, dated in their order, with time enough for records."""
    at_most_one = ((), *zip(ASKED, strict=True))
    for origin, before, after in product(ORIGINS, at_most_one, at_most_one):
        for write, acts, accepted in product(writes(origin), (True, False), (True, False)):
            hold(short_story(origin, before, after, write, acts=acts, accepted=accepted))


def short_story(
    origin: SubscriptionFacts,
    before: Sequence[Deed],
    after: Sequence[Deed],
    write: Write,
    *,
    acts: bool,
    accepted: bool,
) -> Story:
    """Tell a story without anything that clouds it."""
    return Story(
        origin=origin,
        seen=(),
        unseen=(),
        before=before,
        after=after,
        write=write,
        acts=acts,
        fails=False,
        accepted=accepted,
        shown=0,
        over=True,
        long_ago=False,
        at_once=False,
        dates=(),
        past_at_once=False,
        past=(),
        ahead=0,
        tells_status=True,
        names_all=True,
        missing=frozenset(),
        progress=False,
        nameless=False,
    )


def hold(story: Story) -> None:
    """Hold what is said of the write against what it did."""
    found, truth = tell(story)
    match found.outcome:
        case Settled.APPLIED:
            assert truth.acted or truth.was_so
            assert truth.as_wanted
        case Settled.OVERWRITTEN:
            assert truth.acted
            assert truth.as_wanted
        case Settled.NOT_ACTED:
            assert not truth.acted
        case Settled.OTHER_EFFECT:
            assert truth.acted
            assert not truth.as_wanted
        case Settled.WAIT:
            assert not story.over
        case Settled.UNDECIDABLE:
            assert not truth.acted or story.nameless, "our own record is there: it has to be decided"
            theirs = (*story.unseen, *story.before, *story.after)
            # An old reading from within a moment: nothing tells which of its changes that one had seen.
            within = story.past_at_once and story.unseen
            if not within and all(deed.renews is None and deed.status is None for deed in theirs):
                # Changes of seats explain everything but what may be ours, and what nobody has recorded.
                assert found.evidence[1] == "record_without_id" or found.evidence == (
                    "state_reached",
                    "unexplained_change",
                )
