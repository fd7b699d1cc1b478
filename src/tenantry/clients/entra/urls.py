"""Addresses that a browser is sent to: sign-in, consent, an administrator's consent."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

SIGN_IN_SCOPE = "openid profile email"
PARTNER_CENTER_SCOPE = "https://api.partnercenter.microsoft.com/user_impersonation offline_access"
PARTNER_CENTER_APP_SCOPE = "https://api.partnercenter.microsoft.com/.default"


@dataclass(frozen=True, slots=True)
class Pkce:
    """Proof key of one attempt: the challenge goes to the browser, the verifier stays here."""

    challenge: str
    verifier: str = field(repr=False)


def new_pkce() -> Pkce:
    """Make a fresh proof key (S256)."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return Pkce(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), verifier)


def authorize_url(
    login_base: str,
    tenant: str,
    *,
    client_id: str,
    redirect_uri: str,
    scope: str,
    state: str,
    code_challenge: str,
    nonce: str = "",
    prompt: str = "",
    login_hint: str = "",
    domain_hint: str = "",
    max_age: int | None = None,
    context: str = "",
) -> str:
    """Return where a person signs in; the code comes back in the query of `redirect_uri`.

    `tenant` is a tenant id, a domain, "organizations" or "common". `max_age` in seconds asks for a fresh sign-in.
    `context` asks for an authentication context of the tenant, such as "c1"; the id token then has it in `acrs`
    (Microsoft's developer guide to the Conditional Access authentication context, read 2026-12).
    """
    wanted = {"id_token": {"acrs": {"essential": True, "value": context}}}
    fields = {
        "client_id": client_id,
        "response_type": "code",
        "response_mode": "query",
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": code_challenge,
        "code_challenge_method": "S256",
        "prompt": prompt,
        "login_hint": login_hint,
        "domain_hint": domain_hint,
        "max_age": "" if max_age is None else str(max_age),
        "claims": json.dumps(wanted, separators=(",", ":")) if context else "",
    }
    return _url(login_base, tenant, "/oauth2/v2.0/authorize", fields)


def admin_consent_url(
    login_base: str, tenant: str, *, client_id: str, redirect_uri: str, scope: str, state: str
) -> str:
    """Return where an administrator of `tenant` approves the application for everybody there.

    The tenant that the redirect names afterwards proves nothing.
    """
    fields = {"client_id": client_id, "redirect_uri": redirect_uri, "scope": scope, "state": state}
    return _url(login_base, tenant, "/v2.0/adminconsent", fields)


def _url(login_base: str, tenant: str, path: str, fields: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in fields.items() if value})
    return f"{login_base.rstrip('/')}/{quote(tenant, safe='')}{path}?{query}"
