"""What became of a write whose answer was lost: a table of witnesses."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.licensing.rules.facts import ScheduledAction, Status, SubscriptionFacts, Term
from tenantry.licensing.rules.plan import Intent, Target, Write
from tenantry.licensing.rules.settlement import (
    AuditEntry,
    RecordStatus,
    SentWrite,
    Settled,
    has_all,
    is_reached,
    is_untouched,
    settle,
    undone_seats,
)
from tests.licensing.rules.cases import ENDS, EXTENDS, NCE, NOW, nce, renewal_with

OURS, THEIRS = "0d8a6a6e-5d4b-4f62-9b9b-1f2f0a5d1c11", "77b0a7b2-0000-4000-8000-000000000001"
HORIZON = timedelta(minutes=5)
SENT = SentWrite(Write(Intent.ADD_SEATS, Target(15, Status.ACTIVE, True)), NCE, OURS, NOW, HORIZON)
SOON, OVER = NOW + timedelta(minutes=1), NOW + HORIZON


def record(
    correlation_id: str, old: int | None, new: int | None, status: str = "succeeded", seconds: int = 5
) -> AuditEntry:
    at = NOW + timedelta(seconds=seconds)
    return AuditEntry(correlation_id, "update_subscription", RecordStatus(status), at, old, new)


MINE = record(OURS, 12, 15)


@pytest.mark.parametrize(
    ("quantity", "journal", "over", "expected"),
    [
        pytest.param(15, [MINE], False, "applied: own_record_succeeded", id="our record, and it shows"),
        pytest.param(15, [record(OURS.upper(), 12, 15)], False, "applied: own_record_succeeded", id="in capitals"),
        pytest.param(12, [MINE], False, "wait: own_record_succeeded", id="our record, does not show yet"),
        pytest.param(12, [MINE], True, "undecidable: own_record_succeeded", id="our record, never shows"),
        pytest.param(20, [MINE], True, "overwritten: own_record_succeeded", id="our record, a third number"),
        pytest.param(
            20,
            [MINE, record(THEIRS, 15, 20, seconds=9)],
            False,
            "overwritten: own_record_succeeded changed_by_others",
            id="our record, then theirs",
        ),
        pytest.param(
            12,
            [record(THEIRS, 9, 12, seconds=1), MINE],
            False,
            "wait: own_record_succeeded",
            id="theirs was before ours",
        ),
        pytest.param(
            12,
            [MINE, record(THEIRS, None, None, seconds=9)],
            False,
            "wait: own_record_succeeded",
            id="our record, then theirs about something else",
        ),
        pytest.param(
            12,
            [MINE, record(THEIRS, None, None, seconds=9)],
            True,
            "overwritten: own_record_succeeded changed_by_others",
            id="our record, then theirs, and it never shows",
        ),
        pytest.param(12, [], False, "wait: may_be_in_flight", id="nothing yet"),
        pytest.param(15, [], False, "wait: may_be_in_flight", id="it shows, the record may come"),
        pytest.param(
            12, [record(OURS, 12, 15, "failed")], False, "wait: may_be_in_flight", id="failed, too early to say"
        ),
        pytest.param(15, [record(THEIRS, 12, 15)], False, "wait: may_be_in_flight", id="their equal change, too early"),
        pytest.param(12, None, False, "wait: journal_unavailable", id="no journal yet"),
        pytest.param(12, None, True, "undecidable: journal_unavailable", id="no journal at all"),
        pytest.param(15, None, True, "undecidable: journal_unavailable", id="it shows, no journal"),
        pytest.param(12, [], True, "not_acted: no_record", id="untouched, no record"),
        pytest.param(
            12, [record(OURS, 12, 15, "failed")], True, "not_acted: own_record_failed", id="our record failed"
        ),
        pytest.param(12, [record(OURS, 12, 15, "progress")], True, "undecidable: own_record_open", id="still open"),
        pytest.param(
            12,
            [record(OURS, 12, 15, "progress"), record(OURS, 12, 15, "failed")],
            True,
            "not_acted: own_record_failed",
            id="recorded as under way, then as failed",
        ),
        pytest.param(
            12,
            [record(OURS, 12, 15, "failed"), record(OURS, 12, 15, "unknown")],
            True,
            "undecidable: own_record_open",
            id="failed, and something that we do not know",
        ),
        pytest.param(15, [record(THEIRS, 12, 15)], True, "not_acted: equal_change_by_others", id="their equal change"),
        pytest.param(
            15,
            [record(OURS, 12, 15, "failed"), record(THEIRS, 12, 15)],
            True,
            "not_acted: equal_change_by_others",
            id="ours failed, theirs is equal",
        ),
        pytest.param(15, [], True, "undecidable: unexplained_change", id="it shows, nobody wrote"),
        pytest.param(
            15, [record(THEIRS, 12, 13)], True, "undecidable: unexplained_change", id="theirs was another number"
        ),
        pytest.param(15, [record("", 12, 15)], True, "undecidable: record_without_id", id="a record without id"),
        pytest.param(20, [record(THEIRS, 12, 20)], True, "not_acted: changed_by_others", id="theirs explains all"),
        pytest.param(20, [record("", 12, 20)], True, "not_acted: changed_by_others", id="another number without id"),
        pytest.param(
            20,
            [record(THEIRS, 12, 13), record(THEIRS, 13, 20, seconds=9)],
            True,
            "not_acted: changed_by_others",
            id="two of theirs",
        ),
        pytest.param(
            20, [record(THEIRS, 15, 20)], True, "undecidable: unexplained_change", id="a gap that could be ours"
        ),
        pytest.param(20, [], True, "undecidable: unexplained_change", id="a third number, nobody wrote"),
        pytest.param(
            12, [record(THEIRS, None, None)], True, "not_acted: changed_by_others", id="untouched, else changed"
        ),
        pytest.param(
            12, [record(THEIRS, 12, 15, "failed")], True, "not_acted: no_record", id="their failure means nothing"
        ),
    ],
)
def test_a_lost_answer_about_seats(quantity: int, journal: list[AuditEntry] | None, over: bool, expected: str) -> None:
    found = settle(SENT, nce(quantity=quantity), None if journal is None else tuple(journal), OVER if over else SOON)
    assert f"{found.outcome.value}: {' '.join(found.evidence[1:])}" == expected
    seen = {12: "state_untouched", 15: "state_reached", 20: "state_differs"}[quantity]
    assert found.evidence[0] == seen


@pytest.mark.parametrize(
    ("quantity", "journal", "over", "expected"),
    [
        pytest.param(15, [], False, "wait: may_be_in_flight", id="it shows, our record may come"),
        pytest.param(15, [MINE], False, "applied: own_record_succeeded", id="it shows, our record came"),
        pytest.param(15, [], True, "applied: accepted_by_microsoft", id="it shows, nobody else wrote"),
        pytest.param(15, [record(THEIRS, 12, 13)], True, "applied: accepted_by_microsoft", id="theirs was another"),
        pytest.param(
            15, [record(THEIRS, 12, 15)], True, "not_acted: equal_change_by_others", id="dropped, and theirs is equal"
        ),
        pytest.param(15, [record("", 12, 15)], True, "undecidable: record_without_id", id="an equal one without id"),
        pytest.param(12, [], True, "not_acted: no_record", id="dropped"),
        pytest.param(15, None, True, "undecidable: journal_unavailable", id="no journal at all"),
    ],
)
def test_a_good_answer_without_a_record(
    quantity: int, journal: list[AuditEntry] | None, over: bool, expected: str
) -> None:
    accepted = replace(SENT, accepted=True)
    found = settle(
        accepted, nce(quantity=quantity), None if journal is None else tuple(journal), OVER if over else SOON
    )
    assert f"{found.outcome.value}: {' '.join(found.evidence[1:])}" == expected


def test_the_records_that_decided_are_kept() -> None:
    theirs = record(THEIRS, 15, 20, seconds=9)
    assert settle(SENT, nce(quantity=20), (MINE, theirs), SOON).records == (MINE, theirs)


def test_what_is_not_deleted_has_not_been_cancelled() -> None:
    cancel = replace(SENT, write=Write(Intent.CANCEL, Target(12, Status.DELETED, False)))
    suspended = replace(record(THEIRS, None, None), new_status=Status.SUSPENDED)
    found = settle(cancel, nce(status=Status.SUSPENDED), (suspended,), OVER)
    assert (found.outcome, found.evidence) == (Settled.NOT_ACTED, ("state_differs", "changed_by_others"))
    deleted = replace(suspended, new_status=Status.DELETED)
    assert settle(cancel, nce(status=Status.DELETED), (deleted,), OVER).evidence[1] == "equal_change_by_others"


def test_a_schedule_that_somebody_may_have_written() -> None:
    schedule = replace(SENT, write=Write(Intent.SCHEDULE_CHANGE, Target(12, Status.ACTIVE, True, (renewal_with(8),))))
    theirs = record(THEIRS, None, None)
    assert settle(schedule, nce(scheduled=(renewal_with(8),)), (theirs,), OVER).outcome is Settled.UNDECIDABLE
    assert settle(schedule, nce(), (theirs,), OVER).outcome is Settled.NOT_ACTED
    assert settle(schedule, nce(scheduled=(renewal_with(9),)), (theirs,), OVER).outcome is Settled.UNDECIDABLE


SCHEDULE = replace(SENT, write=Write(Intent.SCHEDULE_CHANGE, Target(12, Status.ACTIVE, True, (renewal_with(8),))))
WITHDRAWAL = replace(
    SENT,
    write=Write(Intent.WITHDRAW_SCHEDULE, Target(12, Status.ACTIVE, True)),
    before=nce(scheduled=(renewal_with(8),)),
)
SEATS_BACK = (record(THEIRS, 12, 13), record(OURS, 13, 12))


@pytest.mark.parametrize(
    ("sent", "current", "journal", "over", "expected"),
    [
        pytest.param(SCHEDULE, nce(), SEATS_BACK, False, "wait", id="too early to say that it was dropped"),
        pytest.param(SCHEDULE, nce(), SEATS_BACK, True, "other_effect", id="seats put back, nothing scheduled"),
        pytest.param(
            SCHEDULE, nce(scheduled=(renewal_with(8),)), SEATS_BACK, False, "wait", id="it may be an old reading"
        ),
        pytest.param(
            SCHEDULE, nce(scheduled=(renewal_with(8),)), SEATS_BACK, True, "applied", id="Microsoft kept the schedule"
        ),
        pytest.param(
            SCHEDULE,
            nce(scheduled=(renewal_with(8),)),
            (*SEATS_BACK, record(THEIRS, 12, 12, seconds=9)),
            True,
            "other_effect",
            id="somebody else may have scheduled the same",
        ),
        pytest.param(
            SCHEDULE,
            nce(quantity=14),
            (*SEATS_BACK, record(THEIRS, 12, 14, seconds=9)),
            True,
            "other_effect",
            id="seats put back, and changed again",
        ),
        pytest.param(WITHDRAWAL, nce(), SEATS_BACK, False, "applied", id="nothing was to be scheduled"),
    ],
)
def test_a_decision_that_put_seats_back(
    sent: SentWrite, current: SubscriptionFacts, journal: tuple[AuditEntry, ...], over: bool, expected: str
) -> None:
    assert settle(sent, current, journal, OVER if over else SOON).outcome.value == expected
    assert undone_seats(sent.write, journal[1:]) == (13, 12)


def test_seats_that_were_wanted_are_not_undone() -> None:
    assert undone_seats(SENT.write, (MINE,)) is None
    assert undone_seats(SCHEDULE.write, (record(OURS, 12, 12), record(OURS, None, None))) is None
    assert undone_seats(Write(Intent.CANCEL, Target(12, Status.DELETED, False)), SEATS_BACK[1:]) is None


def test_what_is_suspended_is_suspended_also_where_seats_were_undone() -> None:
    suspend = replace(SENT, write=Write(Intent.SUSPEND, Target(12, Status.SUSPENDED, False)))
    assert settle(suspend, nce(status=Status.SUSPENDED), SEATS_BACK, SOON).outcome is Settled.APPLIED
    assert undone_seats(suspend.write, SEATS_BACK[1:]) == (13, 12)


@pytest.mark.parametrize(
    ("accepted", "journal", "expected"),
    [
        pytest.param(True, [record(THEIRS, 12, 13)], "not_acted: changed_by_others", id="their seats dropped it"),
        pytest.param(False, [record("", 12, 13)], "not_acted: changed_by_others", id="theirs without an id"),
        pytest.param(True, [record("", 13, 12)], "undecidable: record_without_id", id="with the seats that ours sends"),
        pytest.param(True, [record(THEIRS, 12, 12)], "undecidable: unexplained_change", id="it may have been theirs"),
        pytest.param(True, [], "applied: accepted_by_microsoft", id="nobody else wrote"),
    ],
)
def test_a_withdrawal_that_nobody_recorded(accepted: bool, journal: list[AuditEntry], expected: str) -> None:
    found = settle(replace(WITHDRAWAL, accepted=accepted), nce(quantity=13), tuple(journal), OVER)
    assert f"{found.outcome.value}: {' '.join(found.evidence[1:])}" == expected


def test_another_schedule_that_nobody_recorded_is_not_ours() -> None:
    schedule = replace(SENT, write=Write(Intent.SCHEDULE_CHANGE, Target(12, Status.ACTIVE, True, (renewal_with(8),))))
    found = settle(schedule, nce(scheduled=(renewal_with(9),)), (), OVER)
    assert (found.outcome, found.evidence) == (Settled.NOT_ACTED, ("state_differs", "no_record"))
    assert settle(schedule, nce(scheduled=(renewal_with(9),)), (), SOON).outcome is Settled.WAIT
    assert settle(schedule, nce(scheduled=(renewal_with(8),)), (), OVER).outcome is Settled.UNDECIDABLE
    suspend = replace(SENT, write=Write(Intent.SUSPEND, Target(12, Status.SUSPENDED, True)))
    assert settle(suspend, nce(status=Status.EXPIRED), (), OVER).outcome is Settled.UNDECIDABLE


def test_somebody_elses_seats_do_not_look_like_our_schedule() -> None:
    schedule = replace(SENT, write=Write(Intent.SCHEDULE_CHANGE, Target(12, Status.ACTIVE, True, (renewal_with(15),))))
    theirs = record("", 12, 15)
    found = settle(schedule, nce(quantity=15), (theirs,), OVER)
    assert (found.outcome, found.evidence) == (Settled.NOT_ACTED, ("state_reached", "changed_by_others"))
    assert settle(schedule, nce(quantity=15), (record("", None, None),), OVER).outcome is Settled.UNDECIDABLE
    # Nor where another schedule was there before, and Microsoft had accepted ours: their seats have dropped both.
    replaced = replace(schedule, before=nce(scheduled=(renewal_with(8),)), accepted=True)
    found = settle(replaced, nce(quantity=15), (record(THEIRS, 12, 15),), OVER)
    assert (found.outcome, found.evidence) == (Settled.NOT_ACTED, ("state_reached", "changed_by_others"))


SCHEDULED = Write(Intent.SCHEDULE_CHANGE, Target(12, Status.ACTIVE, True, (renewal_with(8),)))
ENDING = Write(Intent.END_AT_TERM, Target(12, Status.ACTIVE, False, (ENDS,)))
RENEWING = Write(Intent.RENEW, Target(12, Status.ACTIVE, True))


@pytest.mark.parametrize(
    ("write", "current", "reached"),
    [
        pytest.param(SENT.write, nce(quantity=15), True, id="seats"),
        pytest.param(SENT.write, nce(quantity=14), False, id="other seats"),
        pytest.param(
            Write(Intent.SUSPEND, Target(12, Status.SUSPENDED, True)), nce(status=Status.SUSPENDED), True, id="off"
        ),
        pytest.param(Write(Intent.REACTIVATE, Target(12, Status.ACTIVE, True)), nce(), True, id="on"),
        pytest.param(
            SCHEDULED, nce(scheduled=(renewal_with(8, promotion_id="x"),)), True, id="Microsoft adds a promotion"
        ),
        pytest.param(SCHEDULED, nce(scheduled=(renewal_with(9),)), False, id="another number"),
        pytest.param(SCHEDULED, nce(), False, id="nothing there"),
        pytest.param(SCHEDULED, nce(auto_renew=False, scheduled=(renewal_with(8),)), False, id="auto-renew off"),
        pytest.param(SCHEDULED, nce(scheduled=(renewal_with(8), EXTENDS)), False, id="something else as well"),
        pytest.param(ENDING, nce(auto_renew=False, scheduled=(ENDS,)), True, id="ending"),
        pytest.param(ENDING, nce(auto_renew=False), False, id="auto-renew off alone would extend"),
        pytest.param(RENEWING, nce(scheduled=(renewal_with(12),)), True, id="a renewal that changes nothing is none"),
        pytest.param(RENEWING, nce(scheduled=(renewal_with(12, term=Term.MONTH),)), False, id="another term"),
        pytest.param(RENEWING, nce(scheduled=(ENDS,)), False, id="still ends"),
        pytest.param(
            Write(Intent.SCHEDULE_CHANGE, Target(12, Status.ACTIVE, True, (renewal_with(12),))), nce(), True, id="idle"
        ),
    ],
)
def test_reached(write: Write, current: SubscriptionFacts, reached: bool) -> None:
    assert is_reached(write, current) is reached


def test_untouched_looks_at_what_the_write_wants_to_change() -> None:
    assert is_untouched(SENT.write, NCE, nce(scheduled=(ENDS,)))
    assert is_untouched(SCHEDULED, NCE, nce(quantity=15))
    assert not is_untouched(SCHEDULED, NCE, nce(scheduled=(renewal_with(9),)))
    assert not is_untouched(Write(Intent.CANCEL, Target(12, Status.DELETED, False)), NCE, nce(status=Status.DELETED))


def test_what_has_to_be_put_back_is_looked_for() -> None:
    upgrade = renewal_with(8, action=ScheduledAction.TRANSITION)
    assert has_all((upgrade,), nce(scheduled=(ENDS, upgrade)))
    assert not has_all((upgrade,), nce(scheduled=(ENDS,)))
    assert has_all((), NCE)


entries = st.builds(
    record,
    st.sampled_from([OURS, THEIRS, ""]),
    st.sampled_from([None, 12, 15, 20]),
    st.sampled_from([None, 12, 15, 20]),
    st.sampled_from([status.value for status in RecordStatus]),
    st.integers(0, 290),
)


@given(
    quantity=st.sampled_from([12, 15, 20]),
    journal=st.none() | st.lists(entries, max_size=4).map(tuple),
    seconds=st.integers(0, 900),
)
def test_laws_of_settling(quantity: int, journal: tuple[AuditEntry, ...] | None, seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    found = settle(SENT, nce(quantity=quantity), journal, now)
    ours = [entry for entry in journal or () if entry.correlation_id == OURS and entry.status is RecordStatus.SUCCEEDED]
    if found.outcome in (Settled.APPLIED, Settled.OVERWRITTEN):
        assert ours
        assert (quantity == 15) is (found.outcome is Settled.APPLIED)
    if found.outcome is Settled.NOT_ACTED:
        assert now >= OVER
        assert journal is not None
        assert not ours
    if found.outcome is Settled.WAIT:
        assert now < OVER
