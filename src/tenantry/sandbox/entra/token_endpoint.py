"""The token endpoints, v1 and v2: authorization code, refresh token, client credentials.

Contract and errors: reference 2.3, read 2026-11.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from joserfc import jwt
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tenantry.sandbox.context import Context, exchange_of
from tenantry.sandbox.entra import tokens
from tenantry.sandbox.entra.directory import Directory
from tenantry.sandbox.entra.errors import EntraError
from tenantry.sandbox.entra.forms import NO_STORE, Form, needed, read_form
from tenantry.sandbox.entra.records import Application, Code, RefreshToken, SignIn, Tenant
from tenantry.sandbox.faults import FaultKind

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
BY_SECRET, BY_CERTIFICATE = "1", "2"  # the values of the claim appidacr
CLOCK_SKEW = 300


async def token_v2(context: Context, request: Request) -> Response:
    """Redeem codes, refresh tokens and client credentials, by secret, certificate assertion or HTTP Basic."""
    return await _token(context, request, v1=False)


async def token_v1(context: Context, request: Request) -> Response:
    """The same for the v1 endpoint: `resource` in place of `scope`, numbers as strings."""
    return await _token(context, request, v1=True)


async def _token(context: Context, request: Request, *, v1: bool) -> Response:
    directory, form = context.directory, await read_form(request)
    authority = str(request.path_params["tenant"])
    tenant = directory.tenant(authority)
    grant_type = needed(form, "grant_type")
    client_id, secret = _basic(request.headers.get("authorization"), form)
    application = directory.application(client_id, tenant)
    directory.planned_refusal(
        "token",
        grant_type=grant_type,
        client_id=application.id,
        tenant=tenant.id if tenant else None,
        person=_person_behind(directory, form),
    )
    # A code comes from somebody who has just consented.
    if grant_type != "authorization_code" and context.faults.take(FaultKind.CONSENT_REVOKED, exchange_of(request)):
        raise EntraError(50173 if grant_type == "refresh_token" else 65001)
    by = _authenticate(context, request, application, form, secret)
    if grant_type == "authorization_code":
        body = _redeem_code(context, request, application, tenant, form, by, v1)
    elif grant_type == "refresh_token":
        body = _redeem_refresh_token(context, request, application, tenant, form, by, v1)
    elif grant_type == "client_credentials":
        body = _client_credentials(directory, application, authority, tenant, form, by, v1)
    else:
        raise EntraError(70003, f"Grant type '{grant_type}'.")
    context.save()
    return JSONResponse(body, headers=NO_STORE)


def _person_behind(directory: Directory, form: Form) -> str | None:
    """Return whose grant is being redeemed, before anything about it is checked."""
    grant = directory.codes.get(form.get("code", "")) or directory.refresh_tokens.get(form.get("refresh_token", ""))
    return grant.sign_in.person if grant else None


# -- who is asking ------------------------------------------------------------------------------------------------


def _basic(header: str | None, form: Form) -> tuple[str | None, str | None]:
    """Return client id and secret from the form or, where it names none, from HTTP Basic."""
    if header and header.lower().startswith("basic "):
        try:
            name, _, value = base64.b64decode(header[6:]).decode().partition(":")
        except ValueError:
            raise EntraError(9002313, "The Basic credentials cannot be read.", oauth_error="invalid_client") from None
        return form.get("client_id") or unquote(name), form.get("client_secret") or unquote(value)
    return form.get("client_id"), form.get("client_secret")


def _authenticate(context: Context, request: Request, application: Application, form: Form, secret: str | None) -> str:
    """Check the client's own credentials; return how it proved itself, as the claim appidacr has it."""
    if assertion := form.get("client_assertion"):
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise EntraError(900144, "Missing: 'client_assertion_type'.")
        _check_assertion(context, request, application, assertion)
        return BY_CERTIFICATE
    if not secret:
        raise EntraError(7000218)
    for known in application.secrets:
        if secrets.compare_digest(known.value.encode(), secret.encode()):
            if known.expires is not None and known.expires <= context.directory.now():
                raise EntraError(7000222, f"Application '{application.name}'.")
            return BY_SECRET
    raise EntraError(7000215, f"Application '{application.name}'.")


def _check_assertion(context: Context, request: Request, application: Application, assertion: str) -> None:
    now = context.directory.now()
    try:
        header = tokens.jwt_header(assertion)
    except ValueError:
        raise EntraError(700027, "The assertion is not a JWT.") from None
    for certificate in context.directory.certificates(application):
        if header.get("x5t") == certificate.x5t or header.get("x5t#S256") == certificate.x5t_s256:
            break
    else:
        raise EntraError(700027, "The key was not found: no registered certificate has the thumbprint of the header.")
    try:
        claims = jwt.decode(assertion, certificate.key, algorithms=["RS256", "PS256"]).claims
    except (JoseError, ValueError):
        raise EntraError(700027, f"Thumbprint of the key used: '{certificate.thumbprint}'.") from None
    if certificate.expires <= now:
        raise EntraError(700027, f"The key used is expired. Thumbprint: '{certificate.thumbprint}'.")
    if claims.get("iss") != application.id or claims.get("sub") != application.id:
        raise EntraError(700021)
    base, tenant = context.base_for(request), str(request.path_params["tenant"])
    endpoints = {
        f"{base}/{tenant}/oauth2/v2.0/token",
        f"{base}/{tenant}/oauth2/token",
        f"{base}/{tenant}/v2.0",
    }
    if str(claims.get("aud", "")) not in endpoints:
        raise EntraError(700023, f"Audience '{claims.get('aud')}'.")
    expires, starts = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int | float) or expires + CLOCK_SKEW < now or starts - CLOCK_SKEW > now:
        raise EntraError(700024)


# -- grants -------------------------------------------------------------------------------------------------------


def _redeem_code(
    context: Context, request: Request, application: Application, tenant: Tenant | None, form: Form, by: str, v1: bool
) -> dict[str, Any]:
    directory = context.directory
    code = directory.codes.get(needed(form, "code"))
    if code is None or code.client_id != application.id:
        raise EntraError(70000, "The authorization code is malformed or was issued to another application.")
    if code.redeemed:
        raise EntraError(54005)
    if code.expires <= directory.now():
        raise EntraError(70008)
    if tenant is not None and tenant.id != code.sign_in.tenant:
        raise EntraError(700005)
    if needed(form, "redirect_uri") != code.redirect_uri:
        raise EntraError(500112, f"Asked for with '{code.redirect_uri}'.")
    _check_verifier(code, form.get("code_verifier"))
    _check_person(directory, code.sign_in)
    code.redeemed = True
    scope = code.scope if v1 or not form.get("scope") else form["scope"]
    home = directory.tenants[code.sign_in.tenant]
    base = context.base_for(request)
    return _user_answer(directory, base, application, code.sign_in, home, form, scope, by, v1, nonce=code.nonce)


def _check_verifier(code: Code, verifier: str | None) -> None:
    if code.challenge is None:
        return
    if not verifier:
        raise EntraError(501481, "Missing: 'code_verifier'.")
    computed = verifier
    if code.challenge_method == "S256":
        computed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not secrets.compare_digest(computed.encode(), code.challenge.encode()):
        raise EntraError(501481)


def _redeem_refresh_token(
    context: Context, request: Request, application: Application, tenant: Tenant | None, form: Form, by: str, v1: bool
) -> dict[str, Any]:
    directory = context.directory
    token = directory.refresh_tokens.get(needed(form, "refresh_token"))
    if token is None or token.client_id != application.id:
        raise EntraError(70000, "The refresh token is malformed or was issued to another application.")
    if token.refused_with is not None:
        raise EntraError(token.refused_with)
    if token.expires <= directory.now():
        raise EntraError(700082, f"The token was issued at {int(token.issued)} and not used for 90 days.")
    _check_person(directory, token.sign_in)
    home = directory.tenants[token.sign_in.tenant]
    used_in = tenant or home
    if used_in.id != home.id:
        _check_abroad(application, used_in)
    elif not directory.consented(application, directory.people[token.sign_in.person]):
        raise EntraError(65001, f"Application '{application.name}'.")
    scope = form.get("scope") or token.scope
    base = context.base_for(request)
    return _user_answer(directory, base, application, token.sign_in, used_in, form, scope, by, v1, rotated=token)


def _check_abroad(application: Application, customer: Tenant) -> None:
    """Refuse a refresh token in a customer tenant that has not let in both the partner and the application."""
    if not customer.delegated_admin:
        raise EntraError(50020, f"Tenant '{customer.name}'.")
    if application.id not in customer.consented:
        raise EntraError(90099, f"Application '{application.name}' in tenant '{customer.name}'.")


def _check_person(directory: Directory, sign_in: SignIn) -> None:
    person = directory.people.get(sign_in.person)
    if person is None:
        raise EntraError(50034)
    if person.disabled:
        raise EntraError(50057)


def _user_answer(
    directory: Directory,
    base: str,
    application: Application,
    sign_in: SignIn,
    tenant: Tenant,
    form: Form,
    scope: str,
    by: str,
    v1: bool,
    *,
    nonce: str | None = None,
    rotated: RefreshToken | None = None,
) -> dict[str, Any]:
    words, resources = tokens.split_scope(scope)
    if v1:
        resources = [tokens.resource_named(form["resource"])] if form.get("resource") else resources
    resource = (resources or [tokens.GRAPH])[0]  # several resources: the token is for the first one
    body = _numbers(directory, v1, resource)
    body["scope"] = tokens.RESOURCES[resource] if v1 else _granted_scope(scope, resource)
    body["access_token"] = tokens.user_token(directory, application, sign_in, tenant, resource, appidacr=by)
    if v1 or rotated or "offline_access" in words:
        fresh = directory.issue_refresh_token(application.id, rotated.scope if rotated else scope, replace(sign_in))
        body["refresh_token"] = fresh.value  # the old one stays good until its own end
    if v1 or "openid" in words:
        body["id_token"] = tokens.id_token(directory, base, application, sign_in, nonce=nonce, scope=scope, v1=v1)
    return body


def _granted_scope(scope: str, resource: str) -> str:
    named = [part for part in scope.split() if part.lower() not in tokens.OIDC_SCOPES]
    own = [part for part in named if part.startswith(resource) or (resource == tokens.GRAPH and "://" not in part)]
    granted = [f"{resource}/{tokens.RESOURCES[resource]}" if p.endswith("/.default") else p for p in own]
    words = [part for part in scope.split() if part.lower() in tokens.OIDC_SCOPES - {"offline_access"}]
    return " ".join([*words, *(granted or [f"{resource}/{tokens.RESOURCES[resource]}"])])


def _client_credentials(
    directory: Directory, application: Application, authority: str, tenant: Tenant | None, form: Form, by: str, v1: bool
) -> dict[str, Any]:
    if authority.lower() in ("common", "consumers"):
        raise EntraError(9001023)
    if tenant is None:
        raise EntraError(50059)
    if not directory.installed(application, tenant):
        raise EntraError(700016, f"Application '{application.name}' in tenant '{tenant.name}'.")
    if v1:
        resource = tokens.resource_named(needed(form, "resource"))
    else:
        parts = needed(form, "scope").split()
        if len(parts) > 1:
            raise EntraError(70011, f"The scope {form['scope']} isn't valid.")
        if not parts[0].endswith("/.default"):
            raise EntraError(1002012, f"The scope {parts[0]} isn't valid.")
        resource = tokens.split_scope(parts[0])[1][0]
    body = _numbers(directory, v1, resource)
    body["access_token"] = tokens.app_token(directory, application, tenant, resource, appidacr=by)
    return body


def _numbers(directory: Directory, v1: bool, resource: str) -> dict[str, Any]:
    seconds, now = int(directory.settings["access_token_seconds"]), int(directory.now())
    if not v1:
        return {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds}
    return {
        "token_type": "Bearer",
        "expires_in": str(seconds),
        "ext_expires_in": str(seconds),
        "expires_on": str(now + seconds),
        "not_before": str(now - 300),
        "resource": resource,
    }
