"""Tokens as values, what can be read in them, and a cache in front of the token endpoint."""

import base64
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeGuard

from tenantry.clients.http import UpstreamError
from tenantry.clients.http.bodies import JsonValue, decode_json

EARLY = 120.0  # a token counts as expired so many seconds before it is
FRESH = 5.0
_YEAR_10000 = 253402300800
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave; `expires_in` in seconds. The refresh token is the newest one."""

    access_token: str = field(repr=False)
    expires_in: int
    scope: str = ""
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """Claims of an access token that came straight from the token endpoint; its signature is not checked."""

    tenant_id: str
    object_id: str
    app_id: str
    username: str
    app_only: bool
    methods: tuple[str, ...]  # `amr`: how the person signed in
    roles: tuple[str, ...]  # `wids`: ids of directory role templates
    scopes: tuple[str, ...]
    expires_at: datetime | None

    @property
    def mfa(self) -> bool:
        """Return whether the token carries the multi-factor claim."""
        return "mfa" in self.methods


def read_access_token(access_token: str) -> TokenFacts:
    """Read the claims of an access token; raise ValueError when it is not a JWT."""
    claims = read_part(access_token, 1)
    expires = claims.get("exp")
    tenant_id = claims.get("tid")
    return TokenFacts(
        tenant_id=tenant_id if is_guid(tenant_id) else "",
        object_id=_text(claims.get("oid")),
        app_id=_text(claims.get("appid") or claims.get("azp")),
        username=_text(claims.get("upn") or claims.get("preferred_username") or claims.get("unique_name")),
        app_only=claims.get("idtyp") == "app" or not claims.get("scp"),
        methods=texts(claims.get("amr")),
        roles=texts(claims.get("wids")),
        scopes=tuple(_text(claims.get("scp")).split()),
        expires_at=datetime.fromtimestamp(expires, UTC) if is_time(expires) else None,
    )


def read_part(token: str, index: int) -> Mapping[str, JsonValue]:
    """Decode the header (0) or the claims (1) of a JWT without checking anything; raise ValueError when it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("not a signed JWT")
    part = parts[index]
    try:
        value = decode_json(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    except ValueError:
        raise ValueError("not a signed JWT") from None
    if not isinstance(value, Mapping):
        raise ValueError("not a signed JWT")
    return value


def is_guid(value: JsonValue) -> TypeGuard[str]:
    """Say whether a claim has the form of Microsoft's ids of tenants and accounts."""
    return isinstance(value, str) and _GUID.fullmatch(value) is not None


def is_time(value: JsonValue) -> TypeGuard[int]:
    """Say whether a claim is a moment in seconds since 1970 that a calendar has."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _YEAR_10000


def texts(value: JsonValue) -> tuple[str, ...]:
    """Return the texts of a claim that is a list, an empty tuple for anything else."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


class CachedTokens:
    """A token source that keeps an access token until shortly before it expires; shared by threads.

    A renewal that is asked for right after another one gets that one's token: many threads may meet the same refusal.
    """

    def __init__(
        self, fetch: Callable[[], Tokens], *, on_refused: Callable[[UpstreamError], None] | None = None
    ) -> None:
        self._fetch = fetch
        self._on_refused = on_refused
        self._lock = threading.Lock()
        self._tokens: Tokens | None = None
        self._fetched_at = 0.0

    def access_token(self, *, renew: bool = False) -> str:
        """Return a good access token, fetching one where needed; raise what the fetch raises."""
        with self._lock:
            age = time.monotonic() - self._fetched_at
            if self._tokens is not None:
                good_for = FRESH if renew else self._tokens.expires_in - EARLY
                if age < good_for:
                    return self._tokens.access_token
            self._tokens = self._fetch()
            self._fetched_at = time.monotonic()
            return self._tokens.access_token

    def refused(self, error: UpstreamError) -> None:
        """Pass on that a fresh token was refused, to whoever wants to know."""
        if self._on_refused is not None:
            self._on_refused(error)


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
