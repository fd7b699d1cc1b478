"""Microsoft's audit records as witnesses: which of them were read already, and which came before ours."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenantry.clients.partner_center.models import AuditRecord
from tenantry.licensing.journal import Between, came_between, entries_about, in_order, since_read, subscriptions_of
from tenantry.licensing.rules.facts import Status
from tenantry.licensing.rules.plan import Intent, Target, Write
from tenantry.licensing.rules.settlement import AuditEntry, RecordStatus

READ = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OURS = "11111111-1111-1111-1111-111111111111"


def entry(seconds: float, old: int | None, new: int | None, correlation_id: str = "") -> AuditEntry:
    """Make a record so many seconds after the reading."""
    return AuditEntry(
        correlation_id,
        "update_subscription",
        RecordStatus.SUCCEEDED,
        READ + timedelta(seconds=seconds),
        old_quantity=old,
        new_quantity=new,
        by="somebody",
    )


def failed(one: AuditEntry) -> AuditEntry:
    """Make the record of an attempt that came to nothing."""
    return replace(one, status=RecordStatus.FAILED)


def under_way(seconds: float) -> AuditEntry:
    """Make our own record of 5 → 8 seats as Microsoft may write it before it is done."""
    return replace(entry(seconds, 5, 8, OURS), status=RecordStatus.PROGRESS)


@pytest.mark.parametrize(
    ("case", "entries", "kept"),
    [
        ("long before", [entry(-60, 3, 5)], []),
        ("just before, and it led to what was read", [entry(-2, 3, 5)], []),
        ("our clock is ahead: it was read", [entry(3, 3, 5)], []),
        ("another change after it", [entry(-2, 3, 5), entry(1, 5, 7)], [1]),
        ("ours is always kept", [entry(-60, 5, 8, OURS)], [0]),
        ("after ours, back to what was read", [entry(1, 5, 8, OURS), entry(2, 8, 5)], [0, 1]),
        ("no quantities: by time", [entry(1, None, None)], [0]),
        ("well after, even to the same number", [entry(60, 7, 5)], [0]),
        ("long before, but the reading was older still", [entry(-60, 5, 7)], [0]),
        ("long before, and an old reading between the two", [entry(-90, 3, 5), entry(-60, 5, 7)], [1]),
        ("long before, and back right before the reading", [entry(-60, 5, 7), entry(-2, 7, 5)], []),
        ("long before, from somewhere else", [entry(-60, 3, 7)], []),
        ("something else than seats, right before: it may not have been read", [entry(-1, 5, 5)], [0]),
        ("there and back, right after: it may not have been read", [entry(1, 5, 7), entry(2, 7, 5)], [0, 1]),
        (
            "long before, there and back in one moment, dated the wrong way round; something else since",
            [entry(-60, 7, 5), entry(-59.9, 5, 7), entry(-31, 5, 5)],
            [],
        ),
        (
            "the same with nothing since: only the reading tells the order",
            [entry(-60, 7, 5), entry(-59.9, 5, 7)],
            [],
        ),
    ],
)
def test_what_was_read_already_is_left_out(case: str, entries: list[AuditEntry], kept: list[int]) -> None:
    assert since_read(entries, OURS, READ, 5) == tuple(entries[place] for place in kept), case


TO_EIGHT = Write(Intent.ADD_SEATS, Target(8, Status.ACTIVE, True))
RENEWAL = Write(Intent.RENEW, Target(5, Status.ACTIVE, True))


@pytest.mark.parametrize(
    ("case", "entries", "seats"),
    [
        ("nobody else", [entry(2, 5, 8, OURS)], []),
        ("before ours", [entry(1, 5, 6), entry(20, 6, 8, OURS)], [(5, 6)]),
        (
            "in the same moment, recorded later, but ours came on top",
            [entry(2, 6, 8, OURS), entry(2.0001, 5, 6)],
            [(5, 6)],
        ),
        ("in the same moment, after ours", [entry(2, 5, 8, OURS), entry(2.0001, 8, 9)], []),
        ("in the same moment, there with ours and back", [entry(2, 8, 5), entry(2.0001, 5, 8, OURS)], []),
        ("in the same moment, there and back with ours", [entry(2, 8, 5, OURS), entry(2.0001, 5, 8)], [(5, 8)]),
        ("ours is not there", [entry(1, 5, 6)], []),
        ("something else than seats, after the reading", [entry(1, 5, 5), entry(2, 5, 8, OURS)], [(5, 5)]),
        ("something else than seats, most likely read", [entry(-1, 5, 5), entry(2, 5, 8, OURS)], []),
        ("an attempt that came to nothing", [failed(entry(1, 5, 6)), entry(2, 5, 8, OURS)], []),
        ("ours came to nothing", [entry(1, 5, 6), failed(entry(2, 6, 8, OURS))], []),
        (
            "ours is recorded twice, the first time as under way",
            [under_way(2), entry(3, 5, 6), entry(4, 6, 8, OURS)],
            [(5, 6)],
        ),
        (
            "what an earlier order of ours undid, dated the wrong way round",
            [entry(-2, 6, 5), entry(-1.9, 5, 6), entry(2, 5, 8, OURS)],
            [],
        ),
        (
            "the same again, and one more of the same right before ours",
            [entry(-2, 6, 5), entry(-1.9, 5, 6), entry(2, 5, 6), entry(2.0001, 6, 8, OURS)],
            [(5, 6)],
        ),
        ("a gap before ours: what may not have been read is kept", [entry(-1, 5, 6), entry(2, 7, 8, OURS)], [(5, 6)]),
    ],
)
def test_whose_change_ours_came_on_top_of(case: str, entries: list[AuditEntry], seats: list[tuple[int, int]]) -> None:
    found = came_between(since_read(entries, OURS, READ, 5), OURS, TO_EIGHT, READ)
    assert found.undid is None
    assert [(one.old_quantity, one.new_quantity) for one in found.overwrote] == seats, case


def test_a_decision_that_moved_seats_undid_somebodys() -> None:
    theirs, ours = entry(1, 5, 6), entry(20, 6, 5, OURS)
    assert came_between([theirs, ours], OURS, RENEWAL, READ) == Between((theirs,), (6, 5))
    assert came_between([entry(20, 5, 5, OURS)], OURS, RENEWAL, READ) == Between()
    assert came_between([theirs, failed(ours)], OURS, RENEWAL, READ) == Between()


def record(**changes: Any) -> AuditRecord:
    """Make an audit record as Microsoft writes it."""
    return AuditRecord.parse(
        {
            "id": "1",
            "operationType": "update_subscription",
            "operationDate": "2026-11-22T12:00:01Z",
            "operationStatus": "succeeded",
            "originalCorrelationId": OURS,
            "resourceOldValue": '{"Id": "ABC", "Quantity": 5, "Status": "active"}',
            "resourceNewValue": '{"Id": "ABC", "Quantity": 8, "Status": "active"}',
            "userPrincipalName": "dana@kestrel-it.example",
            **changes,
        }
    )


def test_a_record_about_a_subscription_is_found_by_its_values_and_by_its_details() -> None:
    by_values = record()
    by_details = record(
        resourceOldValue=None, resourceNewValue="not json", customizedData=[{"key": "SubscriptionId-0", "value": "Abc"}]
    )
    other = record(resourceOldValue='{"Id": "xyz"}', resourceNewValue='{"Id": "xyz"}')
    assert subscriptions_of(by_values) == subscriptions_of(by_details) == {"abc"}
    found = entries_about("aBc", [by_values, by_details, other])
    assert [(one.old_quantity, one.new_quantity, one.new_status) for one in found] == [
        (5, 8, Status.ACTIVE),
        (None, None, None),
    ]
    assert found[0].correlation_id == OURS


@pytest.mark.parametrize(
    ("case", "read", "dated", "quantities"),
    [
        ("by time", 5, [("00.5", 3, 5), ("00.1", 2, 3)], [2, 3, 5]),
        ("one moment, dated the wrong way round", 8, [("00.1", 5, 8), ("00.2", 3, 5)], [3, 5, 8]),
        ("three of one moment", 8, [("00.1", 2, 3), ("00.2", 5, 8), ("00.3", 3, 5)], [2, 3, 5, 8]),
        ("there and back: the reading tells", 3, [("00.1", 3, 5), ("00.2", 5, 3)], [3, 5, 3]),
        ("the same, dated the wrong way round", 3, [("00.1", 5, 3), ("00.2", 3, 5)], [3, 5, 3]),
        ("there and back: what was before tells", 9, [("00.1", 5, 3), ("00.2", 3, 5), ("-30", 2, 3)], [2, 3, 5, 3]),
        ("there and back: what comes after tells", 9, [("00.1", 5, 3), ("00.2", 3, 5), ("30", 3, 4)], [3, 5, 3, 4]),
        ("there and back: nothing tells, so the dates do", 9, [("00.1", 5, 3), ("00.2", 3, 5)], [5, 3, 5]),
        ("too far apart to be one moment", 8, [("00.1", 5, 8), ("04.0", 3, 5)], [5, 8, 3, 5]),
    ],
)
def test_records_of_one_moment_are_ordered_by_what_they_changed(
    case: str, read: int, dated: list[tuple[str, int, int]], quantities: list[int]
) -> None:
    records = [entry(float(seconds), old, new) for seconds, old, new in dated]
    path: list[int | None] = []
    for one in in_order(records, read):
        path += [one.new_quantity] if path[-1:] == [one.old_quantity] else [one.old_quantity, one.new_quantity]
    assert path == quantities, case


def test_many_records_of_one_moment_lose_none() -> None:
    records = [entry(number / 100, number % 3, (number + 1) % 3) for number in range(50)]
    assert list(in_order(records[::-1], 0)) == records
