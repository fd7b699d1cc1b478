"""Microsoft's signing keys, each with the issuer it may sign for."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from joserfc.jwk import RSAKey

from tenantry.clients.http import JsonValue, Malformed

LIFE = 24 * 3600.0
SMALLEST_KEY = 2048


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key with the issuer that Microsoft publishes for it; a template names its tenant "{tenantid}"."""

    kid: str
    issuer: str
    key: RSAKey = field(repr=False)

    def may_sign_for(self, issuer: str, tenant_id: str) -> bool:
        """Return whether a token of that issuer may be signed with this key."""
        return bool(self.issuer) and self.issuer.replace("{tenantid}", tenant_id) == issuer


class SigningKeys:
    """A key set, fetched when it is first needed, kept for a day; shared by threads.

    A key id that is not there fetches once more, because keys roll over; `pause` seconds must lie between two such
    fetches, so that forged tokens cannot make us call Microsoft at will.
    """

    def __init__(self, fetch: Callable[[], JsonValue], *, pause: float = 10.0) -> None:
        self._fetch = fetch
        self._pause = pause
        self._lock = threading.Lock()
        self._keys: dict[str, SigningKey] = {}
        self._fetched_at: float | None = None
        self._asked_again_at: float | None = None

    def find(self, kid: str) -> SigningKey | None:
        """Return the key with that id, None when Microsoft has none; raise UpstreamError when it cannot be asked."""
        with self._lock:
            now = time.monotonic()
            if self._fetched_at is None or now - self._fetched_at > LIFE:
                self._load(now)
            elif kid not in self._keys and (self._asked_again_at is None or now - self._asked_again_at > self._pause):
                self._asked_again_at = now
                self._load(now)
            return self._keys.get(kid)

    def _load(self, now: float) -> None:
        self._keys = read_keys(self._fetch())
        self._fetched_at = now


def read_keys(document: JsonValue) -> dict[str, SigningKey]:
    """Read a JWKS document: RSA signing keys of a sound size; everything else in it is passed over."""
    rows = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(rows, list):
        raise Malformed("the key set has no keys")
    keys = (_read_key(row) for row in rows)
    return {key.kid: key for key in keys if key is not None}


def _read_key(row: JsonValue) -> SigningKey | None:
    if not isinstance(row, Mapping) or row.get("kty") != "RSA" or row.get("use", "sig") != "sig":
        return None
    kid, modulus, exponent, issuer = (row.get(name) for name in ("kid", "n", "e", "issuer"))
    if not (isinstance(kid, str) and isinstance(modulus, str) and isinstance(exponent, str)):
        return None
    if len(modulus) * 6 < SMALLEST_KEY:
        return None
    try:
        key = RSAKey.import_key({"kty": "RSA", "n": modulus, "e": exponent})
    except ValueError:
        return None
    return SigningKey(kid, issuer if isinstance(issuer, str) else "", key)
