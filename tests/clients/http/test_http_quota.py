"""The quota of one process."""

import threading
import time

from tenantry.clients.http import LocalQuota
from tests.support.waiting import FAR_TOO_LONG


def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    quota = LocalQuota(per_minute=1200, burst=5)
    started = time.monotonic()
    taken = [quota.acquire("p", started + FAR_TOO_LONG) for _ in range(9)]
    assert taken == [True] * 9
    assert time.monotonic() - started >= 0.19


def test_keys_do_not_share() -> None:
    quota = LocalQuota(per_minute=1, burst=1)
    now = time.monotonic()
    assert quota.acquire("p", now + 0.1)
    assert quota.acquire("p/a", now + 0.1)
    assert not quota.acquire("p", now + 0.1)


def test_what_cannot_be_had_in_time_is_refused_without_waiting() -> None:
    quota = LocalQuota(per_minute=1, burst=1)
    started = time.monotonic()
    assert quota.acquire("p", started)
    assert not quota.acquire("p", started + 40)  # the next one comes after 60 seconds
    assert time.monotonic() - started < 40


def test_a_closed_key_opens_again_and_a_shorter_closure_does_not_open_it_earlier() -> None:
    quota = LocalQuota(per_minute=60000, burst=10)
    started = time.monotonic()
    quota.penalise("p", 2.0)
    quota.penalise("p", 0.1)
    assert not quota.acquire("p", started + 1.0)
    assert quota.acquire("p", started + FAR_TOO_LONG)
    assert time.monotonic() - started >= 2.0


def test_threads_together_keep_the_rate() -> None:
    quota = LocalQuota(per_minute=3000, burst=1)
    started = time.monotonic()
    taken: list[bool] = []
    threads = [
        threading.Thread(target=lambda: taken.append(quota.acquire("p", started + FAR_TOO_LONG))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == [True] * 16
    assert time.monotonic() - started >= 15 / 50 - 0.02
