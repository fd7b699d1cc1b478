"""A connection by the partner's own application: key and certificate are made in the worker, the key never leaves it.

A new certificate waits beside the one in use until Microsoft issues a token for it: then it takes over.
"""

import re
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from tenantry.clients.entra import PARTNER_CENTER_APP_SCOPE, ClientCertificate, make_key_and_certificate
from tenantry.clients.http import Retry, UpstreamError
from tenantry.connection.actions.common import CERTIFICATE, CHECK, fail_run, fail_run_for, gone, locked, record
from tenantry.connection.actions.tenants import read_tenants
from tenantry.connection.client import client_for, entra_client, fetch_tokens, key_place, next_key_place
from tenantry.connection.models import ConnectionMode, ConnectionState, PartnerConnection
from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.queue import enqueue
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor
from tenantry.kernel.columns import fit
from tenantry.kernel.refusals import Refusal
from tenantry.kernel.seal import open_sealed, seal

# The longest that Entra's own pages offer for a secret; a certificate may live longer, and should not (read 2026-11).
CERTIFICATE_DAYS = 730
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_STEPS = 2


@transaction.atomic
def add_application_connection(
    *, acting_as: Actor, name: str, partner_tenant_id: str, client_id: str, now: datetime
) -> PartnerConnection | Refusal:
    """Add a connection by an own application; a worker makes its certificate, which is then uploaded in Entra."""
    acting_as.check_whole_partner()
    tenant_id, application_id = partner_tenant_id.strip().lower(), client_id.strip().lower()
    plain_name = fit(PartnerConnection, "name", " ".join(name.split()))
    if not plain_name:
        return Refusal(reason="name_missing", rule="connection.has_a_name", next_step="write_name")
    for field, value in (("partner_tenant_id", tenant_id), ("client_id", application_id)):
        if not _GUID.fullmatch(value):
            facts = {"field": field}
            return Refusal(reason="id_invalid", rule="connection.ids_are_guids", next_step="copy_ids", facts=facts)
    if settings.PARTNER_TENANT_ID and tenant_id != settings.PARTNER_TENANT_ID.lower():
        return Refusal(reason="other_tenant", rule="connection.own_tenant_only", next_step="copy_ids")
    same = PartnerConnection.objects.filter(
        partner_tenant_id=tenant_id, client_id=application_id, mode=ConnectionMode.APPLICATION, removed_at=None
    )
    if same.exists():
        return Refusal(reason="application_there", rule="connection.once_per_application", next_step="new_certificate")
    row = PartnerConnection.objects.create(
        name=plain_name,
        mode=ConnectionMode.APPLICATION,
        partner_tenant_id=tenant_id,
        client_id=application_id,
        created_at=now,
    )
    record(acting_as, "connection.added", row, now, after={"mode": row.mode, "client_id": row.client_id})
    _wake_maker(acting_as, row, now)
    return row


@transaction.atomic
def ask_new_certificate(*, acting_as: Actor, connection_id: UUID, now: datetime) -> RunRecord | Refusal:
    """Have another certificate made; the one in use works on until the new one is uploaded and checked."""
    acting_as.check_whole_partner()
    row = locked(connection_id)
    if row is None or row.mode != ConnectionMode.APPLICATION:
        return gone()
    record(acting_as, "connection.certificate_asked", row, now)
    return _wake_maker(acting_as, row, now)


@transaction.atomic
def ask_check(*, acting_as: Actor, connection_id: UUID, now: datetime) -> RunRecord | Refusal:
    """Have the whole way to Microsoft tried now: token, rights, and the list of tenants."""
    acting_as.check_whole_partner()
    if locked(connection_id) is None:
        return gone()
    waiting = runs.latest(CHECK, connection_id)
    if waiting is None or waiting.state != RunState.WAITING:
        waiting = runs.new_run(CHECK, subject_id=connection_id, asked_by=acting_as.label, now=now)
    enqueue("connection.check", queueing_lock=f"check:{waiting.id}", run_id=waiting.id)
    return waiting


def make_certificate(run_id: UUID) -> None:
    """Make a key and a certificate for the connection of a run; both wait beside the ones in use."""
    run = runs.run(run_id)
    if run is None or run.state == RunState.DONE:
        return
    with runs.running(run_id):
        now = clock.now()
        row = PartnerConnection.objects.filter(id=run.subject_id, removed_at=None).first()
        if row is None:
            fail_run_for(run_id, "consent_missing")
            return
        made = make_key_and_certificate(f"Tenantry {row.name}", CERTIFICATE_DAYS, now)
        PartnerConnection.objects.filter(id=row.id, removed_at=None).update(
            sealed_next_key=seal(made.private_key_pem.encode(), next_key_place(row.id)),
            next_certificate=made.certificate_pem,
            next_certificate_expires_at=made.not_after,
        )
        runs.finish(run_id, "certificate_made")


def check_connection(run_id: UUID) -> None:
    """Try the whole way to Microsoft; a waiting certificate takes over when Microsoft knows it."""
    run = runs.run(run_id)
    if run is None or run.state == RunState.DONE:
        return
    with runs.running(run_id):
        row = PartnerConnection.objects.filter(id=run.subject_id, removed_at=None).first()
        if row is None:
            fail_run_for(run_id, "consent_missing")
            return
        runs.progress(run_id, 0, _STEPS)
        try:
            _promote(row)
        except UpstreamError as error:
            _fail_waiting_certificate(run_id, error)
            return
        try:
            client_for(row.id)
            fetch_tokens(row.id)  # a token of before would hide that Microsoft gives no new one
            runs.progress(run_id, 1, _STEPS)
            read_tenants(row.id)
        except UpstreamError as error:
            fail_run(run_id, error, row.mode)
            return
        runs.progress(run_id, _STEPS, _STEPS)
        runs.finish(run_id, "connection_works")


def _wake_maker(acting_as: Actor, row: PartnerConnection, now: datetime) -> RunRecord:
    run = runs.new_run(CERTIFICATE, subject_id=row.id, asked_by=acting_as.label, now=now)
    enqueue("connection.make_certificate", run_id=run.id)
    return run


def _promote(row: PartnerConnection) -> None:
    """Let a waiting certificate take over if a token is issued for it.

    Errors: UpstreamError when Microsoft does not accept it (yet); the one in use stays.
    """
    if not row.sealed_next_key:
        return
    sealed, certificate = bytes(row.sealed_next_key), row.next_certificate
    private_key = open_sealed(sealed, next_key_place(row.id)).decode()
    with entra_client(row.id) as entra:
        entra.app_only(
            row.partner_tenant_id,
            ClientCertificate(row.client_id, private_key, certificate),
            scope=PARTNER_CENTER_APP_SCOPE,
        )
    now = clock.now()
    with transaction.atomic():
        current = locked(row.id)
        if current is None or current.next_certificate != certificate:
            return
        current.sealed_private_key = seal(private_key.encode(), key_place(row.id))
        current.certificate, current.certificate_expires_at = certificate, current.next_certificate_expires_at
        current.sealed_next_key, current.next_certificate, current.next_certificate_expires_at = None, "", None
        current.consented_at = current.token_renewed_at = now
        current.state = ConnectionState.WORKING
        current.save()
        record(Actor.system(), "connection.certificate_taken", current, now)


def _fail_waiting_certificate(run_id: UUID, error: UpstreamError) -> None:
    """Say that the certificate is not uploaded yet, which is what Microsoft's refusal means here."""
    if error.retry == Retry.NEVER and error.advice == "secret_wrong":
        fail_run_for(run_id, "certificate_waiting", words=error.quote, code=error.code, request_id=error.request_id)
        return
    fail_run(run_id, error, ConnectionMode.APPLICATION)
