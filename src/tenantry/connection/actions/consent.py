"""Granting Partner Center consent: the web begins it and seals what comes back, the worker redeems it.

The web process has the public key only, so that neither the code nor its verifier can be opened there again.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from tenantry.clients.entra import PARTNER_CENTER_SCOPE, ClientSecret, TokenFacts, Tokens, authorize_url, new_pkce
from tenantry.clients.entra.errors import explain_redirect
from tenantry.clients.http import UpstreamError
from tenantry.connection.actions.common import CONSENT, fail_run, fail_run_for, gone, locked, record
from tenantry.connection.actions.tenants import wake_refresh
from tenantry.connection.client import entra_client, partner_center, token_facts, token_place
from tenantry.connection.models import ConnectionMode, ConnectionState, ConsentAttempt, PartnerConnection
from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord
from tenantry.jobs.queue import enqueue
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor, ActorKind
from tenantry.kernel.columns import fit
from tenantry.kernel.locks import lock_in_transaction
from tenantry.kernel.refusals import Refusal
from tenantry.kernel.seal import Place, open_sealed, seal

SCOPE = f"{PARTNER_CENTER_SCOPE} openid profile"
# Long enough to find the second factor; Microsoft's code itself lives for about ten minutes (read 2026-11).
ATTEMPT_LIVES = timedelta(minutes=30)
_KEPT = timedelta(days=1)
_STEPS = 3


class _SaidNoError(Exception):
    """The consent cannot be used, for a reason that `connection.advice` has a text for."""


class _OneToken:
    """A token source of one access token, to try it before it is kept."""

    def __init__(self, access_token: str) -> None:
        self._access_token = access_token

    def access_token(self, *, renew: bool = False) -> str:
        return self._access_token

    def refused(self, error: UpstreamError) -> None:
        """Whoever tries the token hears of it by the error."""


@transaction.atomic
def start_consent(*, acting_as: Actor, connection_id: UUID | None, return_url: str, now: datetime) -> str | Refusal:
    """Begin to grant consent, anew for a connection if one is named, and return where to send the browser.

    `acting_as` is staff whose id is a UUID; only they can bring the answer back. `return_url` is registered with the
    application.
    """
    acting_as.check_whole_partner()
    if not settings.PARTNER_CLIENT_ID:
        return Refusal(reason="no_application", rule="connection.application_is_set", next_step="set_application")
    row = None
    if connection_id is not None:
        row = locked(connection_id)
        if row is None:
            return gone()
        if row.mode != ConnectionMode.CONSENT:
            return Refusal(reason="no_consent_here", rule="connection.mode", next_step="new_certificate")
    pkce = new_pkce()
    state = secrets.token_urlsafe(32)
    attempt = ConsentAttempt(
        state_digest=_digest(state),
        staff_id=UUID(acting_as.id),
        connection=row,
        redirect_uri=return_url,
        created_at=now,
        expires_at=now + ATTEMPT_LIVES,
    )
    attempt.sealed_verifier = seal(pkce.verifier.encode(), _place(attempt, "sealed_verifier"))
    attempt.save(force_insert=True)
    return authorize_url(
        settings.LOGIN_URL,
        _authority(),
        client_id=settings.PARTNER_CLIENT_ID,
        redirect_uri=return_url,
        scope=SCOPE,
        state=state,
        code_challenge=pkce.challenge,
        prompt="select_account",
        login_hint="" if row is None else row.account,
    )


@transaction.atomic
def take_consent_return(
    *, acting_as: Actor, state: str, code: str, error: str = "", error_description: str = "", now: datetime
) -> RunRecord | Refusal:
    """Take Microsoft's answer: seal the code for the worker, or end the run with what Microsoft said.

    Refused unless the same person began it here, lately, and it was not answered yet.
    """
    acting_as.check_whole_partner()
    attempt = (
        ConsentAttempt.objects.select_for_update()
        .filter(state_digest=_digest(state), returned_at=None, expires_at__gt=now)
        .first()
    )
    if attempt is None or str(attempt.staff_id) != acting_as.id:
        return Refusal(reason="consent_unknown", rule="connection.consent_was_begun_here", next_step="grant_again")
    run = runs.new_run(CONSENT, subject_id=attempt.connection_id or "", asked_by=acting_as.label, now=now)
    attempt.returned_at = now
    attempt.run_id = run.id
    if code and not error:
        attempt.sealed_code = seal(code.encode(), _place(attempt, "sealed_code"))
        enqueue("connection.redeem_consent", lock=f"consent:{attempt.id}", attempt_id=attempt.id)
    else:
        refused = explain_redirect(error or "invalid_request", error_description)
        attempt.sealed_verifier = None
        runs.begin(run.id)
        fail_run(run.id, refused)
    attempt.save(update_fields=["returned_at", "run_id", "sealed_code", "sealed_verifier"])
    run.refresh_from_db()
    return run


def redeem_consent(attempt_id: UUID) -> None:
    """Redeem a sealed code, try the token at Partner Center, and keep it: as a new connection, or in place of the old.

    A token that Partner Center refuses is not kept, so a working connection is never replaced by a broken one.
    """
    attempt = ConsentAttempt.objects.filter(id=attempt_id).first()
    if attempt is None or attempt.sealed_code is None or attempt.run_id is None:
        return
    with runs.running(attempt.run_id):
        runs.progress(attempt.run_id, 0, _STEPS)
        try:
            _redeem(attempt, attempt.run_id)
        except UpstreamError as error:
            fail_run(attempt.run_id, error)
        except _SaidNoError as no:
            fail_run_for(attempt.run_id, str(no))
        # Used up in any case: a code works once.
        ConsentAttempt.objects.filter(id=attempt.id).update(sealed_code=None, sealed_verifier=None)


def prune_consent_attempts(now: datetime) -> int:
    """Remove attempts of yesterday and before; return how many."""
    return ConsentAttempt.objects.filter(created_at__lt=now - _KEPT).delete()[0]


def _redeem(attempt: ConsentAttempt, run_id: UUID) -> None:
    with entra_client(_id_of(attempt)) as entra:
        tokens = entra.by_code(
            _authority(),
            ClientSecret(settings.PARTNER_CLIENT_ID, settings.PARTNER_CLIENT_SECRET),
            code=_open(attempt, "sealed_code"),
            redirect_uri=attempt.redirect_uri,
            code_verifier=_open(attempt, "sealed_verifier"),
            scope=SCOPE,
        )
    facts = _checked(tokens, attempt)
    runs.progress(run_id, 1, _STEPS)
    name = _try(attempt, tokens, facts)
    runs.progress(run_id, 2, _STEPS)
    now = clock.now()
    row = _keep(attempt, tokens, facts, name, now)
    runs.progress(run_id, _STEPS, _STEPS)
    runs.finish(run_id, "consent_granted", {"connection_id": str(row.id), "name": row.name, "account": row.account})


def _checked(tokens: Tokens, attempt: ConsentAttempt) -> TokenFacts:
    """Return what the token says, if it is one that can be kept."""
    facts = token_facts(tokens)
    if facts is None or not facts.tenant_id:
        raise _SaidNoError("malformed")
    if attempt.connection is not None and facts.tenant_id.lower() != attempt.connection.partner_tenant_id:
        raise _SaidNoError("other_partner")
    if not tokens.refresh_token:
        raise _SaidNoError("no_refresh_token")
    if not facts.mfa:
        raise _SaidNoError("mfa_missing")
    return facts


def _id_of(attempt: ConsentAttempt) -> UUID:
    """Return under which connection the calls are logged; one that does not exist yet gets the attempt's id."""
    return attempt.connection_id or attempt.id


def _try(attempt: ConsentAttempt, tokens: Tokens, facts: TokenFacts) -> str:
    """Make a call with the new token, and return the partner's name.

    Only a token that is refused, or has no rights, is a reason to lose the consent. Whatever else is wrong with this
    one address, the account's domain stands in for the name.
    """
    stand_in = PartnerConnection(id=_id_of(attempt), partner_tenant_id=facts.tenant_id.lower())
    try:
        with partner_center(stand_in, _OneToken(tokens.access_token)) as client:
            return client.organization_profile().company_name or _domain(facts)
    except UpstreamError as error:
        if error.http_status in (401, 403):
            raise
        return _domain(facts)


def _domain(facts: TokenFacts) -> str:
    return facts.username.rpartition("@")[2] or facts.tenant_id


@transaction.atomic
def _keep(attempt: ConsentAttempt, tokens: Tokens, facts: TokenFacts, name: str, now: datetime) -> PartnerConnection:
    tenant_id = facts.tenant_id.lower()
    lock_in_transaction("connection.consent", tenant_id)
    row = (
        PartnerConnection.objects.select_for_update()
        .filter(partner_tenant_id=tenant_id, mode=ConnectionMode.CONSENT, removed_at=None)
        .order_by("created_at")
        .first()
    )
    renewed = row is not None
    if row is None:
        row = PartnerConnection(id=attempt.id, mode=ConnectionMode.CONSENT, partner_tenant_id=tenant_id, created_at=now)
    before = {"account": row.account, "mfa": row.mfa_compliant} if renewed else None
    row.name = fit(PartnerConnection, "name", name)
    row.client_id = settings.PARTNER_CLIENT_ID
    row.account = fit(PartnerConnection, "account", facts.username)
    row.mfa_compliant = facts.mfa
    row.roles = list(facts.roles)
    row.sealed_refresh_token = seal((tokens.refresh_token or "").encode(), token_place(row.id))
    row.state = ConnectionState.WORKING
    row.consented_at = row.token_renewed_at = now
    row.last_error_at = None
    row.save()
    record(
        _actor_of(attempt),
        "connection.consent_renewed" if renewed else "connection.added",
        row,
        now,
        before=before,
        after={"account": row.account, "mfa": row.mfa_compliant},
    )
    wake_refresh(row.id)
    return row


def _actor_of(attempt: ConsentAttempt) -> Actor:
    """Return the person who began it; the worker knows them by the run."""
    run = runs.run(attempt.run_id) if attempt.run_id else None
    name = run.asked_by if run else ""
    return Actor(ActorKind.STAFF, str(attempt.staff_id), name, name)


def _authority() -> str:
    """Return whose accounts may consent: the token endpoint of a tenant redeems no code of another one."""
    return settings.PARTNER_TENANT_ID or "organizations"


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def _place(attempt: ConsentAttempt, column: str) -> Place:
    return Place("connection_consentattempt", str(attempt.id), column)


def _open(attempt: ConsentAttempt, column: str) -> str:
    return open_sealed(bytes(getattr(attempt, column) or b""), _place(attempt, column)).decode()
