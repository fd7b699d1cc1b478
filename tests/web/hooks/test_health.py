"""Health, readiness and the pages for what went wrong."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.testing import forget_jobs
from tenantry.kernel import clock
from tests.support.waiting import until

# A look at the database has a connection of its own, which sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _empty_queue(transactional_db: None) -> Iterator[None]:
    forget_jobs()
    yield
    forget_jobs()


def _queue_a_job_due(ago: timedelta) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (task_name, queue_name, scheduled_at) VALUES ('nothing', 'default', %s)",
            [clock.now() - ago],
        )


def test_the_process_says_ok(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def _readiness(client: Client) -> tuple[int, dict[str, Any]]:
    """Ask until the database was looked at in time."""
    answers = []

    def told() -> bool:
        answers.append(client.get("/readyz"))
        return bool(answers[-1].json()["database"] == "ok")

    until(told)
    return answers[-1].status_code, answers[-1].json()


def test_ready_without_any_job_or_refresh(client: Client) -> None:
    status, told = _readiness(client)
    assert status == 200
    assert told == {
        "ready": True,
        "database": "ok",
        "queue": "ok",
        "workers": 0,
        "due_jobs": 0,
        "oldest_due_job_seconds": 0,
        "last_refresh_seconds": None,
    }


def test_a_job_that_nobody_takes_makes_it_unready(client: Client) -> None:
    _queue_a_job_due(timedelta(minutes=5))
    status, told = _readiness(client)
    assert (status, told["queue"]) == (503, "stuck")
    assert 300 <= told["oldest_due_job_seconds"] <= 400


@pytest.mark.parametrize("ago", [timedelta(seconds=30), timedelta(hours=-1)], ids=["just due", "due later"])
def test_jobs_that_wait_as_they_should_are_fine(client: Client, ago: timedelta) -> None:
    _queue_a_job_due(ago)
    assert _readiness(client)[0] == 200


def test_the_age_of_the_last_refresh_is_told(client: Client) -> None:
    for kind, state, minutes in (
        ("refresh_subscriptions", RunState.DONE, 10),
        ("refresh_subscriptions", RunState.FAILED, 5),
        ("refresh_tenants", RunState.DONE, 3),
        ("refresh_company", RunState.DONE, 1),
    ):
        finished = clock.now() - timedelta(minutes=minutes)
        RunRecord.objects.create(kind=kind, state=state, created_at=finished, finished_at=finished)
    assert 600 <= _readiness(client)[1]["last_refresh_seconds"] <= 700


def test_a_missing_page_is_calm_and_not_kept(client: Client) -> None:
    answer = client.get("/nothing-here/")
    assert answer.status_code == 404
    assert "This page is not here" in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_answer_carries_a_request_id(client: Client) -> None:
    first, second = client.get("/healthz"), client.get("/healthz")
    assert len(first.headers["X-Request-ID"]) == 32
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]


def test_a_form_that_was_open_for_too_long(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["csrftoken"] = "a" * 32
    answer = strict.post("/sign-out/")
    assert answer.status_code == 403
    assert "This page was open for too long" in answer.content.decode()
