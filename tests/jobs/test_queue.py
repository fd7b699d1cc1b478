"""What enqueuing promises to the transaction it happens in."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from procrastinate import RetryStrategy

from tenantry.jobs import queue
from tenantry.jobs.testing import forget_jobs, run_due_jobs, waiting_jobs

_seen: list[dict[str, object]] = []
NOON = datetime(2126, 11, 22, 12, 0, tzinfo=UTC)  # not due by the clock of any machine
AN_ID = UUID("11111111-2222-3333-4444-555555555555")


@queue.task(name="tests.note")
def note(**arguments: object) -> None:
    _seen.append(arguments)


@queue.task(name="tests.fail")
def fail(text: str) -> None:
    _seen.append({"failed": text})
    raise ValueError(text)


@queue.task(name="tests.fail_twice", retry=RetryStrategy(max_attempts=2, wait=60))
def fail_twice() -> None:
    _seen.append({"try": len(_seen)})
    if len(_seen) < 3:
        raise ValueError("not yet")


@queue.task(name="tests.chain")
def chain(left: int) -> None:
    _seen.append({"left": left})
    if left:
        queue.enqueue("tests.chain", queueing_lock="chain", left=left - 1)


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    _seen.clear()
    yield
    _seen.clear()


@pytest.mark.django_db
def test_a_job_runs_once_with_ids_as_text() -> None:
    queue.enqueue("tests.note", order_id=AN_ID, number=3, nothing=None)
    assert run_due_jobs() == ["tests.note"]
    assert _seen == [{"order_id": str(AN_ID), "number": 3, "nothing": None}]
    assert run_due_jobs() == []


@pytest.mark.django_db
def test_a_job_falls_with_its_transaction() -> None:
    with pytest.raises(KeyError), transaction.atomic():
        queue.enqueue("tests.note", number=1)
        raise KeyError
    assert waiting_jobs() == []


@pytest.mark.django_db
def test_enqueuing_what_waits_already_adds_nothing_and_leaves_the_transaction_whole() -> None:
    with transaction.atomic():
        queue.enqueue("tests.note", queueing_lock="one", number=1)
        queue.enqueue("tests.note", queueing_lock="one", number=2)
        queue.enqueue("tests.note", queueing_lock="other", number=3)
    assert [arguments for _, arguments, _ in waiting_jobs()] == [{"number": 1}, {"number": 3}]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "second", "due"),
    [
        (NOON, None, None),
        (None, NOON, None),
        (NOON, NOON - timedelta(hours=1), NOON - timedelta(hours=1)),
        (NOON, NOON + timedelta(hours=1), NOON),
    ],
)
def test_a_waiting_job_is_brought_forward_and_never_put_off(
    first: datetime | None, second: datetime | None, due: datetime | None
) -> None:
    queue.enqueue("tests.note", queueing_lock="one", at=first, number=1)
    queue.enqueue("tests.note", queueing_lock="one", at=second, number=2)
    assert waiting_jobs() == [("tests.note", {"number": 1}, due)]


@pytest.mark.django_db
def test_a_job_waits_for_its_time() -> None:
    queue.enqueue("tests.note", at=NOON, number=1)
    assert run_due_jobs(until=NOON - timedelta(seconds=1)) == []
    assert run_due_jobs(until=NOON) == ["tests.note"]


@pytest.mark.django_db
def test_a_running_job_may_enqueue_itself_under_its_own_queueing_lock() -> None:
    queue.enqueue("tests.chain", queueing_lock="chain", left=2)
    assert run_due_jobs() == ["tests.chain"] * 3
    assert _seen == [{"left": 2}, {"left": 1}, {"left": 0}]


@pytest.mark.django_db
def test_a_failing_job_is_tried_again_at_its_time_even_when_its_lock_is_taken_meanwhile() -> None:
    queue.enqueue("tests.fail_twice", queueing_lock="try")
    assert run_due_jobs() == ["tests.fail_twice"]
    queue.enqueue("tests.note", queueing_lock="try", number=1)
    later = datetime.now(UTC) + timedelta(hours=1)
    assert run_due_jobs(until=later) == ["tests.fail_twice", "tests.fail_twice", "tests.note"]


@pytest.mark.django_db
def test_an_exception_without_another_try_comes_out() -> None:
    queue.enqueue("tests.fail", text="broken")
    with pytest.raises(ValueError, match="broken"):
        run_due_jobs()
    assert _seen == [{"failed": "broken"}]
    assert run_due_jobs() == []


@pytest.mark.django_db
def test_unknown_tasks_and_whole_objects_are_refused() -> None:
    with pytest.raises(queue.UnknownTask, match=r"tests\.nowhere"):
        queue.enqueue("tests.nowhere")
    with pytest.raises(TypeError, match="ids only, not dict"):
        queue.enqueue("tests.note", order={})  # type: ignore[arg-type]
    assert waiting_jobs() == []


@pytest.mark.django_db(transaction=True)
def test_a_job_that_absorbed_ours_does_not_start_before_we_commit() -> None:
    forget_jobs()
    queue.enqueue("tests.note", queueing_lock="one", number=1)
    ran_early: list[str] = []

    def other_worker() -> None:
        ran_early.extend(run_due_jobs())
        connection.close()

    with transaction.atomic():
        queue.enqueue("tests.note", queueing_lock="one", number=2)
        thread = threading.Thread(target=other_worker)
        thread.start()
        thread.join()
    assert ran_early == []
    assert run_due_jobs() == ["tests.note"]
    forget_jobs()
