"""Microsoft Entra as this room needs it: whose a domain is, where to sign in, and who came back."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.conf import settings

from tenantry.clients.entra import (
    SIGN_IN_SCOPE,
    ClientSecret,
    DomainAnswer,
    EntraClient,
    Identity,
    IdTokenRefusedError,
    Reason,
    SigningKeys,
    TenantPolicy,
    admin_consent_url,
    authorize_url,
    new_pkce,
    verify_id_token,
)
from tenantry.clients.http import SignInNeeded, Timeouts
from tenantry.kernel import clock

ORGANISATIONS = "organizations"
# "… was not found in the directory 'Contoso'." and "… in the tenant named Contoso. This can …" (read 2026-12).
_DIRECTORY = re.compile(r"\b(?:directory|tenant) (?:'(?P<quoted>[^']+)'|named (?P<bare>.+?)(?:\. |\.?$))")
# Somebody waits for the page: rather say that Microsoft is unreachable than keep them.
_TIMEOUTS = Timeouts(connect=5.0, read=10.0, total=12.0, patience=15.0)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in, kept in the session until the person comes back; used once."""

    authority: str  # a tenant id, or "organizations"
    nonce: str
    verifier: str
    redirect_uri: str


def tenant_of_domain(domain: str) -> DomainAnswer:
    """Ask Microsoft's discovery document whose a domain is; unreachable is an answer, not an error."""
    return _client(settings.LOGIN_URL).find_domain(domain)


def authority_for_staff() -> str:
    """Return the authority of partner staff: the partner's own tenant."""
    return settings.PARTNER_TENANT_ID.lower() or ORGANISATIONS


def begin(
    authority: str,
    *,
    redirect_uri: str,
    state: str,
    nonce: str,
    login_hint: str = "",
    prompt: str = "",
    context: str = "",
) -> tuple[str, Attempt]:
    """Return where to send the browser, and what to keep until it comes back.

    With ``prompt="login"`` Microsoft asks for the credentials again, whatever session it has. ``context`` is an
    authentication context that the sign-in must satisfy.
    """
    pkce = new_pkce()
    address = authorize_url(
        settings.LOGIN_URL,
        authority,
        client_id=settings.SIGN_IN_CLIENT_ID,
        redirect_uri=redirect_uri,
        scope=SIGN_IN_SCOPE,
        state=state,
        nonce=nonce,
        code_challenge=pkce.challenge,
        prompt=prompt,
        login_hint=login_hint,
        max_age=0 if prompt == "login" else None,
        context=context,
    )
    return address, Attempt(authority, nonce, pkce.verifier, redirect_uri)


def identity_of(code: str, attempt: Attempt, now: datetime) -> Identity:
    """Redeem a code for the id token of its attempt and return whose it is, checked.

    Errors: IdTokenRefusedError; SignInNeeded where Microsoft refuses the code; other UpstreamErrors where Microsoft
    cannot be reached.
    """
    tokens = _client(settings.LOGIN_URL).by_code(
        attempt.authority,
        ClientSecret(settings.SIGN_IN_CLIENT_ID, settings.SIGN_IN_CLIENT_SECRET),
        code=code,
        redirect_uri=attempt.redirect_uri,
        code_verifier=attempt.verifier,
        scope=SIGN_IN_SCOPE,
    )
    if tokens.id_token is None:
        raise IdTokenRefusedError(Reason.MALFORMED)
    any_tenant = attempt.authority == ORGANISATIONS
    return verify_id_token(
        tokens.id_token,
        client_id=settings.SIGN_IN_CLIENT_ID,
        nonce=attempt.nonce,
        allowed=TenantPolicy.any_organisation() if any_tenant else TenantPolicy.one_tenant(attempt.authority),
        keys=_keys(settings.LOGIN_URL, attempt.authority),
        login_base=settings.LOGIN_URL,
        now=now,
    )


def tenant_named(attempt: Attempt, error: SignInNeeded) -> str:
    """Return the tenant at which Microsoft refused the application: its id, or its name where it gives that instead.

    Who signs in at "organizations" has a tenant that only Microsoft's words name; empty where they do not.
    """
    if attempt.authority != ORGANISATIONS:
        return attempt.authority
    found = _DIRECTORY.search(error.words)
    return (found["quoted"] or found["bare"]).strip(" '") if found else ""


def approval_address(redirect_uri: str, tenant: str = ORGANISATIONS) -> str:
    """Return where an administrator lets the sign-in application in for everybody in their tenant."""
    return admin_consent_url(
        settings.LOGIN_URL,
        tenant,
        client_id=settings.SIGN_IN_CLIENT_ID,
        redirect_uri=redirect_uri,
        scope=SIGN_IN_SCOPE,
        state="",
    )


@lru_cache(maxsize=4)
def _client(login_url: str) -> EntraClient:
    return EntraClient(login_url, now=clock.now, timeouts=_TIMEOUTS)


@lru_cache(maxsize=64)
def _keys(login_url: str, authority: str) -> SigningKeys:
    return SigningKeys(lambda: _client(login_url).signing_keys(authority))
