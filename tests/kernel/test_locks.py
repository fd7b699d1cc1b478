"""Locks on a name."""

import threading

import pytest
from django.db import connection, transaction

from tenantry.kernel.locks import lock_in_transaction
from tests.support.waiting import FAR_TOO_LONG, until_somebody_waits_for_us


@pytest.mark.django_db(transaction=True)
def test_a_lock_lasts_as_long_as_its_transaction() -> None:
    order: list[str] = []

    def other(*parts: object) -> None:
        with transaction.atomic():
            lock_in_transaction(*parts)
            order.append(f"other {parts}")
        connection.close()

    with transaction.atomic():
        lock_in_transaction("order", 1)
        unrelated = threading.Thread(target=other, args=("order", 2))
        unrelated.start()
        unrelated.join(FAR_TOO_LONG)
        assert order == ["other ('order', 2)"]
        waiting = threading.Thread(target=other, args=("order", 1))
        waiting.start()
        until_somebody_waits_for_us()
        order.append("we")
    waiting.join(FAR_TOO_LONG)
    assert order == ["other ('order', 2)", "we", "other ('order', 1)"]


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        lock_in_transaction("order", 1)


@pytest.mark.django_db
def test_parts_do_not_run_into_each_other() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for parts in (("a", "bc"), ("ab", "c"), ("abc",), ("a", "bc")):
            lock_in_transaction(*parts)
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted"
        )
        assert cursor.fetchone() == (3,)
