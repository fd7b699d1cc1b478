"""The directory: everything that the stand-in for Microsoft Entra knows, as one plain document in and out."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tenantry.sandbox.entra.errors import NAMES_DIRECTORY, EntraError
from tenantry.sandbox.entra.keys import CONSUMER_TENANT, ApplicationCertificate, KeyRing, example_certificate
from tenantry.sandbox.entra.records import (
    Application,
    Code,
    Person,
    RefreshToken,
    Refusal,
    Secret,
    SignIn,
    Tenant,
    as_document,
)

CODE_SECONDS = 600  # reference 2.3: about ten minutes
REFRESH_SECONDS = 90 * 24 * 3600  # reference 2.2: ninety days, sliding
WELL_KNOWN = ("common", "organizations", "consumers")
CONSUMER_DOMAINS = ("outlook.com", "hotmail.com", "live.com", "msn.com")  # inferred: resolve to the consumer tenant
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
TYPED_IN = "another:"  # how the keys of typed-in accounts begin
KEPT = 5000  # codes and sessions kept in memory

T = TypeVar("T")


@dataclass
class Directory:
    """Tenants, people, applications and grants. Times are real time (epoch seconds), never the clock of commerce."""

    now: Callable[[], float] = time.time
    tenants: dict[str, Tenant] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    keys: KeyRing = field(default_factory=KeyRing)
    codes: dict[str, Code] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    sessions: dict[str, list[SignIn]] = field(default_factory=dict)  # browser cookie -> accounts signed in there
    refusals: list[Refusal] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    checked_tokens: dict[str, Any] = field(default_factory=dict)  # tokens.verify_bearer remembers what it checked

    # -- document ---------------------------------------------------------------------------------------------

    @classmethod
    def load(cls, document: Mapping[str, Any], now: Callable[[], float] = time.time) -> Directory:
        """Build the directory from the `directory` part of a world or of a state file.

        A world names no keys: they are made here. A refresh token without times is issued now, and an application
        with `example_certificate` gets a certificate whose private key is shown at `GET /_sandbox/world`.
        """
        found = cls(now=now, keys=KeyRing.load(document.get("keys") or {}))
        found.settings = {"access_token_seconds": 3599, "single_sign_on": False, **document.get("settings", {})}
        for values in document.get("tenants", []):
            found.tenants[values["id"]] = Tenant(**values)
        found.tenants.setdefault(
            CONSUMER_TENANT, Tenant(id=CONSUMER_TENANT, name="Personal accounts", domains=list(CONSUMER_DOMAINS))
        )
        for values in document.get("people", []):
            found.people[values["key"]] = Person(**values)
        for values in document.get("applications", []):
            found._add_application(dict(values))
        for values in document.get("codes", []):
            found.codes[values["value"]] = Code(**{**values, "sign_in": SignIn(**values["sign_in"])})
        for values in document.get("refresh_tokens", []):
            found._add_refresh_token(dict(values))
        for cookie, accounts in document.get("sessions", {}).items():
            found.sessions[cookie] = [SignIn(**values) for values in accounts]
        found.refusals = [Refusal(**values) for values in document.get("refusals", [])]
        return found

    def _add_application(self, values: dict[str, Any]) -> None:
        wants_certificate = values.pop("example_certificate", False)
        values["secrets"] = [Secret(**secret) for secret in values.get("secrets", [])]
        application = Application(**values)
        if wants_certificate:
            certificate, application.certificate_key = example_certificate()
            application.certificates.append(certificate)
        self.applications[application.id] = application

    def _add_refresh_token(self, values: dict[str, Any]) -> None:
        now = self.now()
        sign_in = dict(values.pop("sign_in", {}))
        person = self.people[sign_in.get("person") or values.pop("person")]
        sign_in = {
            "person": person.key,
            "tenant": person.tenant,
            "mfa": values.pop("mfa", True),
            "auth_time": now,
            "sid": str(uuid.uuid4()),
        } | sign_in
        token = RefreshToken(**({"issued": now, "expires": now + REFRESH_SECONDS} | values), sign_in=SignIn(**sign_in))
        self.refresh_tokens[token.value] = token

    def dump(self) -> dict[str, Any]:
        """Return everything as plain JSON values; `load` of it goes on exactly where this one was."""
        return {
            "settings": self.settings,
            "tenants": [as_document(tenant) for tenant in self.tenants.values()],
            "people": [as_document(person) for person in self.people.values()],
            "applications": [as_document(application) for application in self.applications.values()],
            "codes": [as_document(code) for code in self.codes.values()],
            "refresh_tokens": [as_document(token) for token in self.refresh_tokens.values()],
            "sessions": {cookie: [as_document(a) for a in accounts] for cookie, accounts in self.sessions.items()},
            "refusals": [as_document(refusal) for refusal in self.refusals],
            "keys": self.keys.dump(),
        }

    # -- look-ups ---------------------------------------------------------------------------------------------

    def tenant(self, name: str) -> Tenant | None:
        """Find a tenant by id or verified domain; None for common, organizations, consumers; AADSTS90002 otherwise."""
        wanted = name.lower()
        if wanted == "consumers":
            return self.tenants[CONSUMER_TENANT]
        if wanted in WELL_KNOWN:
            return None
        for tenant in self.tenants.values():
            if tenant.id.lower() == wanted or wanted in (domain.lower() for domain in tenant.domains):
                return tenant
        raise EntraError(90002, f"Tenant '{name}'.", oauth_error="invalid_tenant")

    def application(self, client_id: str | None, tenant: Tenant | None) -> Application:
        """Find an application that may be used at this tenant's endpoint; EntraError otherwise."""
        if not client_id:
            raise EntraError(900144, "Missing: client_id.")
        application = self.applications.get(client_id.lower())
        if application is None:
            raise EntraError(700016, f"Application '{client_id}'.")
        if application.disabled:
            raise EntraError(7000112, f"Application '{application.name}'.")
        if not application.multi_tenant:
            if tenant is None:
                raise EntraError(50194, f"Application '{application.name}'.")
            if tenant.id != application.home_tenant:
                raise EntraError(700016, f"Application '{application.name}' in tenant '{tenant.name}'.")
        return application

    def person(self, account: str, tenant: Tenant | None) -> Person | None:
        """Find a person by key, or by user name in the given tenant (any tenant where none is given)."""
        if found := self.people.get(account):
            return found
        wanted = account.lower()
        fitting = [p for p in self.people.values() if wanted in (p.upn.lower(), p.key.lower(), p.oid.lower())]
        inside = [p for p in fitting if tenant is not None and p.tenant == tenant.id]
        return next(iter(inside or fitting), None)

    def people_for(self, authority: str, tenant: Tenant | None) -> list[Person]:
        """Return who can choose themselves at this authority, in the order of the document."""
        if tenant is not None:
            return [person for person in self._listed() if person.tenant == tenant.id]
        if authority.lower() == "organizations":
            return [person for person in self._listed() if person.tenant != CONSUMER_TENANT]
        return self._listed()

    def _listed(self) -> list[Person]:
        """Everybody but the typed-in accounts, grouped by tenant in the order of the document."""
        order = {tenant_id: number for number, tenant_id in enumerate(self.tenants)}
        known = [person for key, person in self.people.items() if not key.startswith(TYPED_IN)]
        return sorted(known, key=lambda person: order[person.tenant])

    def consented(self, application: Application, person: Person) -> bool:
        tenant = self.tenants[person.tenant]
        return (
            application.id in tenant.consented
            or application.id in person.consented
            or application.home_tenant == person.tenant
        )

    def installed(self, application: Application, tenant: Tenant) -> bool:
        """Return whether the application exists in the tenant at all: app-only tokens need that."""
        return application.home_tenant == tenant.id or application.id in tenant.consented

    def certificates(self, application: Application) -> list[ApplicationCertificate]:
        return [ApplicationCertificate.from_pem(pem) for pem in application.certificates]

    # -- grants -----------------------------------------------------------------------------------------------

    def issue_code(self, **values: Any) -> Code:
        code = Code(value=f"1.A{secrets.token_urlsafe(48)}", expires=self.now() + CODE_SECONDS, **values)
        self.codes[code.value] = code
        _forget_oldest(self.codes)
        return code

    def issue_refresh_token(self, client_id: str, scope: str, sign_in: SignIn) -> RefreshToken:
        now = self.now()
        token = RefreshToken(
            value=f"1.AR{secrets.token_urlsafe(72)}",
            client_id=client_id,
            scope=scope,
            sign_in=sign_in,
            issued=now,
            expires=now + REFRESH_SECONDS,
        )
        self.refresh_tokens[token.value] = token
        for value in [value for value, old in self.refresh_tokens.items() if old.expires < now - REFRESH_SECONDS]:
            del self.refresh_tokens[value]
        return token

    def refuse_tokens(self, code: int, *, client_id: str | None = None, person: str | None = None) -> int:
        """Refuse matching refresh tokens from now on with an AADSTS number; return how many there were."""
        hit = [
            token
            for token in self.refresh_tokens.values()
            if (client_id is None or token.client_id == client_id)
            and (person is None or token.sign_in.person == person)
        ]
        for token in hit:
            token.refused_with = code
        return len(hit)

    def remember_session(self, cookie: str, sign_in: SignIn) -> None:
        others = [known for known in self.sessions.get(cookie, []) if known.person != sign_in.person]
        self.sessions[cookie] = [sign_in, *others]
        _forget_oldest(self.sessions)

    def planned_refusal(self, at: str, **seen: str | None) -> None:
        """Raise the first refusal that was planned for requests like this one, and count it down."""
        for refusal in self.refusals:
            wanted = {name: getattr(refusal, name) for name in ("grant_type", "client_id", "tenant", "person")}
            if refusal.at != at or any(value is not None and value != seen.get(name) for name, value in wanted.items()):
                continue
            if refusal.count is not None:
                refusal.count -= 1
                if refusal.count <= 0:
                    self.refusals.remove(refusal)
            person = self.people.get(seen.get("person") or "")
            where = seen.get("tenant") or (person.tenant if person else None)
            named = where and refusal.code in NAMES_DIRECTORY
            detail = f"It was not found in the directory '{where}'." if named else ""
            raise EntraError(refusal.code, detail, oauth_error=refusal.error, suberror=refusal.suberror)


def redirect_fits(registered: Iterable[str], wanted: str) -> bool:
    """Compare as Entra does: exactly, except that the port of a loopback address is not looked at.

    A registered address that ends in `*` fits every longer one. Entra knows that for single-page tests only;
    worlds use it for loopback addresses so that any program can come back to any path of its own.
    """
    return any(_fits(address, wanted) for address in registered)


def _fits(address: str, wanted: str) -> bool:
    try:
        pattern, asked = urlsplit(address), urlsplit(wanted)
    except ValueError:  # an address that nobody can read, such as http://[
        return False
    if pattern.hostname in LOOPBACK or f"[{pattern.hostname}]" in LOOPBACK:
        if (pattern.scheme, pattern.hostname) != (asked.scheme, asked.hostname):
            return False
        path, asked_path = pattern.path, asked.path or "/"
        return asked_path.startswith(path[:-1]) if path.endswith("*") else path == asked_path
    return wanted.startswith(address[:-1]) if address.endswith("*") else wanted == address


def _forget_oldest(known: dict[str, T]) -> None:
    while len(known) > KEPT:
        del known[next(iter(known))]
