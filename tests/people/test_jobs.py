"""The jobs of this room, as the worker runs them."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from tenantry.connection.models import Tenant
from tenantry.jobs.queue import enqueue
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.notices.models import Notice
from tenantry.people import actions
from tenantry.people.models import Company, EndUser, EndUserRole, Session
from tenantry.people.sessions import SessionStore, digest_of
from tests.people.house import DANA, HARBOUR_TENANT, make_house
from tests.support.sandbox import SandboxHandle

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_stored_invitation_is_looked_up_until_microsoft_answers(sandbox: SandboxHandle) -> None:
    house = make_house()
    sandbox.fault("status", path="*openid-configuration*", status=503)
    actions.invite_end_user(
        acting_as=DANA,
        company_id=house.harbour,
        email="edward.finch@harbourvale.example",
        role=EndUserRole.VIEW,
        now=clock.now(),
    )
    run_due_jobs()
    job = ProcrastinateJob.objects.get(task_name="people.look_up_invitation")
    assert (job.status, job.attempts) == ("todo", 1)
    assert EndUser.objects.get().pinned_tenant_id == ""
    sandbox.clear_faults()
    enqueue("people.look_up_invitation", end_user_id=EndUser.objects.get().id)
    run_due_jobs()
    assert EndUser.objects.get().pinned_tenant_id == HARBOUR_TENANT


def test_names_are_followed_and_dead_sessions_cleared(sandbox: SandboxHandle) -> None:
    house = make_house()
    Tenant.objects.filter(tenant_id=HARBOUR_TENANT).update(name="Harbour & Vale plc")
    dead, alive = SessionStore(), SessionStore()
    dead.set_expiry(-1)
    for session in (dead, alive):
        session.create()
    enqueue("people.follow_tenant_names")
    enqueue("people.clear_sessions")
    run_due_jobs()
    assert Company.objects.get(id=house.harbour).name == "Harbour & Vale plc"
    assert [row.digest for row in Session.objects.all()] == [digest_of(alive.session_key or "")]


def test_secrets_that_end_are_told(db: None, settings: Settings) -> None:
    settings.SIGN_IN_SECRET_ENDS = clock.now().date() + timedelta(days=2)
    enqueue("people.warn_of_secrets")
    assert run_due_jobs() == ["people.warn_of_secrets"]
    assert Notice.objects.get().kind == "secret_ends"
