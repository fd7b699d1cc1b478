"""Run records and how long logs are kept."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from tenantry.audit import queries as audit
from tenantry.jobs import queue, retention, runs
from tenantry.jobs.models import RunState
from tenantry.jobs.queries import queue_state
from tenantry.jobs.retention import Log
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@queue.task(name="tests.nothing")
def nothing() -> None:
    return


def test_a_run_goes_from_waiting_to_done() -> None:
    made = runs.new_run("refresh_tenants", subject_id="c1", asked_by="Dana", now=NOON)
    assert (made.state, made.created_at, made.started_at) == (RunState.WAITING, NOON, None)
    runs.begin(made.id)
    runs.progress(made.id, 3, 25)
    seen = runs.latest("refresh_tenants", "c1")
    assert seen is not None
    assert (seen.id, seen.state, seen.steps_done, seen.steps_total) == (made.id, RunState.RUNNING, 3, 25)
    assert seen.started_at is not None
    runs.finish(made.id, "tenants_refreshed", {"found": 25})
    done = runs.run(made.id)
    assert done is not None
    assert (done.state, done.message_key, done.details) == (RunState.DONE, "tenants_refreshed", {"found": 25})
    assert done.finished_at is not None


def test_the_latest_run_is_the_one_asked_for_last() -> None:
    first = runs.new_run("direct_csp", subject_id="c1", now=NOON)
    second = runs.new_run("direct_csp", subject_id="c1", now=NOON + timedelta(minutes=1))
    runs.new_run("direct_csp", subject_id="c2", now=NOON + timedelta(minutes=2))
    runs.fail(first.id, "mfa_missing")
    found = runs.latest("direct_csp", "c1")
    assert found is not None
    assert found.id == second.id
    assert runs.latest("direct_csp", "nobody") is None


def test_a_run_that_ends_with_an_exception_has_failed_and_can_begin_again() -> None:
    made = runs.new_run("consent", now=NOON)
    with pytest.raises(KeyError), runs.running(made.id):
        raise KeyError
    failed = runs.run(made.id)
    assert failed is not None
    assert (failed.state, failed.message_key, failed.details) == (RunState.FAILED, "unexpected", {"error": "KeyError"})
    with runs.running(made.id):
        runs.finish(made.id)
    again = runs.run(made.id)
    assert again is not None
    assert (again.state, again.message_key, again.details) == (RunState.DONE, "", {})


def test_each_log_is_pruned_by_its_own_days() -> None:
    asked: dict[str, datetime] = {}

    def prune(name: str, before: datetime) -> int:
        asked[name] = before
        return 7

    retention.register("tests.calls", Log.CALLS, lambda before: prune("calls", before))
    retention.register("tests.sign_ins", Log.SIGN_INS, lambda before: prune("sign_ins", before))
    retention.set_retention(acting_as=Actor.operator("root"), call_days=1, run_days=30, sign_in_days=90, now=NOON)
    old = runs.new_run("old", now=NOON - timedelta(days=31))
    runs.finish(old.id)
    runs.new_run("still_waiting", now=NOON - timedelta(days=31))
    young = runs.new_run("young", now=NOON - timedelta(days=29))
    runs.finish(young.id)
    removed = retention.prune_logs(NOON)
    assert (removed["tests.calls"], removed["tests.sign_ins"], removed["runs"], removed["jobs"]) == (7, 7, 1, 0)
    assert asked == {"calls": NOON - timedelta(days=1), "sign_ins": NOON - timedelta(days=90)}
    assert (runs.latest("old"), runs.latest("still_waiting") is None, runs.latest("young") is None) == (
        None,
        False,
        False,
    )


def test_changing_retention_is_recorded_and_one_day_is_the_least() -> None:
    who = Actor.operator("root")
    with pytest.raises(ValueError, match="at least one day"):
        retention.set_retention(acting_as=who, call_days=0, run_days=1, sign_in_days=1, now=NOON)
    before = {"call_days": 90, "run_days": 365, "sign_in_days": 365}
    after = {"call_days": 30, "run_days": 365, "sign_in_days": 365}
    retention.set_retention(acting_as=who, **after, now=NOON)
    retention.set_retention(acting_as=who, **after, now=NOON)
    row = audit.rows().get()
    assert (row.verb, row.before, row.after, row.actor_name) == ("retention.changed", before, after, "root")
    assert retention.kept().call_days == 30


def test_ended_jobs_go_after_a_week_and_waiting_ones_stay() -> None:
    queue.enqueue("tests.nothing")
    run_due_jobs()
    queue.enqueue("tests.nothing")
    assert retention.prune_logs(clock.now())["jobs"] == 0
    assert retention.prune_logs(clock.now() + timedelta(days=8))["jobs"] == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'tests.nothing'")
        assert cursor.fetchone() == (1,)


def test_the_queue_tells_how_it_is_doing() -> None:
    queue.enqueue("tests.nothing")
    queue.enqueue("tests.nothing", at=clock.now() + timedelta(hours=1))
    state = queue_state()
    assert (state.workers, state.due) == (0, 1)
    assert 0 <= state.oldest_due_seconds < 5
    run_due_jobs()
    assert (queue_state().due, queue_state().oldest_due_seconds) == (0, 0)
