"""Check the id token of a sign-in, and say who it is."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

from joserfc import jws
from joserfc.errors import JoseError

from tenantry.clients.entra.client import PERSONAL_TENANT
from tenantry.clients.entra.keys import SigningKeys
from tenantry.clients.entra.tokens import is_guid, is_time, read_part, texts
from tenantry.clients.http.bodies import JsonValue, decode_json

ALGORITHM = "RS256"
LARGEST_TOKEN = 64 * 1024
LEEWAY = timedelta(seconds=120)


class Reason(StrEnum):
    """Why an id token is refused."""

    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    KEY_ISSUER = "key_issuer"
    AUDIENCE = "audience"
    NONCE = "nonce"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    PERSONAL_ACCOUNT = "personal_account"
    OTHER_TENANT = "other_tenant"


@dataclass(frozen=True, slots=True)
class TenantPolicy:
    """Which tenants may sign in: one, or any organisation's (`tenant_id` None). Personal accounts never may."""

    tenant_id: str | None

    @classmethod
    def any_organisation(cls) -> Self:
        """Allow every organisation's tenant."""
        return cls(None)

    @classmethod
    def one_tenant(cls, tenant_id: str) -> Self:
        """Allow one tenant."""
        return cls(tenant_id.lower())


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in. A person is (`tid`, `oid`); everything else can change or be made up by a tenant's administrator.

    `email_verified` says that Microsoft has verified the owner of the address's domain (`xms_edov`). `is_guest` says
    that the account's home is another tenant.
    """

    tid: str
    oid: str
    name: str
    username: str
    email: str
    email_verified: bool
    is_guest: bool
    is_personal: bool
    auth_time: datetime | None
    amr: tuple[str, ...]
    contexts: tuple[str, ...] = ()  # authentication contexts that this sign-in has satisfied (`acrs`)


class IdTokenRefusedError(Exception):
    """An id token must not be believed. `identity` is there when the token is genuine but not allowed here."""

    def __init__(self, reason: Reason, identity: Identity | None = None) -> None:
        self.reason = reason
        self.identity = identity
        super().__init__(reason.value)


def verify_id_token(
    token: str,
    *,
    client_id: str,
    nonce: str,
    allowed: TenantPolicy,
    keys: SigningKeys,
    login_base: str,
    now: datetime,
    leeway: timedelta = LEEWAY,
) -> Identity:
    """Check an id token and return who it is; raise IdTokenRefusedError with the reason otherwise.

    Signature (RS256, key known), issuer (exactly that of the token's own tenant at `login_base`), the key's own issuer,
    audience (exactly `client_id`, whatever `azp` says), nonce, times, then whether the tenant is allowed. Raise
    UpstreamError when the keys cannot be read.
    """
    header, claims, kid = _read(token)
    if header.get("alg") != ALGORITHM:
        raise IdTokenRefusedError(Reason.ALGORITHM)
    key = keys.find(kid)
    if key is None:
        raise IdTokenRefusedError(Reason.UNKNOWN_KEY)
    if "crit" in header or "b64" in header:
        # Extensions that change what is signed; Microsoft uses none.
        raise IdTokenRefusedError(Reason.MALFORMED)
    registry = jws.JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)
    registry.max_payload_length = LARGEST_TOKEN
    try:
        signed = jws.deserialize_compact(token, key.key, registry=registry)
        if decode_json(signed.payload) != claims:
            raise IdTokenRefusedError(Reason.SIGNATURE)
    except (JoseError, ValueError):
        raise IdTokenRefusedError(Reason.SIGNATURE) from None
    identity = _identity(claims)
    issuer = f"{login_base.rstrip('/')}/{identity.tid}/v2.0"
    if claims.get("iss") != issuer:
        raise IdTokenRefusedError(Reason.ISSUER)
    if not key.may_sign_for(issuer, identity.tid):
        raise IdTokenRefusedError(Reason.KEY_ISSUER)
    if claims.get("aud") != client_id or not client_id:
        raise IdTokenRefusedError(Reason.AUDIENCE)
    told = claims.get("nonce")
    if not nonce or not isinstance(told, str) or not hmac.compare_digest(told.encode(), nonce.encode()):
        raise IdTokenRefusedError(Reason.NONCE)
    _check_times(claims, now, leeway)
    if identity.is_personal:
        raise IdTokenRefusedError(Reason.PERSONAL_ACCOUNT, identity)
    if allowed.tenant_id is not None and identity.tid != allowed.tenant_id:
        raise IdTokenRefusedError(Reason.OTHER_TENANT, identity)
    return identity


def _read(token: str) -> tuple[Mapping[str, JsonValue], Mapping[str, JsonValue], str]:
    if len(token) > LARGEST_TOKEN:
        raise IdTokenRefusedError(Reason.MALFORMED)
    try:
        header, claims = read_part(token, 0), read_part(token, 1)
    except ValueError:
        raise IdTokenRefusedError(Reason.MALFORMED) from None
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise IdTokenRefusedError(Reason.UNKNOWN_KEY)
    return header, claims, kid


def _identity(claims: Mapping[str, JsonValue]) -> Identity:
    tid, oid = claims.get("tid"), claims.get("oid")
    if not (is_guid(tid) and tid == tid.lower() and is_guid(oid)):
        raise IdTokenRefusedError(Reason.MALFORMED)
    home = _text(claims, "idp")
    signed_in = claims.get("auth_time")
    return Identity(
        tid=tid,
        oid=oid,
        name=_text(claims, "name"),
        username=_text(claims, "preferred_username"),
        email=_text(claims, "email"),
        email_verified=str(claims.get("xms_edov")).lower() in ("true", "1"),
        is_guest=str(claims.get("acct")) == "1" or bool(home and tid not in home.lower()),
        is_personal=tid == PERSONAL_TENANT,
        auth_time=datetime.fromtimestamp(signed_in, UTC) if is_time(signed_in) else None,
        amr=texts(claims.get("amr")),
        contexts=texts(claims.get("acrs")),
    )


def _check_times(claims: Mapping[str, JsonValue], now: datetime, leeway: timedelta) -> None:
    expires, issued, starts = claims.get("exp"), claims.get("iat"), claims.get("nbf", claims.get("iat"))
    if not (is_time(expires) and is_time(issued) and is_time(starts)):
        raise IdTokenRefusedError(Reason.MALFORMED)
    moment, slack = now.timestamp(), leeway.total_seconds()
    if moment >= expires + slack:
        raise IdTokenRefusedError(Reason.EXPIRED)
    if moment < max(issued, starts) - slack:
        raise IdTokenRefusedError(Reason.NOT_YET)


def _text(claims: Mapping[str, JsonValue], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
