"""The web's role in a database that an older release made: its rights are taken, and what it forged jams nothing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.upgrade.test_upgrade import RELEASES

if TYPE_CHECKING:
    from tests.upgrade.installation import Installation

pytestmark = pytest.mark.slow
FORGED = """
    INSERT INTO audit_auditrow (chain_id, sequence, company_id, happened_at, actor_kind, actor_id, actor_name, verb,
        subject_kind, subject_id, subject_name, outcome, rule, request_id, previous_hash, hash)
    SELECT id, sequence + 1, company_id, 'infinity', 'system', '', 'Eve', 'x', 'x', 'x', '', '', '', '', '', 'x'
    FROM audit_chain WHERE company_id IS NULL
"""
FORGED_HEAD = """
    UPDATE audit_chain SET sequence = 9223372036854775807, head = 'x'
    WHERE id = (SELECT max(id) FROM audit_chain WHERE company_id IS NOT NULL) RETURNING company_id
"""


@pytest.fixture(scope="module", params=RELEASES[:1])
def forged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator["Installation"]:
    """The first release, whose web had every right, after its web's role wrote past the record; then migrated."""
    from tests.upgrade.installation import upgraded  # Django is ready only now

    def forge(web_url: str) -> None:
        with psycopg.connect(web_url, autocommit=True) as web:
            web.execute(FORGED)
            web.execute(FORGED_HEAD)

    with django_db_blocker.unblock(), upgraded(request.param, tmp_path_factory.mktemp("rights"), before=forge) as found:
        yield found


def test_the_record_goes_on_and_the_forged_row_is_named(forged: "Installation") -> None:
    from tenantry.kernel import clock
    from tenantry.licensing import ledger
    from tenantry.people import actions as people
    from tenantry.people.models import Company
    from tests.support.house import OWNER

    link = forged.tenantry("owner-link", DATABASE_URL=forged.web_url)
    assert link.stdout.startswith("http"), link.stderr
    stopped = forged.tenantry("stop", "Somebody was inside", DATABASE_URL=forged.web_url)
    assert stopped.returncode == 0, stopped.stderr
    assert ledger.current_stop().reason == "Somebody was inside"
    for company in Company.objects.all():
        assert people.disable_portal(acting_as=OWNER, company_id=company.id, now=clock.now()) is None

    told = forged.tenantry("audit", "verify")
    assert told.returncode == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequence FROM audit_auditrow WHERE actor_name = 'Eve'")
        [(sequence,)] = cursor.fetchall()
    broken = [line for line in told.stdout.splitlines() if line.startswith("BROKEN")]
    assert broken == [f"BROKEN: partner, row {sequence}: {fault}" for fault in ("reordered", "changed")]

    accepted = forged.tenantry("audit", "accept", "--reason", "The web was taken over on Monday.")
    assert accepted.returncode == 0, accepted.stderr
    again = forged.tenantry("audit", "verify")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "The audit record is whole.")
    assert f"accepted: partner, row {sequence}: changed" in again.stdout


def test_only_the_owner_says_that_broken_places_were_looked_into(forged: "Installation") -> None:
    forged.tenantry("audit", "accept", "--reason", "Once.")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_chain SET head = 'x' WHERE company_id IS NULL")
    refused = forged.tenantry("audit", "accept", "--reason", "None.", DATABASE_URL=forged.web_url)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "tenantry: Only the owner of the tables may do this: run it with the worker's settings.\n"
    with psycopg.connect(forged.web_url) as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute(
            "SELECT audit_append(NULL, now(), '', '', '', 'audit.breaks_accepted', '', '', '', NULL, NULL, '', '', '')"
        )


@pytest.mark.parametrize(
    "statement",
    [
        FORGED,
        FORGED_HEAD,
        "UPDATE audit_chain SET published_sequence = 0",
        "DELETE FROM audit_chain",
        "SELECT * FROM audit_chain FOR UPDATE",
        "LOCK TABLE audit_auditrow IN SHARE ROW EXCLUSIVE MODE",
        "UPDATE notices_notice SET body = ''",
        "DELETE FROM licensing_orderevent",
        "DELETE FROM orders_sent",
        "UPDATE orders_sent SET amount = 0",
        "SELECT setval('licensing_order_number', 1)",
    ],
)
def test_the_rights_that_the_old_database_gave_are_gone(forged: "Installation", statement: str) -> None:
    with psycopg.connect(forged.web_url) as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute(statement.encode())


def test_a_table_that_is_made_later_is_not_the_webs_by_itself(forged: "Installation") -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE made_later (x int)")
        cursor.execute("SELECT has_table_privilege('tenantry_web', 'made_later', 'SELECT')")
        assert cursor.fetchone() == (False,)
        cursor.execute("DROP TABLE made_later")


def test_every_table_has_its_line(forged: "Installation") -> None:
    from tenantry.config.rights import TABLES

    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert {name for (name,) in cursor.fetchall()} == set(TABLES)
