"""Laws of settling, against a small Microsoft: whatever happened around a lost answer, nothing untrue is said of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tenantry.licensing.journal import in_order, since_read
from tenantry.licensing.rules.facts import ScheduledChange, SubscriptionFacts
from tenantry.licensing.rules.plan import CHANGES_QUANTITY, Intent, Target, Write
from tenantry.licensing.rules.settlement import AuditEntry, RecordStatus, SentWrite, Settled, Settlement, settle
from tenantry.licensing.rules.terms import changes_nothing
from tests.licensing.rules.cases import ENDS, EXTENDS, NOW, nce, renewal_with

OURS, THEIRS = "0d8a6a6e-5d4b-4f62-9b9b-1f2f0a5d1c11", "77b0a7b2-0000-4000-8000-000000000001"
HORIZON = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Deed:
    """What one write asks for; what is None stays. ``change`` counts only where ``renews`` is set."""

    quantity: int | None = None
    renews: bool | None = None
    change: ScheduledChange | None = None
    anonymous: bool = False


@dataclass(slots=True)
class Microsoft:
    """One subscription: a change of seats drops what is scheduled, and nothing to change leaves no record."""

    facts: SubscriptionFacts
    journal: list[AuditEntry] = field(default_factory=list)

    def write(self, deed: Deed, second: float, correlation_id: str) -> bool:
        """Carry a write out; False when there was nothing to change."""
        before, facts = self.facts, self.facts
        if deed.renews is not None:
            facts = replace(facts, auto_renew=deed.renews, scheduled=(deed.change,) if deed.change else ())
        if deed.quantity not in (None, facts.quantity):
            facts = replace(facts, quantity=deed.quantity or 0, scheduled=())
        if facts == before:
            return False
        self.facts = facts
        at = NOW + timedelta(seconds=second)
        entry = AuditEntry(
            correlation_id, "update_subscription", RecordStatus.SUCCEEDED, at, before.quantity, facts.quantity
        )
        self.journal.append(entry)
        return True


NUMBERS = (11, 12, 13, 15)
changes = st.sampled_from([None, renewal_with(8), renewal_with(13), renewal_with(12)])
deeds = st.one_of(
    st.builds(Deed, quantity=st.sampled_from(NUMBERS), anonymous=st.booleans()),
    st.builds(Deed, renews=st.just(True), change=changes, anonymous=st.booleans()),
    st.builds(Deed, renews=st.just(False), change=st.sampled_from([None, ENDS, EXTENDS]), anonymous=st.booleans()),
)
starts = st.one_of(
    st.builds(lambda change: nce(scheduled=(change,) if change else ()), changes),
    st.sampled_from([nce(auto_renew=False, scheduled=(ENDS,)), nce(auto_renew=False, scheduled=(EXTENDS,))]),
)


@st.composite
def wanted_writes(draw: st.DrawFn, read: SubscriptionFacts) -> Write:
    """Draw a write that the rules may plan for a subscription as it was read."""
    quantity, status = read.quantity, read.status
    intent = draw(st.sampled_from([Intent.ADD_SEATS, Intent.SCHEDULE_CHANGE, Intent.WITHDRAW_SCHEDULE, Intent.RENEW,
                                   Intent.END_AT_TERM, Intent.EXTEND_AT_TERM]))  # fmt: skip
    match intent:
        case Intent.SCHEDULE_CHANGE:
            target = Target(quantity, status, True, (draw(st.sampled_from([renewal_with(8), renewal_with(14)])),))
        case Intent.WITHDRAW_SCHEDULE:
            target = Target(quantity, status, True)
        case Intent.RENEW:
            target = Target(quantity, status, True, draw(st.sampled_from([(), (renewal_with(8),)])))
        case Intent.END_AT_TERM:
            target = Target(quantity, status, False, (ENDS,))
        case Intent.EXTEND_AT_TERM:
            target = Target(quantity, status, False, (EXTENDS,))
        case _:
            other = draw(st.sampled_from([number for number in NUMBERS if number != quantity]))
            intent = Intent.ADD_SEATS if other > quantity else Intent.RETURN_SEATS
            target = Target(other, status, read.auto_renew, read.scheduled)
    return Write(intent, target)


@dataclass(frozen=True, slots=True)
class Story:
    """What happened: others before our reading that it did not show, others after it, ours at its place, or never."""

    start: SubscriptionFacts
    unseen: Sequence[Deed]
    before: Sequence[Deed]
    after: Sequence[Deed]
    write: Write
    acts: bool
    accepted: bool
    shown: int  # how many of the last changes the reading afterwards does not show yet; none past the horizon
    over: bool
    long_ago: bool  # what our reading did not show was recorded long before it: the reading was an old one
    at_once: bool  # everything but what was before our reading happens in one moment, and is dated by chance
    dates: Sequence[int]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw a story of few deeds: two that matter are enough to go wrong."""
    start = draw(starts)
    few = st.lists(deeds, max_size=2)
    over = draw(st.booleans())
    return Story(
        start=start,
        unseen=draw(st.lists(deeds, max_size=1)),
        before=draw(few),
        after=draw(few),
        write=draw(wanted_writes(start)),
        acts=draw(st.booleans()),
        accepted=draw(st.booleans()),
        shown=0 if over else draw(st.integers(0, 1)),
        over=over,
        long_ago=draw(st.booleans()),
        at_once=draw(st.booleans()),
        dates=draw(st.permutations(range(6))),
    )


@dataclass(frozen=True, slots=True)
class Truth:
    """What our write really did: nothing, what was wanted, or something else."""

    acted: bool
    as_wanted: bool
    was_so: bool


def tell(story: Story) -> tuple[Settlement, Truth]:
    """Let the story happen, and settle our write from what can be known of it."""
    microsoft = Microsoft(story.start)
    states = [microsoft.facts]
    acted = False

    def dated() -> float:
        place = len(states) - 1
        if story.at_once and place >= len(story.unseen):
            return 5 + story.dates[place] / 10
        long_ago = -60 if story.long_ago and place < len(story.unseen) else 0
        return 2 * (place - len(story.unseen)) + 1 + long_ago

    def theirs(several: Sequence[Deed]) -> None:
        for deed in several:
            microsoft.write(deed, dated(), "" if deed.anonymous else THEIRS)
            states.append(microsoft.facts)

    theirs(story.unseen)
    theirs(story.before)
    as_wanted = was_so = story.accepted and _shows(story.write, microsoft.facts)
    if story.acts:
        acted = microsoft.write(_as_sent(story), dated(), OURS)
        as_wanted = _shows(story.write, microsoft.facts)
        was_so = not acted
        states.append(microsoft.facts)
    theirs(story.after)
    sent = SentWrite(
        story.write, story.start, OURS, NOW, HORIZON, accepted=story.accepted and (story.acts or story.over)
    )
    journal = since_read(in_order(microsoft.journal), OURS, NOW, story.start.quantity)
    current = states[max(0, len(states) - 1 - story.shown)]
    found = settle(sent, current, journal, NOW + HORIZON if story.over else NOW + timedelta(seconds=30))
    return found, Truth(acted, as_wanted, was_so)


def _as_sent(story: Story) -> Deed:
    """Write the body out: the whole resource as it was read, with what the intent changes."""
    target = story.write.target
    if story.write.intent in CHANGES_QUANTITY:
        [change] = story.start.scheduled or (None,)
        return Deed(target.quantity, bool(story.start.auto_renew), change)
    [change] = target.scheduled or (None,)
    return Deed(story.start.quantity, bool(target.auto_renew), change)


def _shows(write: Write, facts: SubscriptionFacts) -> bool:
    if write.intent in CHANGES_QUANTITY:
        return facts.quantity == write.target.quantity
    left = tuple(change for change in facts.scheduled if not changes_nothing(change, facts))
    want = tuple(change for change in write.target.scheduled if not changes_nothing(change, facts))
    return (facts.auto_renew, left) == (write.target.auto_renew, want)


@settings(max_examples=1000)
@given(stories())
def test_nothing_untrue_is_said_of_a_write(story: Story) -> None:
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
            assert not truth.acted, "our own record is there: it has to be decided"
            theirs = (*story.unseen, *story.before, *story.after)
            if all(deed.renews is None for deed in theirs):
                # Changes of seats explain everything but what may be ours, and what nobody has recorded.
                assert found.evidence[1] == "record_without_id" or found.evidence == (
                    "state_reached",
                    "unexplained_change",
                )
