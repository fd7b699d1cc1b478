"""Microsoft Entra's endpoints: tokens, discovery, signing keys (v2, read 2026-11)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from urllib.parse import quote, urlsplit

from tenantry.clients.entra.consumer_domains import CONSUMER_DOMAINS
from tenantry.clients.entra.credentials import Credential
from tenantry.clients.entra.errors import UNKNOWN_TENANT, explain
from tenantry.clients.entra.tokens import CachedTokens, Tokens
from tenantry.clients.http import (
    IdHeaders,
    JsonValue,
    Malformed,
    Observer,
    Session,
    SignInNeeded,
    Timeouts,
    Unsure,
    UpstreamError,
)
from tenantry.clients.http.bodies import read_digits

IDS = IdHeaders(request="", correlation="client-request-id", answered_request="x-ms-request-id")
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


class DomainKind(StrEnum):
    """What Microsoft knows about a domain."""

    ORGANISATION = "organisation"
    UNKNOWN = "unknown"
    CONSUMER = "consumer"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class DomainAnswer:
    """The tenant that a domain belongs to, or why there is none; `tenant_id` is lower case, "" but for ORGANISATION."""

    kind: DomainKind
    tenant_id: str = ""
    words: str = ""


class EntraClient:
    """Calls to one login host; safe to share between threads. Close it, or use it in `with`.

    `now` is asked for the time of certificate assertions only.
    """

    def __init__(
        self,
        login_base: str,
        *,
        now: Callable[[], datetime],
        timeouts: Timeouts | None = None,
        observer: Observer | None = None,
        user_agent: str = "Tenantry",
    ) -> None:
        self.login_base = login_base.rstrip("/")
        self._now = now
        self._session = Session(
            self.login_base,
            service="entra",
            user_agent=user_agent,
            timeouts=timeouts,
            observer=observer,
            ids=IDS,
            explain=explain,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    # Tokens

    def by_code(
        self, tenant: str, credential: Credential, *, code: str, redirect_uri: str, code_verifier: str, scope: str
    ) -> Tokens:
        """Redeem an authorization code, once; a lost answer means that the person starts again."""
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        grant |= {"code_verifier": code_verifier, "scope": scope}
        try:
            return self._token(tenant, credential, grant, harmless=False)
        except Unsure as error:
            raise SignInNeeded(
                error.words,
                quoted=error.quoted,
                code=error.code,
                http_status=error.http_status,
                request_id=error.request_id,
                correlation_id=error.correlation_id,
                advice="code_spent",
            ) from None

    def by_refresh_token(
        self, tenant: str, credential: Credential, *, refresh_token: str, scope: str, store: Callable[[str], None]
    ) -> Tokens:
        """Redeem a refresh token; a new one is handed to `store` before the access token is given out.

        What `store` raises is raised, and the access token is not used.
        """
        grant = {"grant_type": "refresh_token", "refresh_token": refresh_token, "scope": scope}
        tokens = self._token(tenant, credential, grant, harmless=True)
        if tokens.refresh_token is not None and tokens.refresh_token != refresh_token:
            store(tokens.refresh_token)
        return tokens

    def app_only(self, tenant: str, credential: Credential, *, scope: str) -> Tokens:
        """Get a token for the application itself; `scope` ends in "/.default"."""
        return self._token(tenant, credential, {"grant_type": "client_credentials", "scope": scope}, harmless=True)

    def consented_tokens(
        self,
        tenant: str,
        credential: Credential,
        *,
        scope: str,
        load: Callable[[], str],
        store: Callable[[str], None],
    ) -> CachedTokens:
        """Return a token source on a stored refresh token: `load` opens the newest, `store` keeps a rotated one."""
        return CachedTokens(
            lambda: self.by_refresh_token(tenant, credential, refresh_token=load(), scope=scope, store=store)
        )

    def application_tokens(self, tenant: str, credential: Credential, *, scope: str) -> CachedTokens:
        """Return a token source for the application itself."""
        return CachedTokens(lambda: self.app_only(tenant, credential, scope=scope))

    # Discovery

    def find_domain(self, domain: str) -> DomainAnswer:
        """Ask Microsoft which tenant a domain (or tenant id) belongs to; never raises for what goes wrong outside.

        `domain` is in ASCII: one with other letters is unknown, because there is more than one way to read it.
        """
        name = domain.strip().rstrip(".").lower()
        if name in CONSUMER_DOMAINS:
            return DomainAnswer(DomainKind.CONSUMER)
        if not (_DOMAIN.fullmatch(name) or _GUID.fullmatch(name)):
            return DomainAnswer(DomainKind.UNKNOWN, words="not a domain")
        try:
            answer = self._session.call(
                "GET",
                f"/{quote(name, safe='')}/v2.0/.well-known/openid-configuration",
                template="/{tenant}/v2.0/.well-known/openid-configuration",
            )
        except UpstreamError as error:
            unknown = error.code in UNKNOWN_TENANT
            return DomainAnswer(DomainKind.UNKNOWN if unknown else DomainKind.UNREACHABLE, words=error.words)
        tenant_id = _tenant_of(answer.json.get("issuer") if isinstance(answer.json, Mapping) else None)
        if not _GUID.fullmatch(tenant_id):
            return DomainAnswer(DomainKind.UNREACHABLE, words="the discovery document names no tenant")
        if tenant_id == PERSONAL_TENANT:
            return DomainAnswer(DomainKind.CONSUMER)
        return DomainAnswer(DomainKind.ORGANISATION, tenant_id)

    def signing_keys(self, tenant: str) -> JsonValue:
        """Read the key set of a tenant, "common" or "organizations", as it comes."""
        path = f"/{quote(tenant, safe='')}/discovery/v2.0/keys"
        return self._session.call("GET", path, template="/{tenant}/discovery/v2.0/keys").json

    def _token(self, tenant: str, credential: Credential, grant: Mapping[str, str], *, harmless: bool) -> Tokens:
        path = f"/{quote(tenant, safe='')}/oauth2/v2.0/token"
        answer = self._session.call(
            "POST",
            path,
            template="/{tenant}/oauth2/v2.0/token",
            form={**credential.fields(self.login_base + path, self._now()), **grant},
            harmless=harmless,
        )
        body = answer.json if isinstance(answer.json, Mapping) else {}
        access_token, expires_in = body.get("access_token"), read_digits(str(body.get("expires_in")))
        if not isinstance(access_token, str) or not access_token or expires_in is None:
            raise Malformed(
                "the token endpoint gave no token",
                code="malformed",
                http_status=answer.status,
                request_id=answer.request_id,
                correlation_id=answer.correlation_id,
            )
        return Tokens(
            access_token=access_token,
            expires_in=expires_in,
            scope=_text(body.get("scope")) or "",
            refresh_token=_text(body.get("refresh_token")),
            id_token=_text(body.get("id_token")),
        )


def _tenant_of(issuer: JsonValue) -> str:
    """Return the first part of an issuer's path in lower case; empty for what is no address."""
    try:
        return urlsplit(issuer).path.strip("/").partition("/")[0].lower() if isinstance(issuer, str) else ""
    except ValueError:
        return ""


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value else None
