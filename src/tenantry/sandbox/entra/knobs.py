"""Knobs of the directory below `/_sandbox/entra`: what an administrator, a user or time would do at Microsoft.

JSON in, JSON out; an unknown field or name is answered with 400 or 404 and a sentence.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tenantry.sandbox.context import Context
from tenantry.sandbox.entra.directory import Directory
from tenantry.sandbox.entra.errors import CODES
from tenantry.sandbox.entra.keys import ApplicationCertificate
from tenantry.sandbox.entra.records import Application, Person, RefreshToken, Refusal, Secret, Tenant, as_document
from tenantry.sandbox.wire import decode

JsonDict = dict[str, Any]


class KnobError(ValueError):
    """A request that cannot be carried out, with the sentence to answer."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.words, self.status = words, status


Action = Callable[[Directory, Request, JsonDict], JsonDict]


def knob(context: Context, action: Action) -> Callable[[Request], Awaitable[Response]]:
    """Bind an action to its world: read the JSON body, act, ask for the state to be saved."""

    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            body = decode(raw) if raw.strip() else {}
            if not isinstance(body, dict):
                raise KnobError("the body has to be a JSON object")
            answer = action(context.directory, request, body)
        except KnobError as problem:
            return JSONResponse({"error": problem.words}, status_code=problem.status)
        except (ValueError, TypeError) as problem:
            return JSONResponse({"error": str(problem)}, status_code=400)
        if request.method != "GET":
            context.save()
        return JSONResponse(answer)

    return endpoint


def describe_directory(directory: Directory) -> JsonDict:
    """Describe tenants, people and applications with all that a client needs to start (rehearsal secrets included)."""
    return {
        "tenants": [as_document(tenant) for tenant in directory.tenants.values()],
        "people": [_person(directory, person) for person in directory.people.values()],
        "applications": [_application(directory, application) for application in directory.applications.values()],
        "sign_in": "POST the picker's form to the authorize address: account=KEY&mfa=yes|no&consent=accept",
    }


def _person(directory: Directory, person: Person) -> JsonDict:
    return {"tenant_name": directory.tenants[person.tenant].name, **as_document(person)}


def _application(directory: Directory, application: Application) -> JsonDict:
    def usable(token: RefreshToken) -> bool:
        return token.client_id == application.id and token.refused_with is None and token.expires > directory.now()

    certificates = directory.certificates(application)
    return {
        "id": application.id,
        "name": application.name,
        "purpose": application.purpose,
        "home_tenant": application.home_tenant,
        "multi_tenant": application.multi_tenant,
        "disabled": application.disabled,
        "redirect_uris": application.redirect_uris,
        "secret": application.secrets[0].value if application.secrets else None,
        "certificates": [{"thumbprint": c.thumbprint, "x5t#S256": c.x5t_s256, "pem": c.pem} for c in certificates],
        "certificate_private_key": application.certificate_key,
        "refresh_tokens": [
            {"person": t.sign_in.person, "mfa": t.sign_in.mfa, "scope": t.scope, "refresh_token": t.value}
            for t in directory.refresh_tokens.values()
            if usable(t)
        ][:10],
    }


def show(directory: Directory, request: Request, body: JsonDict) -> JsonDict:
    """Show tenants, people, applications, settings and planned refusals."""
    return {
        "settings": directory.settings,
        "signing_key": directory.keys.organisation[0].kid,
        "published_keys": [key.kid for key in directory.keys.organisation],
        "refusals": [as_document(refusal) for refusal in directory.refusals],
        **describe_directory(directory),
    }


def change_settings(directory: Directory, request: Request, body: JsonDict) -> JsonDict:
    """Change settings: access_token_seconds, single_sign_on."""
    for name, value in body.items():
        if name not in directory.settings or type(value) is not type(directory.settings[name]):
            raise KnobError(f"no such setting or wrong type: {name}")
    directory.settings.update(body)
    return dict(directory.settings)


def roll_keys(directory: Directory, request: Request, body: JsonDict) -> JsonDict:
    """Sign with a new key: `keep_old` false withdraws the older keys at once."""
    kid = directory.keys.roll(keep_old=bool(body.get("keep_old", True)))
    directory.checked_tokens.clear()
    return {"signing_key": kid, "published_keys": [key.kid for key in directory.keys.organisation]}


def plan_refusal(directory: Directory, request: Request, body: JsonDict) -> JsonDict:
    """Plan a refusal: refuse coming requests with an AADSTS `code`."""
    if body.get("code") not in CODES:
        raise KnobError(f"code has to be one of {sorted(CODES)}")
    refusal = Refusal(**{**body, "id": str(uuid.uuid4())})
    if refusal.at not in ("token", "authorize"):
        raise KnobError("at is 'token' or 'authorize'")
    directory.refusals.append(refusal)
    return as_document(refusal)


def forget_refusals(directory: Directory, request: Request, body: JsonDict) -> JsonDict:
    """Forget every planned refusal."""
    count = len(directory.refusals)
    directory.refusals.clear()
    return {"removed": count}


def revoke_refresh_tokens(directory: Directory, request: Request, body: JsonDict) -> JsonDict:
    """Revoke refresh tokens: `code` (50173), `application` and `person` narrow it down."""
    code = body.get("code", 50173)
    if code not in CODES:
        raise KnobError(f"code has to be one of {sorted(CODES)}")
    hit = directory.refuse_tokens(code, client_id=body.get("application"), person=body.get("person"))
    return {"refused": hit, "code": code}


def add_person(directory: Directory, request: Request, body: JsonDict) -> JsonDict:
    """Add a person: `tenant`, `upn`, `name` are needed, the rest as in a world."""
    tenant = directory.tenants.get(str(body.get("tenant")))
    if tenant is None:
        raise KnobError("tenant has to be the id of a tenant of the world")
    key = str(body.get("key") or body.get("upn"))
    if key in directory.people:
        raise KnobError(f"there is a person '{key}' already", 409)
    person = Person(**{"oid": str(uuid.uuid4()), **body, "key": key})
    directory.people[key] = person
    return _person(directory, person)


def change_person(directory: Directory, request: Request, body: JsonDict) -> JsonDict:
    """Change a person: rename, disable, or `recreate` (a new object id, grants gone)."""
    person = directory.people.get(str(request.path_params["key"]))
    if person is None:
        raise KnobError("no such person", 404)
    if body.pop("recreate", False):
        person.oid = str(uuid.uuid4())
        directory.refuse_tokens(50034, person=person.key)
        for cookie, accounts in directory.sessions.items():
            directory.sessions[cookie] = [account for account in accounts if account.person != person.key]
    _set(person, body, fixed={"key", "tenant", "oid"})
    return _person(directory, person)


def change_tenant(directory: Directory, request: Request, body: JsonDict) -> JsonDict:
    """Change a tenant: name, domains, user_consent, consented, delegated_admin, contexts."""
    tenant: Tenant | None = directory.tenants.get(str(request.path_params["id"]))
    if tenant is None:
        raise KnobError("no such tenant", 404)
    _set(tenant, body, fixed={"id"})
    return as_document(tenant)


def change_application(directory: Directory, request: Request, body: JsonDict) -> JsonDict:
    """Change an application: also `secrets` as [{"value", "expires"}]."""
    application = _known_application(directory, request)
    if "secrets" in body:
        application.secrets = [Secret(**secret) for secret in body.pop("secrets")]
    _set(application, body, fixed={"id", "certificates", "certificate_key"})
    return _application(directory, application)


def add_certificate(directory: Directory, request: Request, body: JsonDict) -> JsonDict:
    """Add a certificate: `pem` is uploaded as an administrator would."""
    return upload_certificate(directory, str(request.path_params["id"]), str(body.get("pem", "")))


def upload_certificate(directory: Directory, application_id: str, pem: str) -> JsonDict:
    """Upload a certificate to an application; ValueError says what is wrong. Uploading it twice is once enough."""
    application = directory.applications.get(application_id)
    if application is None:
        raise KnobError("no such application", 404)
    certificate = ApplicationCertificate.from_pem(pem)
    known = {one.thumbprint for one in directory.certificates(application)}
    if certificate.thumbprint not in known:
        application.certificates.append(certificate.pem)
    return {"thumbprint": certificate.thumbprint, "x5t": certificate.x5t, "x5t#S256": certificate.x5t_s256}


def _known_application(directory: Directory, request: Request) -> Application:
    application = directory.applications.get(str(request.path_params["id"]))
    if application is None:
        raise KnobError("no such application", 404)
    return application


def _set(record: Person | Tenant | Application, values: Mapping[str, Any], *, fixed: set[str]) -> None:
    known = {field.name for field in fields(record)} - fixed
    if unknown := set(values) - known:
        raise KnobError(f"cannot be changed: {', '.join(sorted(unknown))}")
    for name, value in values.items():
        setattr(record, name, value)
