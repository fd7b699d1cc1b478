"""How fast calls may go: the quota's shape, and one for a single process."""

import threading
import time
from typing import Protocol


class Quota(Protocol):
    """Calls per key, shared by everybody who holds the same quota.

    Keys are chosen by the client, for instance "partner" and "partner/customer". `deadline` is on the scale of
    `time.monotonic`.
    """

    def acquire(self, key: str, deadline: float) -> bool:
        """Wait until one more call may go under `key`; return False when that is not before `deadline`."""

    def penalise(self, key: str, seconds: float) -> None:
        """Let nothing go under `key` for that long: the vendor said so."""


class LocalQuota:
    """A token bucket per key, shared by the threads of one process."""

    def __init__(self, per_minute: float, burst: int) -> None:
        self._per_second = per_minute / 60
        self._burst = float(burst)
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def acquire(self, key: str, deadline: float) -> bool:
        """Wait for a token of the key's bucket; see `Quota.acquire`."""
        while True:
            now = time.monotonic()
            with self._lock:
                bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
                wait = bucket.take(now, self._per_second, self._burst)
            if wait <= 0:
                return True
            if now + wait > deadline:
                return False
            time.sleep(wait)

    def penalise(self, key: str, seconds: float) -> None:
        """Close the key's bucket for that long; a longer closure stays."""
        now = time.monotonic()
        with self._lock:
            bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
            bucket.closed_until = max(bucket.closed_until, now + seconds)


class _Bucket:
    """Tokens of one key; used under the quota's lock."""

    __slots__ = ("closed_until", "filled_at", "tokens")

    def __init__(self, tokens: float, now: float) -> None:
        self.tokens = tokens
        self.filled_at = now
        self.closed_until = now

    def take(self, now: float, per_second: float, burst: float) -> float:
        """Take a token and return 0, or return the seconds to wait before asking again."""
        if now < self.closed_until:
            return self.closed_until - now
        self.tokens = min(burst, self.tokens + (now - self.filled_at) * per_second)
        self.filled_at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / per_second


class Penalties:
    """Decide which of a call's quota keys a 429 closes.

    A vendor limits per partner, or per partner and customer, and does not say which limit was hit (read 2026-11). So
    the most specific key is closed first; when another specific key below the same general one meets a 429 while the
    first is still closed, the general limit was hit: all keys are closed.
    """

    def __init__(self) -> None:
        self._closed: dict[str, dict[str, float]] = {}
        self._lock = threading.Lock()

    def keys_to_close(self, keys: tuple[str, ...], seconds: float) -> tuple[str, ...]:
        """Return the keys to penalise; `keys` go from general to specific."""
        if len(keys) < 2:
            return keys
        now = time.monotonic()
        general, specific = keys[0], keys[-1]
        with self._lock:
            closed = {key: until for key, until in self._closed.get(general, {}).items() if until > now}
            others = any(key != specific for key in closed)
            closed[specific] = now + seconds
            self._closed[general] = closed
        return keys if others else (specific,)
