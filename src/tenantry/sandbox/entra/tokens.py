"""Tokens: how they are made, and how a bearer token is checked.

Claims of id tokens: reference 2.4; of access tokens: 2.3; both read 2026-11. Tokens live on real time.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError

from tenantry.sandbox.entra.directory import Directory
from tenantry.sandbox.entra.errors import EntraError
from tenantry.sandbox.entra.keys import CONSUMER_TENANT
from tenantry.sandbox.entra.records import Application, Person, SignIn, Tenant
from tenantry.sandbox.wire import decode

PARTNER_CENTER: Final = "https://api.partnercenter.microsoft.com"
GRAPH: Final = "https://graph.microsoft.com"
RESOURCES: Final = {
    PARTNER_CENTER: "user_impersonation",
    "https://api.partner.microsoft.com": "user_impersonation",
    GRAPH: "User.Read",
    "https://graph.windows.net": "user_impersonation",  # refused by Partner Center since August 2025 (900420)
}
GRAPH_ID: Final = "00000003-0000-0000-c000-000000000000"
PARTNER_CENTER_ID: Final = "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd"  # general knowledge, unchecked
OIDC_SCOPES: Final = frozenset({"openid", "profile", "email", "offline_access"})
ID_TOKEN_SECONDS: Final = 3600
PERSONAL_IDENTITY_PROVIDER: Final = "live.com"
_CHECKED_KEPT: Final = 2000


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a good access token says. `exp` is in epoch seconds; `oid` and `upn` are of the user, if there is one."""

    tid: str
    oid: str | None
    appid: str
    app_only: bool
    mfa: bool
    upn: str | None
    scopes: frozenset[str]
    exp: int


@dataclass(frozen=True, slots=True)
class BearerProblem:
    """Why a request may not pass: missing, malformed, signature, expired, or audience (then `audience` says which)."""

    reason: str
    words: str
    audience: str | None = None


def split_scope(scope: str) -> tuple[list[str], list[str]]:
    """Part a scope into OpenID words and resource addresses in their order; AADSTS70011 for an unknown resource."""
    words, resources = [], []
    for part in scope.split():
        if part.lower() in OIDC_SCOPES:
            words.append(part.lower())
            continue
        resource = _resource_of(part)
        if resource not in resources:
            resources.append(resource)
    return words, resources


def resource_named(value: str) -> str:
    """Return the canonical address of a v1 `resource`; AADSTS500011 for an unknown one."""
    wanted = value.rstrip("/").lower()
    by_id = {GRAPH_ID: GRAPH, PARTNER_CENTER_ID: PARTNER_CENTER}
    found = by_id.get(wanted) or next((known for known in RESOURCES if known == wanted), None)
    if found is None:
        raise EntraError(500011, f"Resource '{value}'.")
    return found


def _resource_of(scope: str) -> str:
    try:
        parts = urlsplit(scope)
    except ValueError:
        raise EntraError(70011, f"The scope {scope} isn't valid.") from None
    if not parts.scheme:
        return GRAPH  # bare names such as User.Read belong to Microsoft Graph
    try:
        return resource_named(f"{parts.scheme}://{parts.netloc}")
    except EntraError:
        raise EntraError(70011, f"The scope {scope} isn't valid.") from None


def id_token(
    directory: Directory,
    base: str,
    application: Application,
    sign_in: SignIn,
    *,
    nonce: str | None,
    scope: str,
    v1: bool,
) -> str:
    """Make the id token of a sign-in for the application."""
    person, tenant = _who(directory, sign_in)
    now = int(directory.now())
    claims: dict[str, Any] = {
        "aud": application.id,
        "iss": f"https://sts.windows.net/{tenant.id}/" if v1 else f"{base}/{tenant.id}/v2.0",
        "iat": now - 300,  # the real service dates tokens back by five minutes
        "nbf": now - 300,
        "exp": now + ID_TOKEN_SECONDS,
        "name": person.name,
        "oid": person.oid,
        "rh": f"1.{_short(tenant.id + application.id)}.",
        "sub": pairwise_subject(person, application),
        "tid": tenant.id,
        "uti": _short(str(uuid.uuid4())),
        "ver": "1.0" if v1 else "2.0",
    }
    if v1:
        claims |= {"upn": person.upn, "unique_name": person.upn, "amr": _amr(sign_in)}
    else:
        claims["preferred_username"] = person.email if person.guest_of and person.email else person.upn
    if nonce:
        claims["nonce"] = nonce
    if sign_in.contexts:
        claims["acrs"] = sign_in.contexts
    claims |= _optional_claims(application, person, sign_in, scope)
    if person.guest_of:
        personal = person.guest_of == CONSUMER_TENANT
        claims["idp"] = PERSONAL_IDENTITY_PROVIDER if personal else f"https://sts.windows.net/{person.guest_of}/"
    return _sign(directory, tenant, claims | person.claims | sign_in.claims, sign_in.signed_with)


def _optional_claims(application: Application, person: Person, sign_in: SignIn, scope: str) -> dict[str, Any]:
    possible: dict[str, Any] = {
        "acct": 1 if person.guest_of else 0,
        "auth_time": int(sign_in.auth_time),
        "sid": sign_in.sid,
        "login_hint": _short(person.oid + "hint"),
        "wids": person.wids,
    }
    if person.email:
        possible["xms_edov"] = person.email_verified
    claims = {name: value for name, value in possible.items() if name in application.optional_claims}
    if person.email and ("email" in application.optional_claims or "email" in scope.lower().split()):
        claims["email"] = person.email
    return claims


def user_token(
    directory: Directory, application: Application, sign_in: SignIn, tenant: Tenant, resource: str, *, appidacr: str
) -> str:
    """Make a v1 access token of a person for a resource, good in `tenant` (their own or a customer's)."""
    person, _ = _who(directory, sign_in)
    claims = _access_claims(directory, application, tenant, resource, appidacr) | {
        "acr": "1",
        "amr": _amr(sign_in),
        "family_name": person.name.rpartition(" ")[2],
        "given_name": person.name.partition(" ")[0],
        "name": person.name,
        "oid": person.oid,
        "scp": RESOURCES[resource],
        "sub": pairwise_subject(person, application),
        "unique_name": person.upn,
        "upn": person.upn,
        "wids": person.wids,
    }
    return _sign(directory, tenant, claims, "own")


def app_token(directory: Directory, application: Application, tenant: Tenant, resource: str, *, appidacr: str) -> str:
    """Make an app-only v1 access token for a resource."""
    principal = str(uuid.uuid5(uuid.UUID(tenant.id), application.id))
    claims = _access_claims(directory, application, tenant, resource, appidacr) | {
        "idp": f"https://sts.windows.net/{tenant.id}/",
        "idtyp": "app",
        "oid": principal,
        "sub": principal,
    }
    return _sign(directory, tenant, claims, "own")


def _access_claims(
    directory: Directory, application: Application, tenant: Tenant, resource: str, appidacr: str
) -> dict[str, Any]:
    now = int(directory.now())
    return {
        "aud": resource,
        "iss": f"https://sts.windows.net/{tenant.id}/",
        "iat": now,
        "nbf": now,
        "exp": now + int(directory.settings["access_token_seconds"]),
        "appid": application.id,
        "appidacr": appidacr,
        "rh": f"1.{_short(tenant.id + application.id)}.",
        "tid": tenant.id,
        "uti": _short(str(uuid.uuid4())),
        "ver": "1.0",
    }


def pairwise_subject(person: Person, application: Application) -> str:
    """Return the subject that this application, and no other, knows the person by."""
    return _b64url(hashlib.sha256(f"{application.id}/{person.tenant}/{person.oid}".encode()).digest())


def verify_bearer(directory: Directory, header: str | None, audience: str, now: float) -> Bearer | BearerProblem:
    """Check the Authorization header of a request; `now` is real time in epoch seconds.

    A token that was checked once is remembered until it expires: checking costs more than most answers.
    """
    if not header:
        return BearerProblem("missing", "There is no Authorization header.")
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        return BearerProblem("malformed", "The Authorization header is not of the form 'Bearer token'.")
    found = directory.checked_tokens.get(token)
    if found is None:
        claims = _verified_claims(directory, token)
        if isinstance(claims, BearerProblem):
            return claims
        found = (str(claims.get("aud", "")), _bearer(claims))
        directory.checked_tokens[token] = found
        while len(directory.checked_tokens) > _CHECKED_KEPT:
            del directory.checked_tokens[next(iter(directory.checked_tokens))]
    token_audience, bearer = found
    if bearer.exp <= now:
        return BearerProblem("expired", "The access token has expired.")
    if token_audience.rstrip("/") != audience.rstrip("/"):
        return BearerProblem("audience", "The access token is meant for another resource.", token_audience)
    return bearer


def _verified_claims(directory: Directory, token: str) -> Mapping[str, Any] | BearerProblem:
    try:
        kid = jwt_header(token).get("kid")
    except ValueError:
        return BearerProblem("malformed", "The access token is not a JWT.")
    key = directory.keys.verifying(kid)
    if key is None:
        return BearerProblem("signature", "The access token is signed with a key that is not published.")
    try:
        claims: Mapping[str, Any] = jwt.decode(token, key, algorithms=["RS256"]).claims
    except (JoseError, ValueError):
        return BearerProblem("signature", "The access token's signature is wrong.")
    tenant = str(claims.get("tid", ""))
    if tenant not in directory.tenants or claims.get("iss") != f"https://sts.windows.net/{tenant}/":
        return BearerProblem("issuer", "The access token's issuer is not its tenant's.")
    return claims


def jwt_header(token: str) -> dict[str, Any]:
    """Read a JWT's header without believing it; ValueError where there is none."""
    first = token.split(".")[0]
    value = decode(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    if not isinstance(value, dict):
        raise ValueError("a JWT header is an object")
    return value


def _bearer(claims: Mapping[str, Any]) -> Bearer:
    app_only = claims.get("idtyp") == "app"
    return Bearer(
        tid=claims["tid"],
        oid=claims.get("oid"),
        appid=claims.get("appid", ""),
        app_only=app_only,
        mfa="mfa" in claims.get("amr", []),
        upn=claims.get("upn"),
        scopes=frozenset(str(claims.get("scp", "")).split()),
        exp=int(claims["exp"]),
    )


def _who(directory: Directory, sign_in: SignIn) -> tuple[Person, Tenant]:
    return directory.people[sign_in.person], directory.tenants[sign_in.tenant]


def _amr(sign_in: SignIn) -> list[str]:
    return ["pwd", "mfa"] if sign_in.mfa else ["pwd"]


def _sign(directory: Directory, tenant: Tenant, claims: dict[str, Any], which: str) -> str:
    key = directory.keys.signer(tenant.id, which)
    header = {"typ": "JWT", "alg": "RS256", "kid": str(key.kid), "x5t": str(key.kid)}
    return jwt.encode(header, claims, key, algorithms=["RS256"])


def _short(text: str) -> str:
    return _b64url(hashlib.sha256(text.encode()).digest())[:22]


def _b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
