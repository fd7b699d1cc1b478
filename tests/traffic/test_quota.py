"""The pace towards Microsoft, shared by threads and workers."""

import threading
import time
import uuid

from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from tenantry.traffic.quota import SharedQuota, in_background
from tests.support.waiting import FAR_TOO_LONG


def a_key() -> str:
    """Return the key of a partner that no other test has."""
    return f"partner:{uuid.uuid4()}"


def take_all(quota: SharedQuota, key: str, seconds: float = 0.0) -> int:
    """Take tokens until there is none in time."""
    taken = 0
    deadline = time.monotonic() + seconds
    while quota.acquire(key, deadline):
        taken += 1
    return taken


class Flow:
    """What may have flowed in since the beginning: as much as the time that really passed allows."""

    def __init__(self, per_minute: int) -> None:
        self._per_second = per_minute * 11 / 12 / 60
        self._began = time.monotonic()

    def most(self) -> float:
        """Return how many tokens may have come by now."""
        return 1 + self._per_second * (time.monotonic() - self._began)


def test_a_twelfth_may_go_at_once_and_the_rest_flows_in(transactional_db: None) -> None:
    quota, key, flow = SharedQuota(600), a_key(), Flow(600)
    taken = take_all(quota, key)
    assert 50 <= taken <= 50 + flow.most()
    for _ in range(10):
        assert quota.acquire(key, time.monotonic() + FAR_TOO_LONG)
    assert taken + 10 <= 50 + flow.most()


def test_a_call_that_cannot_go_in_time_is_refused_at_once(transactional_db: None) -> None:
    quota, key = SharedQuota(1), a_key()
    assert quota.acquire(key, time.monotonic())
    started = time.monotonic()
    assert not quota.acquire(key, started + 40)  # the next one comes after 60 seconds
    assert time.monotonic() - started < 40


def test_what_runs_in_the_background_leaves_a_quarter_of_it_to_orders(transactional_db: None) -> None:
    quota, key, flow = SharedQuota(60), a_key(), Flow(60)
    with in_background():
        taken = take_all(quota, key)
        assert 4 <= taken <= 4 + flow.most()
    # Waiting in the background does not make anybody else wait.
    taken += take_all(quota, key)
    assert 5 <= taken <= 5 + flow.most()
    with in_background():
        take_all(quota, key)
    assert quota.acquire(key, time.monotonic() + FAR_TOO_LONG)


def test_the_smallest_pace_has_no_reserve(transactional_db: None) -> None:
    with in_background():
        assert SharedQuota(1).acquire(a_key(), time.monotonic())


def test_two_workers_with_many_threads_share_one_pace(transactional_db: None) -> None:
    key, seconds, per_minute = a_key(), 2.0, 3000
    taken: list[int] = []

    def work(quota: SharedQuota) -> None:
        taken.append(take_all(quota, key, seconds))
        database.close()

    workers, flow = [SharedQuota(per_minute), SharedQuota(per_minute)], Flow(per_minute)
    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A burst of 250 and 45.8 a second. A busy machine may take less of what flows in, never more.
    assert 250 <= sum(taken) <= 250 + flow.most()


def test_when_microsoft_says_wait_every_worker_waits_and_other_partners_do_not(transactional_db: None) -> None:
    first, second, key, other = SharedQuota(600), SharedQuota(600), a_key(), a_key()
    assert second.acquire(key, time.monotonic())
    first.penalise(key, 30.0)
    fresh = SharedQuota(600)
    for quota in (first, fresh):
        assert not quota.acquire(key, time.monotonic() + 1.0)
        assert quota.acquire(other, time.monotonic())
    first.penalise(key, 1.0)
    assert not fresh.acquire(key, time.monotonic() + 5.0)  # the longer wait stays


def test_after_the_wait_it_goes_on(transactional_db: None) -> None:
    quota, key = SharedQuota(6000), a_key()
    quota.penalise(key, 0.3)
    started = time.monotonic()
    assert quota.acquire(key, started + FAR_TOO_LONG)
    assert time.monotonic() - started >= 0.25


def test_a_customers_pace_costs_no_round_trip(
    transactional_db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    quota, key, flow = SharedQuota(600), f"{a_key()}/customer", Flow(660)
    with django_assert_num_queries(0):
        assert 50 <= take_all(quota, key) <= 50 + flow.most()
        quota.penalise(key, 5.0)
        assert not quota.acquire(key, time.monotonic() + 1.0)


def test_tokens_are_fetched_in_batches(transactional_db: None) -> None:
    quota, key = SharedQuota(30_000), a_key()
    quota.acquire(key, time.monotonic())
    began = time.monotonic()
    with CaptureQueriesContext(database) as queries:
        for _ in range(150):
            assert quota.acquire(key, time.monotonic())
    # A stock lasts for half a second, which is enough unless the machine is very busy.
    assert 1 <= len(queries) <= 1 + (time.monotonic() - began) / 0.5


def test_a_stock_goes_stale_so_that_an_idle_worker_holds_nothing_back(transactional_db: None) -> None:
    quota, key = SharedQuota(600), a_key()
    quota.acquire(key, time.monotonic())
    time.sleep(0.6)
    quota.penalise(key, 10.0)
    assert not quota.acquire(key, time.monotonic())
