"""Moving the sandbox's clock from the strip, and the mailbox."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from tenantry.jobs.testing import waiting_jobs
from tenantry.kernel import clock
from tenantry.notices.actions import notify
from tests.support.sandbox import SandboxHandle

pytestmark = pytest.mark.django_db


def test_the_strip_moves_the_sandbox_and_reads_again(client: Client, sandbox: SandboxHandle) -> None:
    before = sandbox.now()
    answer = client.post("/rehearsal/clock/", {"by": "day", "next": "/companies/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/companies/")
    assert timedelta(days=1) <= sandbox.now() - before < timedelta(days=1, minutes=5)
    assert abs(clock.commerce_now() - sandbox.now()) < timedelta(seconds=5)
    assert [name for name, _arguments, _at in waiting_jobs()] == ["licensing.refresh_now"]
    page = client.get("/rehearsal/mailbox/").content.decode()
    assert "The sandbox is at Mon 23 Nov" in page
    assert "a return window ends" in page
    assert "Exchange Online" not in page  # whose subscriptions they are is not told
    client.post("/rehearsal/clock/", {"by": "week", "next": "//elsewhere.example/"})
    assert sandbox.now() - before >= timedelta(days=8)
    assert len(waiting_jobs()) == 1


def test_the_next_event_is_where_something_happens(client: Client, sandbox: SandboxHandle) -> None:
    due = sandbox.get("/_sandbox/clock")["next_event"]["at"]
    client.post("/rehearsal/clock/", {"by": "event"})
    assert sandbox.now().isoformat()[:16] == due[:16]


def test_nonsense_moves_nothing(client: Client, sandbox: SandboxHandle) -> None:
    before = sandbox.now()
    answer = client.post("/rehearsal/clock/", {"by": "century", "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/"
    assert client.get("/rehearsal/clock/").status_code == 405
    assert sandbox.now() - before < timedelta(minutes=1)
    assert waiting_jobs() == []


def test_a_sandbox_that_is_gone_is_said(client: Client, settings: Settings) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    client.post("/rehearsal/clock/", {"by": "day"})
    assert "The sandbox did not answer." in client.get("/rehearsal/mailbox/").content.decode()
    assert waiting_jobs() == []


def test_the_mailbox_shows_what_would_have_been_sent(client: Client, settings: Settings) -> None:
    assert "Nothing was sent yet." in client.get("/rehearsal/mailbox/").content.decode()
    notify(kind="order_failed", subject="Order <7> failed", body="See https://portal.example/x", now=clock.now())
    page = client.get("/rehearsal/mailbox/").content.decode()
    assert "Order &lt;7&gt; failed" in page and 'href="https://portal.example/x"' in page
    settings.REHEARSAL = settings.DEBUG = False
    assert client.get("/rehearsal/mailbox/").status_code == 404
    assert client.post("/rehearsal/clock/", {"by": "day"}).status_code == 404
