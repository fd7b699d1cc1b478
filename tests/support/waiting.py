"""Waiting for what happens elsewhere: for events, with an end that only a broken thing reaches.

How long something takes says how busy the machine is. No test may fail because of that, so none of the times here is
a promise of the product.
"""

import time
from collections.abc import Callable

from django.db import connection

# For sockets, processes and threads that a test waits for.
FAR_TOO_LONG = 180.0
# What takes a second on a machine of its own may take so many on one that others use as well.
BUSY = 6


def until(true: Callable[[], bool], seconds: float = FAR_TOO_LONG / BUSY, what: str = "it") -> None:
    """Wait until something is true; ``seconds`` is what that may take on a machine that does nothing else."""
    end = time.monotonic() + seconds * BUSY
    while not true():
        assert time.monotonic() < end, f"{what} took longer than {seconds * BUSY} seconds"
        time.sleep(0.02)


def until_somebody_waits_for_us() -> None:
    """Wait until another connection waits for a lock that this one holds."""

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
            )
            row = cursor.fetchone()
        return bool(row and row[0])

    until(waits, 30, "another transaction's waiting")
