"""The one place that asks what time it is."""

import json
import threading
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

_KEEP_SECONDS = 1.0
_ANSWER_SECONDS = 1.0
# Without any reading to fall back on, a busy sandbox is waited for: real time would be a wrong answer.
_FIRST_ANSWER_SECONDS = 10.0
# The sandbox is a neighbour: never ask a proxy of the environment for it.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class _Reading:
    offset: timedelta
    frozen_at: datetime | None
    read_at: float  # of time.monotonic

    def now(self) -> datetime:
        return self.frozen_at or now() + self.offset


_lock = threading.Lock()
_reading: _Reading | None = None


def now() -> datetime:
    """Tell the real time: sessions, tokens, the queue and the audit record follow it."""
    return datetime.now(UTC)


def commerce_now() -> datetime:
    """Tell the time that terms, windows and renewals follow.

    In production this is the real time. In rehearsal it is the sandbox's clock, read at most once a second; when the
    sandbox does not answer, its last known distance from the real time counts.
    """
    if not settings.REHEARSAL or not settings.SANDBOX_URL:
        return now()
    with _lock:
        reading = _fresh_reading()
    return reading.now()


def read_commerce_clock_again() -> None:
    """Forget the last reading, so that the next question sees a clock that was moved just now."""
    global _reading
    with _lock:
        _reading = None


def _fresh_reading() -> _Reading:
    global _reading
    if _reading is None or time.monotonic() - _reading.read_at >= _KEEP_SECONDS:
        patience = _ANSWER_SECONDS if _reading else _FIRST_ANSWER_SECONDS
        _reading = _read(patience) or _unanswered(_reading)
    return _reading


def _read(patience: float) -> _Reading | None:
    try:
        with _opener.open(f"{settings.SANDBOX_URL}/_sandbox/clock", timeout=patience) as answer:
            told = json.load(answer)
        moment = datetime.fromisoformat(told["now"])
        frozen = bool(told.get("frozen"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return _Reading(moment - now(), moment if frozen else None, time.monotonic())


def _unanswered(last: _Reading | None) -> _Reading:
    if last is None:
        return _Reading(timedelta(), None, time.monotonic())
    return _Reading(last.offset, last.frozen_at, time.monotonic())
