"""The stop switch on its way into a table of its own, and back."""

from datetime import UTC, datetime

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tenantry.licensing.ledger import MICROSOFT, current_stop
from tenantry.licensing.models import Stop

THROWN = datetime(2026, 11, 29, 14, 5, tzinfo=UTC)


def migrate(name: str) -> None:
    MigrationExecutor(connection).migrate([("licensing", name)])


def test_a_thrown_stop_switch_stays_thrown_both_ways(db: None) -> None:
    Stop.objects.create(key=MICROSOFT, stopped_at=THROWN, stopped_by="Dana Okafor", reason="Price list is wrong")
    migrate("0001_start")
    with connection.cursor() as cursor:
        cursor.execute("SELECT stopped_at, stopped_by, stop_reason FROM licensing_limits")
        assert cursor.fetchall() == [(THROWN, "Dana Okafor", "Price list is wrong")]
    migrate("0002_orders_ledger")
    stop = current_stop()
    assert (stop.stopped_at, stop.stopped_by, stop.reason) == (THROWN, "Dana Okafor", "Price list is wrong")
