"""A connection by an own application: key and certificate from the worker, taken over when Microsoft knows it."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings as django_settings
from pytest_django import Settings

from tenantry.audit.models import AuditRow
from tenantry.clients.http import NotAllowed
from tenantry.connection import actions, queries
from tenantry.connection.client import client_for, key_place, next_key_place
from tenantry.connection.health import Lack, Standing
from tenantry.connection.models import ConnectionState, PartnerConnection
from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.kernel.refusals import Refusal
from tenantry.kernel.seal import CannotOpen, open_sealed
from tests.connection.people import DANA, again
from tests.support.sandbox import SandboxHandle


def add(name: str = "Kestrel by certificate", tenant_id: str = "", client_id: str = "") -> PartnerConnection | Refusal:
    """Add the partner's own application."""
    return actions.add_application_connection(
        acting_as=DANA,
        name=name,
        partner_tenant_id=tenant_id or django_settings.PARTNER_TENANT_ID,
        client_id=client_id or django_settings.PARTNER_CLIENT_ID,
        now=clock.now(),
    )


def added() -> PartnerConnection:
    """Add it and let the worker make the certificate."""
    row = add()
    assert isinstance(row, PartnerConnection)
    assert run_due_jobs() == ["connection.make_certificate"]
    row.refresh_from_db()
    return row


def check(row: PartnerConnection) -> RunRecord:
    """Press "Check now" and let the worker work."""
    run = actions.ask_check(acting_as=DANA, connection_id=row.id, now=clock.now())
    assert isinstance(run, RunRecord)
    run_due_jobs()
    row.refresh_from_db()
    return again(run)


def upload(sandbox: SandboxHandle, row: PartnerConnection) -> None:
    """Upload the waiting certificate as an administrator does in Entra."""
    path = f"/_sandbox/entra/applications/{row.client_id}/certificates"
    sandbox.post(path, {"pem": row.next_certificate})


def test_the_worker_makes_key_and_certificate(microsoft: SandboxHandle) -> None:
    row = added()

    certificate = x509.load_pem_x509_certificate(row.next_certificate.encode())
    key = load_pem_private_key(open_sealed(bytes(row.sealed_next_key or b""), next_key_place(row.id)), None)
    assert certificate.public_key() == key.public_key()
    assert certificate.not_valid_after_utc == row.next_certificate_expires_at.replace(microsecond=0)  # type: ignore[union-attr]
    assert timedelta(days=729) < certificate.not_valid_after_utc - clock.now() <= timedelta(days=730)
    assert "PRIVATE KEY" not in row.next_certificate
    with pytest.raises(CannotOpen):
        open_sealed(bytes(row.sealed_next_key or b""), key_place(row.id))
    view = queries.connection(row.id, clock.now())
    assert view is not None
    assert (view.health.standing, view.health.lacks) == (
        Standing.WAITING,
        (Lack.CERTIFICATE_UPLOAD, Lack.DIRECT_CSP),
    )
    with pytest.raises(NotAllowed):
        client_for(row.id)


@pytest.mark.parametrize("name", ["x" * 500, "Müller & Söhne " * 12, "😀" * 200], ids=["long", "umlauts", "emoji"])
def test_a_connection_of_any_name_gets_its_certificate(microsoft: SandboxHandle, name: str) -> None:
    row = add(name=name)
    assert isinstance(row, PartnerConnection)
    run_due_jobs()
    row.refresh_from_db()
    certificate = x509.load_pem_x509_certificate(row.next_certificate.encode())
    (shown,) = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert f"Tenantry {name}".startswith(str(shown.value))
    assert 61 <= len(str(shown.value).encode()) <= 64


def test_before_the_upload_the_check_says_what_to_do(microsoft: SandboxHandle) -> None:
    row = added()
    run = check(row)

    assert (run.state, run.details["advice"], run.details["code"]) == (
        RunState.FAILED,
        "certificate_waiting",
        "AADSTS700027",
    )
    assert (row.state, row.sealed_private_key) == (ConnectionState.WAITING, None)


def test_after_the_upload_the_check_takes_the_certificate_over(microsoft: SandboxHandle) -> None:
    row = added()
    waiting = row.next_certificate
    upload(microsoft, row)
    run = check(row)

    assert (run.state, run.message_key) == (RunState.DONE, "connection_works")
    assert (row.state, row.certificate, row.next_certificate) == (ConnectionState.WORKING, waiting, "")
    assert row.sealed_next_key is None
    assert row.mfa_compliant is None
    assert len(client_for(row.id).customers().items) == 26
    assert queries.tenants(row.id).total == 26
    assert [told.verb for told in AuditRow.objects.order_by("id")] == [
        "connection.added",
        "connection.certificate_taken",
    ]


def test_a_new_certificate_waits_beside_the_one_in_use(microsoft: SandboxHandle) -> None:
    row = added()
    upload(microsoft, row)
    check(row)
    first = row.certificate
    assert isinstance(actions.ask_new_certificate(acting_as=DANA, connection_id=row.id, now=clock.now()), RunRecord)
    run_due_jobs()

    run = check(row)
    assert (run.state, run.details["advice"]) == (RunState.FAILED, "certificate_waiting")
    assert (row.certificate, row.state) == (first, ConnectionState.WORKING)
    assert len(client_for(row.id).customers().items) == 26

    upload(microsoft, row)
    assert check(row).state == RunState.DONE
    assert row.certificate not in ("", first)


def test_nobody_is_told_to_consent_to_an_own_application(microsoft: SandboxHandle) -> None:
    row = added()
    upload(microsoft, row)
    check(row)
    microsoft.fault("consent_revoked")
    run = check(row)
    assert (run.details["advice"], row.last_error_advice) == ("app_permission_missing", "app_permission_missing")
    microsoft.clear_faults()
    microsoft.fault("status", path="/v1/customers", status=403)
    run = check(row)
    assert (run.details["advice"], row.last_error_advice) == ("app_not_allowed", "app_not_allowed")
    assert row.state == ConnectionState.BROKEN


def test_an_application_without_a_certificate_says_so_to_the_direct_csp_test(microsoft: SandboxHandle) -> None:
    row = added()
    with pytest.raises(NotAllowed) as refused:
        client_for(row.id)
    assert refused.value.advice == "certificate_waiting"


def test_an_application_that_is_unknown_is_named_as_such(microsoft: SandboxHandle) -> None:
    row = add(client_id="00000000-1111-2222-3333-444444444444")
    assert isinstance(row, PartnerConnection)
    run_due_jobs()
    run = check(row)
    assert (run.state, run.details["advice"]) == (RunState.FAILED, "app_not_found")


@pytest.mark.parametrize(
    ("name", "tenant_id", "client_id", "reason"),
    [
        ("  ", "", "", "name_missing"),
        ("Kestrel", "kestrel-it.example", "", "id_invalid"),
        ("Kestrel", "", "an application", "id_invalid"),
        ("Kestrel", "11111111-1111-1111-1111-111111111111", "", "other_tenant"),
    ],
)
def test_what_cannot_be_added_is_refused(
    db: None, settings: Settings, name: str, tenant_id: str, client_id: str, reason: str
) -> None:
    settings.PARTNER_TENANT_ID = "6e5a3b5e-5be4-54b4-ad33-04bb76a6b074"
    settings.PARTNER_CLIENT_ID = "7d1c6a40-4f0e-4c57-9a41-0f6b5a3e1002"
    outcome = add(name, tenant_id, client_id)
    assert isinstance(outcome, Refusal)
    assert outcome.reason == reason
    assert PartnerConnection.objects.count() == 0


def test_one_connection_per_application(microsoft: SandboxHandle) -> None:
    added()
    outcome = add("Once more")
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "application_there"
