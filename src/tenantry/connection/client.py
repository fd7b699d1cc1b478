"""Clients of a partner connection, for the worker: tokens are opened here and nowhere else."""

import threading
import time
import uuid
from datetime import datetime

from django.conf import settings

from tenantry.clients.entra import (
    PARTNER_CENTER_APP_SCOPE,
    PARTNER_CENTER_SCOPE,
    CachedTokens,
    ClientCertificate,
    ClientSecret,
    Credential,
    EntraClient,
    TokenFacts,
    Tokens,
    read_access_token,
)
from tenantry.clients.http import Call, NotAllowed, Timeouts, TokenSource, UpstreamError
from tenantry.clients.partner_center import PartnerCenter
from tenantry.connection.contact import note_token, note_trouble
from tenantry.connection.models import ConnectionMode, PartnerConnection, TroubleAbout
from tenantry.kernel import clock
from tenantry.kernel.seal import Place, open_sealed, seal
from tenantry.traffic.calls import call_log
from tenantry.traffic.quota import forget_quota, shared_quota

_TABLE = "connection_partnerconnection"
_lock = threading.Lock()
_clients: dict[tuple[uuid.UUID, datetime | None], PartnerCenter] = {}
# Clients of an older consent: other threads may be in the middle of a call, so they are closed some time later.
_replaced: list[tuple[float, PartnerCenter]] = []
_CLOSE_AFTER_SECONDS = 300.0


def token_place(connection_id: uuid.UUID) -> Place:
    """Name where the refresh token of a connection is sealed for."""
    return Place(_TABLE, str(connection_id), "sealed_refresh_token")


def key_place(connection_id: uuid.UUID) -> Place:
    """Name where the private key of a connection's certificate is sealed for."""
    return Place(_TABLE, str(connection_id), "sealed_private_key")


def next_key_place(connection_id: uuid.UUID) -> Place:
    """Name where the private key of a certificate that waits is sealed for."""
    return Place(_TABLE, str(connection_id), "sealed_next_key")


def timeouts() -> Timeouts:
    """Return the bounds of one call to Microsoft from the settings."""
    read = float(settings.UPSTREAM_READ_SECONDS)
    return Timeouts(connect=float(settings.UPSTREAM_CONNECT_SECONDS), read=read, total=2 * read)


def entra_client(connection_id: uuid.UUID | None = None) -> EntraClient:
    """Return a client of the login host whose calls are logged under the connection, if one is named."""

    def observe(call: Call) -> None:
        if connection_id is not None:
            call_log.note(connection_id, call)

    return EntraClient(settings.LOGIN_URL, now=clock.now, timeouts=timeouts(), observer=observe)


def client_for(connection_id: uuid.UUID) -> PartnerCenter:
    """Return the Partner Center client of a connection, kept per process and safe to share between threads.

    Errors: NotAllowed when the connection is gone or has no token yet; `kernel.seal.CannotOpen` at the first call in a
    process without private keys.
    """
    row = PartnerConnection.objects.filter(id=connection_id, removed_at=None).first()
    if row is None:
        raise NotAllowed("the partner connection has been removed", advice="consent_missing")
    ready = row.sealed_refresh_token if row.mode == ConnectionMode.CONSENT else row.sealed_private_key
    if not ready:
        waits = "consent_missing" if row.mode == ConnectionMode.CONSENT else "certificate_waiting"
        raise NotAllowed("the partner connection has no token yet", advice=waits)
    key = (row.id, row.consented_at)
    with _lock:
        client = _clients.get(key)
        if client is None:
            _replace(row.id)
            client = _clients[key] = _make(row)
        return client


def forget_clients() -> None:
    """Close and forget every kept client, and the pace they kept; the next call makes new ones."""
    with _lock:
        for client in [*_clients.values(), *(client for _, client in _replaced)]:
            client.close()
        _clients.clear()
        _replaced.clear()
        forget_quota()


def _replace(connection_id: uuid.UUID) -> None:
    now = time.monotonic()
    for since, client in [found for found in _replaced if now - found[0] > _CLOSE_AFTER_SECONDS]:
        client.close()
        _replaced.remove((since, client))
    for key in [known for known in _clients if known[0] == connection_id]:
        _replaced.append((now, _clients.pop(key)))


def _make(row: PartnerConnection) -> PartnerCenter:
    connection_id = row.id

    def note_refused(error: UpstreamError) -> None:
        note_trouble(connection_id, error, about=TroubleAbout.TOKEN, now=clock.now())

    return partner_center(row, CachedTokens(lambda: fetch_tokens(connection_id), on_refused=note_refused))


def partner_center(row: PartnerConnection, tokens: TokenSource) -> PartnerCenter:
    """Return a new client that counts and logs under the connection; whoever asks for it closes it."""
    connection_id = row.id
    return PartnerCenter(
        settings.PARTNER_CENTER_URL,
        tokens,
        quota_key=f"partner:{row.partner_tenant_id}",
        quota=shared_quota(settings.QUOTA_PER_MINUTE),
        timeouts=timeouts(),
        observer=lambda call: call_log.note(connection_id, call),
    )


def fetch_tokens(connection_id: uuid.UUID) -> Tokens:
    """Get a fresh access token; a rotated refresh token is kept before the access token is used.

    Two workers may do so at once: Microsoft lets the older refresh token live on, and either new one will do.

    Errors: UpstreamError, noted in the connection's health first.
    """
    row = PartnerConnection.objects.get(id=connection_id)
    try:
        tokens = _by_refresh_token(row) if row.mode == ConnectionMode.CONSENT else _by_certificate(row)
    except UpstreamError as error:
        note_trouble(connection_id, error, about=TroubleAbout.TOKEN, now=clock.now())
        raise
    note_token(connection_id, token_facts(tokens), now=clock.now())
    return tokens


def token_facts(tokens: Tokens) -> TokenFacts | None:
    """Read what an access token says; None where its form cannot be read: Microsoft promises none."""
    try:
        return read_access_token(tokens.access_token)
    except ValueError:
        return None


def _by_refresh_token(row: PartnerConnection) -> Tokens:
    with entra_client(row.id) as entra:
        return entra.by_refresh_token(
            row.partner_tenant_id,
            credential_of(row),
            refresh_token=open_sealed(bytes(row.sealed_refresh_token or b""), token_place(row.id)).decode(),
            scope=PARTNER_CENTER_SCOPE,
            store=lambda token: _store_rotated(row, token),
        )


def _store_rotated(row: PartnerConnection, token: str) -> None:
    """Keep a rotated refresh token, unless consent was given anew meanwhile: then that one is newer."""
    PartnerConnection.objects.filter(id=row.id, consented_at=row.consented_at, removed_at=None).update(
        sealed_refresh_token=seal(token.encode(), token_place(row.id))
    )


def _by_certificate(row: PartnerConnection) -> Tokens:
    with entra_client(row.id) as entra:
        return entra.app_only(row.partner_tenant_id, credential_of(row), scope=PARTNER_CENTER_APP_SCOPE)


def credential_of(row: PartnerConnection) -> Credential:
    """Return how the application of a connection proves itself: its own certificate, or the installation's secret."""
    if row.mode == ConnectionMode.APPLICATION:
        private_key = open_sealed(bytes(row.sealed_private_key or b""), key_place(row.id)).decode()
        return ClientCertificate(row.client_id, private_key, row.certificate)
    return ClientSecret(row.client_id, settings.PARTNER_CLIENT_SECRET)
