"""The pace towards vendors, shared by all threads and all workers of the installation."""

import contextlib
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import connection

from tenantry.clients.http import LocalQuota

# Of a minute's calls one twelfth may go at once, the rest flows in: in no minute more than the quota.
BURST_SHARE = 12
# Of that a quarter is left by what runs in the background: an order that comes in its middle need not wait.
RESERVE_SHARE = 4
# Tokens are fetched for this long in advance, so that a fast refresh does not ask the database before every call.
BATCH_SECONDS = 0.25
# An empty bucket is asked again by one of the waiting threads after this long at least, not by each for each token.
LEAST_PAUSE_SECONDS = 0.05

# One statement under the row's lock: fill the bucket, take what is there up to the wish, and say how long to wait.
_TAKE = """
    WITH filled AS (
        SELECT key, LEAST(%(burst)s, tokens + EXTRACT(EPOCH FROM clock_timestamp() - filled_at) * %(rate)s) AS tokens,
               GREATEST(0, EXTRACT(EPOCH FROM closed_until - clock_timestamp())) AS closed
        FROM traffic_quotabucket WHERE key = %(key)s FOR UPDATE
    )
    UPDATE traffic_quotabucket AS bucket
    SET tokens = filled.tokens - taken.n, filled_at = clock_timestamp()
    FROM filled, LATERAL (
        SELECT CASE WHEN COALESCE(filled.closed, 0) > 0 THEN 0
                    ELSE LEAST(%(wish)s, GREATEST(0, FLOOR(filled.tokens - %(reserve)s))) END AS n
    ) AS taken
    WHERE bucket.key = filled.key
    RETURNING taken.n, GREATEST(COALESCE(filled.closed, 0), (1 + %(reserve)s - (filled.tokens - taken.n)) / %(rate)s)
"""
_CREATE = """
    INSERT INTO traffic_quotabucket (key, tokens, filled_at) VALUES (%s, %s, clock_timestamp())
    ON CONFLICT (key) DO NOTHING
"""
_CLOSE = """
    UPDATE traffic_quotabucket
    SET closed_until = GREATEST(closed_until, clock_timestamp() + %s * INTERVAL '1 second'), tokens = 0
    WHERE key = %s
"""


_in_background: ContextVar[bool] = ContextVar("in_background", default=False)


@contextlib.contextmanager
def in_background() -> Iterator[None]:
    """Let the calls made inside leave a reserve of the pace to everybody else; for work that nobody waits for."""
    token = _in_background.set(True)
    try:
        yield
    finally:
        _in_background.reset(token)


@dataclass(slots=True)
class _Stash:
    """Tokens this process has taken in advance; they go stale so that an idle process holds none back.

    When to ask an empty bucket again is known apart for calls in the background, which leave the reserve.
    """

    tokens: float = 0.0
    good_until: float = 0.0
    empty_until: dict[bool, float] = field(default_factory=lambda: {True: 0.0, False: 0.0})


class SharedQuota:
    """Token buckets in PostgreSQL, one for each key; what a key counts apart is kept in the process.

    A key without a slash is shared by all processes; "partner/customer" counts one customer, whom one process at a time
    reads, so that no round trip is spent on it.
    """

    def __init__(self, per_minute: int) -> None:
        self._burst = max(1.0, per_minute / BURST_SHARE)
        self._rate = (per_minute - self._burst) / 60 if per_minute > BURST_SHARE else per_minute / 60
        self._reserve = float(int(self._burst / RESERVE_SHARE))
        self._wish = float(max(1, int(self._rate * BATCH_SECONDS)))
        self._stashes: dict[str, _Stash] = {}
        self._lock = threading.Lock()
        self._customers = LocalQuota(per_minute, max(1, int(self._burst)))

    def acquire(self, key: str, deadline: float) -> bool:
        """Wait until one more call may go under `key`; False when that is not before `deadline` (time.monotonic)."""
        if "/" in key:
            return self._customers.acquire(key, deadline)
        while True:
            wait = self._take(key)
            if wait <= 0:
                return True
            if time.monotonic() + wait > deadline:
                return False
            time.sleep(min(wait, 1.0))

    def penalise(self, key: str, seconds: float) -> None:
        """Let nothing go under `key` for that long, in any process: the vendor said so."""
        if "/" in key:
            self._customers.penalise(key, seconds)
            return
        with self._lock:
            self._stashes.pop(key, None)
            with connection.cursor() as cursor:
                cursor.execute(_CREATE, [key, 0.0])
                cursor.execute(_CLOSE, [seconds, key])

    def _take(self, key: str) -> float:
        """Take one token and return 0, or return the seconds after which to ask again.

        The process's lock is held over the statement: its threads would only queue up for the row instead.
        """
        with self._lock:
            stash, now, background = self._stashes.setdefault(key, _Stash()), time.monotonic(), _in_background.get()
            if stash.tokens >= 1 and now < stash.good_until:
                stash.tokens -= 1
                return 0.0
            if now < stash.empty_until[background]:
                return stash.empty_until[background] - now
            taken, wait = self._ask(key, self._reserve if background else 0.0)
            now = time.monotonic()
            if taken < 1:
                stash.empty_until[background] = now + max(wait, LEAST_PAUSE_SECONDS)
                return stash.empty_until[background] - now
            stash.tokens, stash.good_until = taken - 1, now + 2 * BATCH_SECONDS
            return 0.0

    def _ask(self, key: str, reserve: float) -> tuple[float, float]:
        values: dict[str, str | float] = {
            "key": key,
            "burst": self._burst,
            "rate": self._rate,
            "wish": self._wish,
            "reserve": reserve,
        }
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, values)
            row = cursor.fetchone()
            if row is None:
                cursor.execute(_CREATE, [key, self._burst])
                cursor.execute(_TAKE, values)
                row = cursor.fetchone()
        return float(row[0]), float(row[1])


_making = threading.Lock()
_shared: dict[int, SharedQuota] = {}


def shared_quota(per_minute: int) -> SharedQuota:
    """Return the pace that all clients of this process keep whose vendor takes so many calls a minute."""
    with _making:
        return _shared.setdefault(per_minute, SharedQuota(per_minute))


def forget_quota() -> None:
    """Forget what this process knows of the pace; the next client begins with what the database says."""
    with _making:
        _shared.clear()
