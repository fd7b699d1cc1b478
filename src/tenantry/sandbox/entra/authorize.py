"""The authorize endpoints, v1 and v2: the account picker and what comes back from it.

Contract: reference 2.4 and 12, read 2026-11. Scripts pick without the page: they POST the picker's form to the very
address that the browser would open, for example `account=anna@contoso.example&mfa=yes&consent=accept`, and get the
redirect (or the form_post page) at once. Fields of the form:

- `account`: key, user name or object id of a person of the world, or `another` with `tenant`, `upn`, `name`, `oid`,
  `email`, `email_verified`, `guest_of`, `claims` (a JSON object) and `signed_with` (own | other | unknown)
- `mfa`: yes (default) or no
- `consent`: accept | organisation | decline; needed where the application is not yet known to the tenant
- `action`: cancel
"""

from __future__ import annotations

import re
import secrets
import uuid
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tenantry.sandbox.context import Context, exchange_of
from tenantry.sandbox.entra import pages, tokens
from tenantry.sandbox.entra.directory import TYPED_IN, redirect_fits
from tenantry.sandbox.entra.errors import EntraError
from tenantry.sandbox.entra.forms import NO_STORE, Form, read_form
from tenantry.sandbox.entra.keys import CONSUMER_TENANT
from tenantry.sandbox.entra.records import Application, Person, SignIn, Tenant
from tenantry.sandbox.wire import decode

COOKIE = "sandbox_entra"
RESPONSE_TYPES = (["code"], ["id_token"], ["code", "id_token"])


@dataclass(frozen=True, slots=True)
class Asked:
    """One checked authorize request: from here on refusals go back to the redirect address."""

    authority: str
    tenant: Tenant | None
    application: Application
    redirect_uri: str
    response_types: list[str]
    response_mode: str
    scope: str
    query: Form
    v1: bool

    @property
    def prompt(self) -> str:
        return self.query.get("prompt", "").lower()


class SentBackError(Exception):
    """A refusal that the application hears of at its redirect address."""

    def __init__(self, asked: Asked, error: EntraError, *, cancelled: bool = False) -> None:
        self.asked, self.error, self.cancelled = asked, error, cancelled


async def authorize_v2(context: Context, request: Request) -> Response:
    """Show the picker, take its choice, send code or id token back (PKCE, claims, query, fragment, form_post)."""
    return await _authorize(context, request, v1=False)


async def authorize_v1(context: Context, request: Request) -> Response:
    """The same for the v1 endpoint: `resource` in place of `scope`."""
    return await _authorize(context, request, v1=True)


async def _authorize(context: Context, request: Request, *, v1: bool) -> Response:
    now = context.directory.now()
    try:
        asked = _check_target(context, request, v1)
        _check_rest(asked)
        if request.method == "POST":
            return _picked(context, request, asked, await read_form(request))
        return _without_page(context, request, asked) or pages.picker(
            asked.application,
            context.directory.tenants,
            context.directory.people_for(asked.authority, asked.tenant),
            asked.query,
            asked.authority,
        )
    except SentBackError as refusal:
        fields = {"error": refusal.error.error, "error_description": refusal.error.description(now)}
        if refusal.cancelled:
            fields["error_subcode"] = "cancel"
        return _send(refusal.asked, fields)
    except EntraError as error:
        return pages.failure(error, now)


# -- the request ----------------------------------------------------------------------------------------------------


def _check_target(context: Context, request: Request, v1: bool) -> Asked:
    """Check what decides whether the redirect address may be trusted; everything else comes later."""
    query = dict(request.query_params)
    authority = str(request.path_params["tenant"])
    tenant = context.directory.tenant(authority)
    application = context.directory.application(query.get("client_id"), tenant)
    redirect_uri = query.get("redirect_uri", "")
    if not redirect_fits(application.redirect_uris, redirect_uri):
        raise EntraError(50011, f"'{redirect_uri}' is not registered for '{application.name}'.")
    types = sorted(query.get("response_type", "").split())
    mode = query.get("response_mode", "").lower() or ("query" if types == ["code"] else "fragment")
    return Asked(authority, tenant, application, redirect_uri, types, mode, query.get("scope", ""), query, v1)


def _check_rest(asked: Asked) -> None:
    query = asked.query
    if asked.response_mode not in ("query", "fragment", "form_post"):
        raise EntraError(9002313, f"response_mode '{asked.response_mode}'.")
    if asked.response_types not in RESPONSE_TYPES:
        raise SentBackError(asked, EntraError(700054, f"response_type '{query.get('response_type', '')}'."))
    if "id_token" in asked.response_types and asked.response_mode == "query":
        raise SentBackError(asked, EntraError(9002313, "response_mode 'query' cannot carry a token."))
    if not asked.v1 and not asked.scope:
        raise SentBackError(asked, EntraError(900144, "Missing: 'scope'."))
    if "id_token" in asked.response_types and not query.get("nonce"):
        raise SentBackError(asked, EntraError(90014, "Missing: 'nonce'."))
    if not re.fullmatch(r"[0-9]{1,9}", query.get("max_age") or "0"):
        raise SentBackError(asked, EntraError(9002313, "max_age is a number of seconds."))
    if query.get("code_challenge") and query.get("code_challenge_method", "plain") not in ("plain", "S256"):
        raise SentBackError(asked, EntraError(9002313, "code_challenge_method is 'plain' or 'S256'."))
    try:
        tokens.split_scope(asked.scope)
        if asked.v1 and query.get("resource"):
            tokens.resource_named(query["resource"])
    except EntraError as error:
        raise SentBackError(asked, error) from None


def _without_page(context: Context, request: Request, asked: Asked) -> Response | None:
    """Answer prompt=none, and a single signed-in account where `single_sign_on` is set; None: the page is needed."""
    directory = context.directory
    signed_in = [
        sign_in
        for sign_in in directory.sessions.get(request.cookies.get(COOKIE, ""), [])
        if sign_in.person in directory.people and _belongs(asked, directory.people[sign_in.person])
    ]
    if hint := asked.query.get("login_hint", "").lower():
        signed_in = [s for s in signed_in if directory.people[s.person].upn.lower() == hint] or signed_in
    silent = asked.prompt == "none"
    if not silent and (asked.prompt or not directory.settings["single_sign_on"] or len(signed_in) != 1):
        return None
    if not signed_in:
        raise SentBackError(asked, EntraError(50058))
    if len(signed_in) > 1:
        raise SentBackError(asked, EntraError(16000))
    person = directory.people[signed_in[0].person]
    if not directory.consented(asked.application, person):
        raise SentBackError(asked, EntraError(65001, oauth_error="consent_required"))
    return _granted(context, request, asked, signed_in[0])


def _belongs(asked: Asked, person: Person) -> bool:
    if asked.tenant is not None:
        return person.tenant == asked.tenant.id
    return person.tenant != CONSUMER_TENANT or asked.authority.lower() == "common"


# -- the answer of the page -------------------------------------------------------------------------------------------


def _picked(context: Context, request: Request, asked: Asked, form: Form) -> Response:
    if form.get("action") == "cancel":
        raise SentBackError(asked, EntraError(65004), cancelled=True)
    person = _account(context, request, asked, form)
    if person.disabled:
        raise EntraError(50057, f"User '{person.upn}'.")
    directory, application = context.directory, asked.application
    tenant = directory.tenants[person.tenant]
    wanted = form.get("consent", "")
    if not directory.consented(application, person) or asked.prompt == "consent":
        carried = {name: value for name, value in form.items() if name != "consent"} | {"account": person.key}
        administrator = "Global Administrator" in person.roles
        if wanted == "approval_wanted":
            raise SentBackError(asked, EntraError(90094))
        if not tenant.user_consent and not administrator:
            return pages.approval(application, tenant, carried)
        if wanted == "decline":
            raise SentBackError(asked, EntraError(65004), cancelled=True)
        if wanted not in ("accept", "organisation"):
            return pages.consent(application, tenant, person, asked.scope, carried)
        owner = tenant if wanted == "organisation" and administrator else person
        if application.id not in owner.consented:
            owner.consented.append(application.id)
    sign_in = _sign_in(context, request, asked, person, mfa=form.get("mfa", "yes") != "no")
    sign_in.signed_with = form.get("signed_with", "own")
    return _granted(context, request, asked, sign_in)


def _account(context: Context, request: Request, asked: Asked, form: Form) -> Person:
    account = form.get("account", "")
    if account == "another":
        return _made_up(context, form)
    person = context.directory.person(account, asked.tenant)
    if person is None:
        raise EntraError(50034, f"User '{account}'.")
    if asked.tenant is not None and person.tenant != asked.tenant.id:
        raise EntraError(50020, f"User '{person.upn}' in tenant '{asked.tenant.name}'.")
    if asked.authority.lower() == "organizations" and (person.guest_of or person.tenant == CONSUMER_TENANT):
        exchange_of(request).doubt("/organizations would sign a guest in at home, and no personal account at all")
        if context.switches.on("strict"):
            raise EntraError(50020, f"User '{person.upn}' at /organizations.")
    return person


def _made_up(context: Context, form: Form) -> Person:
    """Make the account that was typed in; the same tenant and user name give the same object id again."""
    directory = context.directory
    name = form.get("tenant", "").strip()
    try:
        tenant = directory.tenant(name)
    except EntraError:
        tenant = Tenant(id=str(uuid.UUID(name)), name="Made-up tenant", domains=[]) if _is_guid(name) else None
    if tenant is None:
        raise EntraError(90002, f"Tenant '{name}'.")
    directory.tenants.setdefault(tenant.id, tenant)
    try:
        claims = decode(form.get("claims", "").strip() or "{}")
    except ValueError:
        claims = None
    upn = form.get("upn", "").strip()
    if not isinstance(claims, dict) or not upn:
        raise EntraError(9002313, "Another account needs a user name, and its claims are a JSON object.")
    oid = form.get("oid", "").strip() or str(uuid.uuid5(uuid.UUID(tenant.id), upn.lower()))
    person = Person(
        key=f"{TYPED_IN}{tenant.id}:{oid}",
        tenant=tenant.id,
        oid=oid,
        upn=upn,
        name=form.get("name", "").strip() or upn,
        email=form.get("email", "").strip() or None,
        email_verified=form.get("email_verified") == "yes",
        guest_of=form.get("guest_of", "").strip() or None,
        claims=claims,
        consented=list(directory.applications),
        hint="typed in",
    )
    directory.people[person.key] = person
    return person


def _is_guid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _sign_in(context: Context, request: Request, asked: Asked, person: Person, *, mfa: bool) -> SignIn:
    """Sign in, or go on with what this browser has: an account that is signed in keeps its time of authentication."""
    directory, now = context.directory, context.directory.now()
    for known in directory.sessions.get(request.cookies.get(COOKIE, ""), []):
        fresh_enough = now - known.auth_time <= float(asked.query.get("max_age") or "inf")
        if known.person == person.key and known.mfa == mfa and fresh_enough and asked.prompt != "login":
            return SignIn(person.key, person.tenant, mfa, known.auth_time, known.sid)
    return SignIn(person.key, person.tenant, mfa, now, str(uuid.uuid4()))


def _contexts(asked: Asked, tenant: Tenant, sign_in: SignIn) -> list[str]:
    """Return the authentication contexts that the request asks for in the id token and that this sign-in satisfies.

    Contract: Microsoft's developer guide to the Conditional Access authentication context, read 2026-12. A context
    without a policy is granted to everybody. What becomes of one that the tenant does not have stands nowhere: it is
    refused here.
    """
    try:
        wanted = decode(asked.query.get("claims") or "{}").get("id_token", {}).get("acrs", {})
        names = [str(name) for name in [*wanted.get("values", []), wanted.get("value")] if name is not None]
    except (ValueError, AttributeError, TypeError):
        raise EntraError(9002313, "The parameter 'claims' is not a claims request.") from None
    for name in names:
        if name not in tenant.contexts:
            raise EntraError(9002313, f"Authentication context '{name}' does not exist in tenant '{tenant.name}'.")
        if tenant.contexts[name] == "mfa" and not sign_in.mfa:
            raise EntraError(50076, f"Authentication context '{name}'.")
    return names


def _granted(context: Context, request: Request, asked: Asked, sign_in: SignIn) -> Response:
    directory, query = context.directory, asked.query
    try:
        directory.planned_refusal(
            "authorize", client_id=asked.application.id, person=sign_in.person, tenant=sign_in.tenant
        )
        sign_in = replace(sign_in, contexts=_contexts(asked, directory.tenants[sign_in.tenant], sign_in))
    except EntraError as error:
        raise SentBackError(asked, error) from None
    fields: dict[str, str] = {}
    scope = asked.scope
    if asked.v1:
        scope = f"{asked.scope} {query.get('resource', '')}/.default".strip() if query.get("resource") else asked.scope
    if "code" in asked.response_types:
        fields["code"] = directory.issue_code(
            client_id=asked.application.id,
            redirect_uri=asked.redirect_uri,
            scope=scope,
            sign_in=sign_in,
            nonce=query.get("nonce"),
            challenge=query.get("code_challenge"),
            challenge_method=query.get("code_challenge_method", "plain"),
        ).value
    if "id_token" in asked.response_types:
        fields["id_token"] = tokens.id_token(
            directory,
            context.base_for(request),
            asked.application,
            sign_in,
            nonce=query.get("nonce"),
            scope=asked.scope,
            v1=asked.v1,
        )
    fields["session_state"] = sign_in.sid
    answer = _send(asked, fields)
    cookie = request.cookies.get(COOKIE) or secrets.token_urlsafe(16)
    directory.remember_session(cookie, sign_in)
    answer.set_cookie(COOKIE, cookie, path="/", httponly=True, samesite="lax")
    context.save()
    return answer


def _send(asked: Asked, fields: dict[str, Any]) -> Response:
    """Carry the answer to the redirect address in the way that was asked for."""
    if "state" in asked.query:
        fields = {**fields, "state": asked.query["state"]}
    if asked.response_mode == "form_post":
        return pages.post_back(asked.redirect_uri, fields)
    mark = "#" if asked.response_mode == "fragment" else "&" if "?" in asked.redirect_uri else "?"
    return RedirectResponse(f"{asked.redirect_uri}{mark}{urlencode(fields)}", status_code=302, headers=NO_STORE)
