"""Admin consent and sign-out. Contract: reference 2.4, read 2026-11."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tenantry.sandbox.context import Context
from tenantry.sandbox.entra import pages
from tenantry.sandbox.entra.authorize import COOKIE
from tenantry.sandbox.entra.directory import redirect_fits
from tenantry.sandbox.entra.errors import EntraError
from tenantry.sandbox.entra.forms import NO_STORE, read_form


async def admin_consent(context: Context, request: Request) -> Response:
    """Let an administrator admit an application for a tenant; a script posts `account` and `consent=accept|decline`."""
    try:
        return await _admin_consent(context, request)
    except EntraError as error:
        return pages.failure(error, context.directory.now())


async def _admin_consent(context: Context, request: Request) -> Response:
    directory, query = context.directory, request.query_params
    authority = str(request.path_params["tenant"])
    tenant = directory.tenant(authority)
    application = directory.application(query.get("client_id"), tenant)
    redirect_uri = query.get("redirect_uri", "")
    if not redirect_fits(application.redirect_uris, redirect_uri):
        raise EntraError(50011, f"'{redirect_uri}' is not registered for '{application.name}'.")
    scope = query.get("scope", "")
    if request.method == "GET":
        people = directory.people_for(authority, tenant)
        administrators = [person for person in people if "Global Administrator" in person.roles]
        return pages.admin_consent(application, directory.tenants, administrators, scope)
    form = await read_form(request)
    state = {"state": query["state"]} if "state" in query else {}
    if form.get("consent") != "accept":
        refusal = EntraError(65004)
        fields = {"error": refusal.error, "error_description": refusal.description(directory.now())}
        return _redirect(redirect_uri, fields | state)
    person = directory.person(form.get("account", ""), tenant)
    if person is None or (tenant is not None and person.tenant != tenant.id):
        raise EntraError(50020, f"User '{form.get('account', '')}'.")
    if "Global Administrator" not in person.roles:
        raise EntraError(90094, f"User '{person.upn}' is no administrator.")
    own = directory.tenants[person.tenant]
    if application.id not in own.consented:
        own.consented.append(application.id)
    context.save()
    return _redirect(redirect_uri, {"admin_consent": "True", "tenant": own.id, "scope": scope} | state)


def _redirect(address: str, fields: dict[str, str]) -> Response:
    mark = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{mark}{urlencode(fields)}", status_code=302, headers=NO_STORE)


async def logout(context: Context, request: Request) -> Response:
    """Sign out: this browser has no accounts any more."""
    directory = context.directory
    directory.sessions.pop(request.cookies.get(COOKIE, ""), None)
    target = request.query_params.get("post_logout_redirect_uri", "")
    owner = next((a for a in directory.applications.values() if redirect_fits(a.redirect_uris, target)), None)
    # An address that no application registered is not followed: the page stays.
    answer = RedirectResponse(target, status_code=302) if owner else pages.signed_out()
    answer.delete_cookie(COOKIE, path="/")
    context.save()
    return answer
