"""The database's own function adds the rows: what it hashes is what Python hashes, and nothing jams it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tenantry.audit import actions, queries, repair
from tenantry.audit.models import AuditRow, Chain
from tenantry.audit.queries import Break, Fault
from tenantry.kernel.actor import Actor, ActorKind
from tests.audit.test_record import CONTOSO, FABRIKAM, NOON, tamper, write

pytestmark = pytest.mark.django_db
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**40), 10**40) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
OPERATOR = Actor.operator("root")


def test_the_database_hashes_the_bytes_that_python_reads_back() -> None:
    @settings(max_examples=150)
    @given(
        st.dictionaries(WORDS, PLAIN, max_size=5),
        st.lists(WORDS, min_size=5, max_size=5),
        st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)),
    )
    def holds(after: dict[str, object], words: list[str], moment: datetime) -> None:
        kind, subject, name, rule, actor = words
        actions.record(
            acting_as=Actor(ActorKind.STAFF, actor, actor, actor),
            verb="thing.done",
            subject_kind=kind,
            subject_id=subject,
            subject_name=name,
            rule=rule,
            company_id=FABRIKAM,
            after=after,
            now=moment.replace(tzinfo=UTC),
        )
        assert AuditRow.objects.latest("id").after == after

    holds()
    assert queries.verify().breaks == ()
    assert queries.verify().rows >= 100


NESTED = "[" * 60 + "]" * 60


@pytest.mark.parametrize(
    "value",
    ['{"x": 1.5}', '{"x": 1e400}', f'{{"x": {"9" * 5000}}}', f'{{"x": {NESTED}}}', json.dumps({"x": "y" * 4_000_001})],
    ids=["fraction", "power", "digits", "nested", "long"],
)
def test_what_python_could_not_read_back_is_refused(value: str) -> None:
    with pytest.raises(DatabaseError, match="The audit record takes"), transaction.atomic():
        append(after=value)
    assert AuditRow.objects.count() == 0


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "1969-12-31", "10000-01-01", "20000-01-01"])
def test_a_moment_that_python_has_no_date_for_is_refused(moment: str) -> None:
    with pytest.raises(DatabaseError, match="no such moment"), transaction.atomic():
        append(happened=moment)


def append(*, happened: str = "2026-11-22 12:00+00", after: str = "{}") -> None:
    """Call the function as somebody would who has taken over the web process."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit_append(NULL, %s, 'staff', '', 'Eve', 'thing.done', 'thing', '1', '', NULL, %s, '', '', '')",
            [happened, after],
        )


def forge(sequence: int, *, happened: str = "2026-11-22 12:00+00", after: str = "{}") -> None:
    """Put a row past the function, as the web's role could when it had the right to insert."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditrow (chain_id, sequence, company_id, happened_at, actor_kind, actor_id, actor_name,"
            " verb, subject_kind, subject_id, subject_name, after, outcome, rule, request_id, previous_hash, hash)"
            " SELECT id, %s, company_id, %s, '', '', 'Eve', 'thing.done', '', '', '', %s, '', '', '', '', 'x'"
            " FROM audit_chain WHERE company_id = %s",
            [sequence, happened, after, FABRIKAM],
        )


@pytest.mark.parametrize(
    "what",
    [
        {},
        {"happened": "infinity"},
        {"after": '{"x": 1e400}'},
        {"after": f'{{"x": {"9" * 5000}}}'},
        {"after": f'{{"x": {"[" * 3000}{"]" * 3000}}}'},
    ],
    ids=["plain", "moment", "power", "digits", "nested"],
)
def test_a_forged_row_is_named_and_stops_nobody(what: dict[str, Any]) -> None:
    write()
    forge(2, **what)
    forge(3, **what)
    write()
    write()
    assert Chain.objects.get().sequence == 5
    broken = [Break(FABRIKAM, 2, Fault.REORDERED), Break(FABRIKAM, 2, Fault.CHANGED)]
    broken += [Break(FABRIKAM, 3, Fault.REORDERED), Break(FABRIKAM, 3, Fault.CHANGED)]
    assert list(queries.verify().breaks) == broken


def test_a_forged_row_far_away_does_not_keep_the_check_busy_for_ever() -> None:
    write()
    forge(2**63 - 1)
    write()
    breaks = queries.verify().breaks
    assert breaks[0] == Break(FABRIKAM, 3, Fault.MISSING)
    assert breaks[-2:] == (Break(FABRIKAM, 2**63 - 1, Fault.CHANGED), Break(FABRIKAM, 2**63 - 1, Fault.HEAD))
    assert len(breaks) < 200


def test_a_forged_row_before_the_first_one_is_named() -> None:
    write()
    forge(-5)
    forge(0)
    write()
    assert queries.verify().breaks == (Break(FABRIKAM, -5, Fault.CHANGED), Break(FABRIKAM, 0, Fault.CHANGED))


@pytest.mark.parametrize("sequence", [2**63 - 1, -5, 0])
def test_a_forged_head_is_overcome_by_the_next_row(sequence: int) -> None:
    write()
    write()
    Chain.objects.update(sequence=sequence, head=b"x")
    write()
    assert queries.verify().breaks == ()
    assert Chain.objects.get().sequence == 3


def test_what_was_looked_into_is_listed_apart_and_what_breaks_later_is_told() -> None:
    for company in (FABRIKAM, FABRIKAM, CONTOSO, None):
        write(company)
    tamper(f"UPDATE audit_auditrow SET actor_name = 'x' WHERE sequence = 2 AND company_id = '{FABRIKAM}'")
    changed = Break(FABRIKAM, 2, Fault.CHANGED)

    assert repair.accept_breaks(acting_as=OPERATOR, reason="A restore.", now=NOON).breaks == (changed,)

    found = queries.verify()
    assert (found.whole, found.breaks, found.accepted) == (True, (), (changed,))
    row = AuditRow.objects.latest("id")
    assert (row.verb, row.actor_name, row.after and row.after["reason"]) == (
        "audit.breaks_accepted",
        "root",
        "A restore.",
    )
    tamper(f"UPDATE audit_auditrow SET actor_name = 'y' WHERE sequence = 2 AND company_id = '{FABRIKAM}'")
    assert queries.verify().breaks == (changed,)


def test_a_record_that_is_whole_is_not_written_to() -> None:
    write()
    assert repair.accept_breaks(acting_as=OPERATOR, reason="To be sure.", now=NOON).whole
    assert AuditRow.objects.count() == 1


def test_a_head_that_went_back_is_published_again_after_it_was_looked_into() -> None:
    for _ in range(3):
        write()
    actions.publish_heads()
    tamper("DELETE FROM audit_auditrow WHERE sequence = 3; UPDATE audit_chain SET sequence = 2")
    repair.accept_breaks(acting_as=OPERATOR, reason="A restore.", now=NOON)
    write()
    assert queries.verify().breaks == ()
    assert FABRIKAM in {head.company_id for head in actions.publish_heads()}
