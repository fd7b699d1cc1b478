"""Keeping connections alive, warning in time, and taking one out."""

from datetime import timedelta
from uuid import UUID

import pytest
from pytest_django import Settings

from tenantry.audit.models import AuditRow
from tenantry.connection import actions, queries
from tenantry.connection.client import forget_clients, key_place, token_place
from tenantry.connection.models import ConsentAttempt, PartnerConnection, Tenant
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.kernel.refusals import Refusal
from tenantry.kernel.seal import new_key_pair, open_sealed, seal
from tenantry.notices.models import Notice
from tenantry.traffic.calls import call_log
from tenantry.traffic.models import CallRecord
from tests.connection.people import DANA, begin
from tests.support.house import House

DAY = timedelta(days=1)


def remove(house: House, name: str = "Kestrel IT Services", companies: int = 0) -> Refusal | None:
    """Confirm the removal."""

    def companies_of(connection_id: UUID) -> int:
        assert connection_id == house.connection.id
        return companies

    return actions.remove_connection(
        acting_as=DANA,
        connection_id=house.connection.id,
        confirmed_name=name,
        companies_of=companies_of,
        now=clock.now(),
    )


def test_the_daily_job_renews_a_consent(house: House) -> None:
    forget_clients()
    PartnerConnection.objects.update(token_renewed_at=clock.now() - 50 * DAY)
    house.connection.refresh_from_db()
    before = bytes(house.connection.sealed_refresh_token or b"")

    actions.keep_alive()
    run_due_jobs()

    house.connection.refresh_from_db()
    assert bytes(house.connection.sealed_refresh_token or b"") != before
    assert house.connection.token_renewed_at is not None
    assert clock.now() - house.connection.token_renewed_at < timedelta(minutes=1)


def test_broken_connections_are_tried_and_others_are_left_alone(house: House) -> None:
    actions.keep_alive(only_broken=True)
    assert run_due_jobs() == []
    PartnerConnection.objects.update(state="broken")
    actions.keep_alive(only_broken=True)
    assert run_due_jobs() == ["connection.refresh_tenants"]
    assert queries.working_connection_ids() == [house.connection.id]


def test_a_connection_without_a_token_is_not_tried(house: House) -> None:
    PartnerConnection.objects.update(sealed_refresh_token=None)
    actions.keep_alive()
    assert run_due_jobs() == []


@pytest.mark.parametrize(
    ("age", "told"),
    [(59, 0), (60.5, 1), (76.5, 1), (89.5, 1), (90.5, 0)],
)
def test_an_old_consent_is_told(house: House, age: float, told: int) -> None:
    now = clock.now()
    PartnerConnection.objects.update(token_renewed_at=now - age * DAY)
    actions.warn_in_time(now)
    actions.warn_in_time(now)
    assert Notice.objects.filter(kind="connection_ends").count() == told


def test_the_warning_comes_back_as_the_end_comes_nearer(house: House) -> None:
    now = clock.now()
    PartnerConnection.objects.update(token_renewed_at=now - 60 * DAY)
    for day in range(31):
        actions.warn_in_time(now + day * DAY)
    subjects = Notice.objects.filter(kind="connection_ends").order_by("created_at", "id")
    assert [notice.subject_id.split(":")[1] for notice in subjects] == ["30", "14", "7", "3", "2", "1"]
    assert "growing old" in subjects[0].subject


def test_a_certificate_that_ends_is_told(house: House) -> None:
    now = clock.now()
    PartnerConnection.objects.update(
        mode="application", sealed_private_key=b"sealed", certificate_expires_at=now + 6 * DAY
    )
    actions.warn_in_time(now)
    notice = Notice.objects.get()
    assert notice.subject == "The certificate of the partner connection Kestrel IT Services ends soon"
    assert (now + 6 * DAY).date().isoformat() in notice.body


def test_secrets_move_to_a_new_key_within_a_day(house: House, settings: Settings) -> None:
    house.connection.refresh_from_db()
    token = open_sealed(bytes(house.connection.sealed_refresh_token or b""), token_place(house.connection.id))
    PartnerConnection.objects.update(sealed_private_key=seal(b"a key", key_place(house.connection.id)))
    assert actions.reseal_secrets() == 0
    public, private = new_key_pair()
    settings.SEAL_PUBLIC_KEY, settings.SEAL_PRIVATE_KEYS = public, [private, *settings.SEAL_PRIVATE_KEYS]

    assert actions.reseal_secrets() == 2
    assert actions.reseal_secrets() == 0

    settings.SEAL_PRIVATE_KEYS = [private]
    house.connection.refresh_from_db()
    row = house.connection
    assert open_sealed(bytes(row.sealed_refresh_token or b""), token_place(row.id)) == token
    assert open_sealed(bytes(row.sealed_private_key or b""), key_place(row.id)) == b"a key"


def test_a_secret_that_cannot_be_opened_stays_and_stops_nothing(house: House) -> None:
    PartnerConnection.objects.update(sealed_private_key=b"damaged")
    assert actions.reseal_secrets() == 0
    house.connection.refresh_from_db()
    assert bytes(house.connection.sealed_private_key or b"") == b"damaged"


def test_removal_wipes_the_secrets_and_keeps_the_record(house: House) -> None:
    begin(house.connection)
    call_log.flush()
    calls = CallRecord.objects.count()
    assert remove(house, "  kestrel it  SERVICES ") is None

    row = PartnerConnection.objects.get(id=house.connection.id)
    assert row.removed_at is not None
    assert (row.sealed_refresh_token, row.sealed_private_key, row.sealed_next_key) == (None, None, None)
    assert (Tenant.objects.count(), ConsentAttempt.objects.count()) == (0, 0)
    assert CallRecord.objects.count() == calls
    assert queries.connections(clock.now()) == ()
    assert queries.working_connection_ids() == []
    told = AuditRow.objects.get(verb="connection.removed")
    assert (told.actor_name, told.subject_name) == ("Dana Okafor", "Kestrel IT Services")
    again = remove(house)
    assert isinstance(again, Refusal)
    assert again.reason == "gone"


def test_removal_asks_for_the_name(house: House) -> None:
    outcome = remove(house, "Kestrel")
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "name_differs"
    house.connection.refresh_from_db()
    assert house.connection.removed_at is None
    assert house.connection.sealed_refresh_token is not None


def test_removal_is_refused_while_companies_use_the_connection(house: House) -> None:
    outcome = remove(house, companies=2)
    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.facts) == ("still_used", {"companies": 2})
    assert queries.working_connection_ids() == [house.connection.id]


def test_the_audit_cursor_is_kept(house: House) -> None:
    assert queries.audit_cursor(house.connection.id) is None
    moment = clock.now()
    actions.set_audit_cursor(house.connection.id, moment)
    assert queries.audit_cursor(house.connection.id) == moment
