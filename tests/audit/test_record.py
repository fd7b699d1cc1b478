"""The audit record: what it keeps, what it refuses, and how it shows tampering."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import pytest
import structlog
from django.db import DatabaseError, connection, transaction

from tenantry.audit import actions, canonical, queries
from tenantry.audit.models import AuditRow, Chain
from tenantry.audit.queries import Break, Fault, VerifyResult
from tenantry.kernel.actor import Actor, ActorKind

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
FABRIKAM = UUID("11111111-1111-1111-1111-111111111111")
CONTOSO = UUID("22222222-2222-2222-2222-222222222222")
DANA = Actor(ActorKind.STAFF, "7", "Dana", "Dana of Contoso IT, for Fabrikam")

pytestmark = pytest.mark.django_db


class Colour(StrEnum):
    RED = "red"


def write(company_id: UUID | None = FABRIKAM, verb: str = "thing.done", **more: object) -> None:
    values: dict[str, object] = {"subject_kind": "thing", "subject_id": "1", "now": NOON, **more}
    actions.record(acting_as=DANA, verb=verb, company_id=company_id, **values)  # type: ignore[arg-type]


def test_a_row_says_who_did_what_for_whom() -> None:
    actions.record(
        acting_as=DANA,
        verb="change_order.placed",
        subject_kind="subscription",
        subject_id="sub-1",
        subject_name="Microsoft 365 Business Premium",
        company_id=FABRIKAM,
        before={"quantity": 12},
        after={"quantity": 15},
        outcome="queued",
        rule="nce.add_seats",
        request_id="req-1",
        now=NOON,
    )
    row = AuditRow.objects.get()
    said = (row.sequence, row.company_id, row.happened_at, row.actor_kind, row.actor_id, row.actor_name, row.verb)
    assert said == (1, FABRIKAM, NOON, "staff", "7", "Dana of Contoso IT, for Fabrikam", "change_order.placed")
    about = (row.subject_kind, row.subject_id, row.subject_name, row.before, row.after)
    assert about == ("subscription", "sub-1", "Microsoft 365 Business Premium", {"quantity": 12}, {"quantity": 15})
    assert (row.outcome, row.rule, row.request_id) == ("queued", "nce.add_seats", "req-1")
    assert queries.verify() == VerifyResult(1, 1, ())


def test_each_company_and_the_partner_have_a_chain_of_their_own() -> None:
    for company_id in (FABRIKAM, None, FABRIKAM, CONTOSO, None):
        write(company_id)
    kept = {chain.company_id: chain.sequence for chain in Chain.objects.all()}
    assert kept == {FABRIKAM: 2, None: 2, CONTOSO: 1}
    assert queries.verify() == VerifyResult(3, 5, ())


def test_every_plain_value_reads_back_as_it_was_hashed() -> None:
    write(
        subject_name="Größe 東京 \ud800 nul\x00 " + "x" * 400,
        now=NOON.astimezone(timezone(timedelta(hours=5, minutes=30))),
        before={"ids": [CONTOSO], "at": NOON, "day": date(2027, 3, 1), "price": Decimal("12.50"), "big": 10**30},
        after={"b": None, "a": True, "colour": Colour.RED, "nested": {"x": ("y", 1)}, "nul": "a\x00b", "-0": -0},
    )
    row = AuditRow.objects.get()
    assert len(row.subject_name) == 300
    assert row.subject_name.startswith("Größe 東京 ? nul x")
    assert row.before == {
        "ids": [str(CONTOSO)],
        "at": "2026-11-22T12:00:00.123456+00:00",
        "day": "2027-03-01",
        "price": "12.50",
        "big": 10**30,
    }
    assert row.after == {
        "b": None,
        "a": True,
        "colour": "red",
        "nested": {"x": ["y", 1]},
        "nul": "a\ufffdb",
        "-0": 0,
    }
    assert queries.verify().whole


@pytest.mark.parametrize("value", [1.5, object(), {1, 2}, b"secret"])
def test_values_that_would_not_read_back_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        write(after={"value": value})
    assert AuditRow.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_row_needs_a_transaction_and_falls_with_it() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        write()
    with pytest.raises(KeyError), transaction.atomic():
        write()
        raise KeyError
    assert (AuditRow.objects.count(), Chain.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditrow SET actor_name = 'Somebody else'",
        "UPDATE audit_auditrow SET happened_at = happened_at",
        "DELETE FROM audit_auditrow",
        "TRUNCATE audit_auditrow",
        "TRUNCATE audit_chain CASCADE",
        "DELETE FROM audit_chain",
    ],
)
def test_the_database_refuses_to_change_or_remove_rows(sql: str) -> None:
    write()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert AuditRow.objects.get().actor_name == DANA.label
    assert queries.verify() == VerifyResult(1, 1, ())


def tamper(sql: str) -> None:
    """Do what only somebody with the rights of the tables' owner can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_auditrow DISABLE TRIGGER USER")
        cursor.execute(sql)
        cursor.execute("ALTER TABLE audit_auditrow ENABLE TRIGGER USER")


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE audit_auditrow SET actor_name = 'x' WHERE sequence = 2", [Break(FABRIKAM, 2, Fault.CHANGED)]),
        ("UPDATE audit_auditrow SET after = '{}' WHERE sequence = 1", [Break(FABRIKAM, 1, Fault.CHANGED)]),
        (
            "UPDATE audit_auditrow SET hash = 'x' WHERE sequence = 3",
            [Break(FABRIKAM, 3, Fault.CHANGED), Break(FABRIKAM, 3, Fault.HEAD)],
        ),
        ("DELETE FROM audit_auditrow WHERE sequence = 1", [Break(FABRIKAM, 1, Fault.MISSING)]),
        ("DELETE FROM audit_auditrow WHERE sequence = 2", [Break(FABRIKAM, 2, Fault.MISSING)]),
        ("DELETE FROM audit_auditrow WHERE sequence = 3", [Break(FABRIKAM, 3, Fault.MISSING)]),
        ("DELETE FROM audit_auditrow", [Break(FABRIKAM, number, Fault.MISSING) for number in (1, 2, 3)]),
        (
            "UPDATE audit_auditrow SET sequence = CASE sequence WHEN 1 THEN 102 WHEN 2 THEN 101 ELSE 103 END;"
            "UPDATE audit_auditrow SET sequence = sequence - 100",
            [
                Break(FABRIKAM, 1, Fault.REORDERED),
                Break(FABRIKAM, 1, Fault.CHANGED),
                Break(FABRIKAM, 2, Fault.REORDERED),
                Break(FABRIKAM, 2, Fault.CHANGED),
                Break(FABRIKAM, 3, Fault.REORDERED),
            ],
        ),
        (
            "DELETE FROM audit_auditrow WHERE sequence = 3; UPDATE audit_chain SET sequence = 2",
            [Break(FABRIKAM, 2, Fault.HEAD), Break(FABRIKAM, 2, Fault.WENT_BACK)],
        ),
        (
            "DELETE FROM audit_auditrow WHERE sequence = 3; UPDATE audit_chain SET sequence = 2,"
            " head = (SELECT hash FROM audit_auditrow WHERE sequence = 2)",
            [Break(FABRIKAM, 2, Fault.WENT_BACK)],
        ),
        ("UPDATE audit_chain SET head = 'x'", [Break(FABRIKAM, 3, Fault.HEAD)]),
    ],
)
def test_verify_names_the_broken_place(sql: str, found: list[Break]) -> None:
    for number in (1, 2, 3):
        write(after={"number": number})
    actions.publish_heads()
    assert queries.verify().whole
    tamper(sql)
    assert list(queries.verify().breaks) == found


def rewrite_all() -> None:
    """Change the first row and every hash after it, as somebody would who knows how the chain works."""
    previous = b""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_auditrow DISABLE TRIGGER USER")
        for row in AuditRow.objects.order_by("sequence"):
            row.actor_name = "Somebody else"
            row.previous_hash = previous
            row.hash = previous = canonical.hash_of(row, previous)
            row.save()
        cursor.execute("UPDATE audit_chain SET head = %s", [previous])
        cursor.execute("ALTER TABLE audit_auditrow ENABLE TRIGGER USER")


def test_published_heads_show_a_record_that_was_rewritten_as_a_whole() -> None:
    write()
    write(None)
    heads = actions.publish_heads()
    assert [(head.company_id, head.sequence) for head in heads] == [(FABRIKAM, 1), (None, 1)]
    kept = "Some words.\n" + "\n".join(head.line() for head in heads) + "\nnot a head\npartner 7 short\n"
    assert queries.read_heads(kept) == heads
    assert actions.publish_heads() == []
    write()
    assert [(head.company_id, head.sequence) for head in actions.publish_heads()] == [(FABRIKAM, 2)]

    assert queries.verify(heads).whole


def test_rewriting_everything_is_only_seen_from_outside() -> None:
    write()
    write()
    heads = actions.publish_heads()
    rewrite_all()
    assert queries.verify().whole
    assert queries.verify(heads).breaks == (Break(FABRIKAM, 2, Fault.NOT_AS_PUBLISHED),)


def test_a_head_that_was_published_again_after_a_rewriting_does_not_hide_the_first_one() -> None:
    write()
    heads = actions.publish_heads()
    rewrite_all()
    Chain.objects.update(published_sequence=0)
    forged = actions.publish_heads()
    assert [(head.sequence, head.hash == heads[0].hash) for head in forged] == [(1, False)]
    for kept in (heads + forged, forged + heads):
        assert queries.verify(kept).breaks == (Break(FABRIKAM, 1, Fault.NOT_AS_PUBLISHED),)


def test_companies_that_exchanged_their_chains_are_found_out() -> None:
    write(FABRIKAM)
    write(CONTOSO)
    first, second = Chain.objects.order_by("id")
    Chain.objects.filter(id=first.id).update(company_id=None)
    Chain.objects.filter(id=second.id).update(company_id=FABRIKAM)
    Chain.objects.filter(id=first.id).update(company_id=CONTOSO)
    assert queries.verify().breaks == (Break(CONTOSO, 1, Fault.CHANGED), Break(FABRIKAM, 1, Fault.CHANGED))


def test_a_chain_that_vanished_is_missed_by_its_published_head() -> None:
    gone = actions.Head(CONTOSO, 4, "ab" * 32)
    assert queries.verify([gone]).breaks == (Break(CONTOSO, 4, Fault.NOT_AS_PUBLISHED),)


def search(**how: object) -> list[str]:
    return [row.verb for row in queries.rows(**how)]  # type: ignore[arg-type]


def test_rows_are_found_by_what_one_may_see_and_asks_for() -> None:
    write(FABRIKAM, "order.placed", subject_name="Visio")
    write(CONTOSO, "order.refused", now=NOON + timedelta(hours=1), request_id="R-1")
    write(None, "ordering.stopped", now=NOON + timedelta(hours=2), subject_kind="settings", subject_id="9")
    everything = ["ordering.stopped", "order.refused", "order.placed"]
    cases: list[tuple[dict[str, object], list[str]]] = [
        ({}, everything),
        ({"with_partner": False}, everything[1:]),
        ({"companies": [FABRIKAM]}, ["ordering.stopped", "order.placed"]),
        ({"companies": [FABRIKAM], "with_partner": False}, ["order.placed"]),
        ({"companies": [], "with_partner": False}, []),
        ({"verb": "order"}, ["order.refused", "order.placed"]),
        ({"verb": "order.placed"}, ["order.placed"]),
        ({"actor": "7"}, everything),
        ({"actor": "8"}, []),
        ({"subject_kind": "settings", "subject_id": "9"}, ["ordering.stopped"]),
        ({"search": "visio"}, ["order.placed"]),
        ({"search": "r-1"}, ["order.refused"]),
        ({"since": NOON + timedelta(hours=1)}, everything[:2]),
        ({"until": NOON + timedelta(hours=1)}, ["order.placed"]),
    ]
    assert [search(**how) for how, _ in cases] == [expected for _, expected in cases]


def test_verify_reads_long_chains_in_batches() -> None:
    for number in range(2050):
        write(after={"number": number})
    assert queries.verify() == VerifyResult(1, 2050, ())


def test_heads_in_the_log_are_read_like_those_in_a_mail() -> None:
    write()
    write(None)
    with structlog.testing.capture_logs() as logged:
        heads = actions.publish_heads()
    text = "\n".join(json.dumps(line) for line in logged)
    assert queries.read_heads(text) == heads
