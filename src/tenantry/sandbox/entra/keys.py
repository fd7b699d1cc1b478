"""Signing keys of the stand-in for Microsoft Entra, and certificates for applications.

The published document names an `issuer` per key: organisation keys carry the template `{base}/{tenantid}/v2.0`
(or the tenant's own issuer in that tenant's document), the key of personal accounts carries one fixed issuer.
Reference 2.4, read 2026-11. A relying party that does not compare the two can be fooled with a key of somebody else's.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from joserfc.jwk import RSAKey

CONSUMER_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant id that every personal Microsoft account carries (reference 2.4)."""


@cache
def _generated(name: str) -> RSAKey:
    """Make a key once per process: a key costs a tenth of a second, and tests start many sandboxes."""
    return RSAKey.generate_key(2048, parameters={"use": "sig"}, private=True)


def _with_kid(key: RSAKey) -> RSAKey:
    values = dict(key.as_dict(private=True))
    values["kid"] = key.thumbprint()
    return RSAKey.import_key(values)


@dataclass(slots=True)
class KeyRing:
    """Hold the key that signs now, the older ones that are still published, and those that must never be believed."""

    organisation: list[RSAKey] = field(default_factory=list)  # the first one signs, all of them are published
    consumer: RSAKey | None = None
    rolled: int = 0

    @classmethod
    def load(cls, document: Mapping[str, Any]) -> KeyRing:
        ring = cls(rolled=int(document.get("rolled", 0)))
        stored = document.get("organisation") or []
        ring.organisation = [RSAKey.import_key(dict(values)) for values in stored]
        if not ring.organisation:
            ring.organisation = [_with_kid(_generated("organisation-0"))]
        consumer = document.get("consumer")
        ring.consumer = RSAKey.import_key(dict(consumer)) if consumer else _with_kid(_generated("consumer"))
        return ring

    def dump(self) -> dict[str, Any]:
        assert self.consumer is not None
        return {
            "rolled": self.rolled,
            "organisation": [dict(key.as_dict(private=True)) for key in self.organisation],
            "consumer": dict(self.consumer.as_dict(private=True)),
        }

    def roll(self, *, keep_old: bool) -> str:
        """Sign with a new key from now on, and return its id; without `keep_old` older keys leave the document."""
        self.rolled += 1
        fresh = _with_kid(_generated(f"organisation-{self.rolled}"))
        self.organisation = [fresh, *(self.organisation if keep_old else [])]
        return str(fresh.kid)

    def signer(self, tenant_id: str, which: str = "own") -> RSAKey:
        """Return the key to sign with: the tenant's `own`, a published one of an `other` issuer, or an `unknown`."""
        assert self.consumer is not None
        personal = tenant_id == CONSUMER_TENANT
        if which == "unknown":
            return _with_kid(_generated("unknown"))
        if which == "other":
            return self.organisation[0] if personal else self.consumer
        return self.consumer if personal else self.organisation[0]

    def published(self, base: str, tenant_id: str | None) -> dict[str, Any]:
        """Return the key document: with the tenant's issuer where the tenant is known, else with the template."""
        assert self.consumer is not None
        keys = []
        if tenant_id != CONSUMER_TENANT:
            issuer = f"{base}/{tenant_id or '{tenantid}'}/v2.0"
            keys += [_public(key, issuer) for key in self.organisation]
        if tenant_id is None or tenant_id == CONSUMER_TENANT:
            keys.append(_public(self.consumer, f"{base}/{CONSUMER_TENANT}/v2.0"))
        return {"keys": keys}

    def verifying(self, kid: str | None) -> RSAKey | None:
        """Return the published organisation key with that id: what Partner Center would accept tokens from."""
        return next((key for key in self.organisation if key.kid == kid), None)


def _public(key: RSAKey, issuer: str) -> dict[str, Any]:
    values = key.as_dict(private=False)
    # Microsoft's document has no "alg": a client that insists on one fails against the real service too.
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": key.kid,
        "x5t": key.kid,
        "n": values["n"],
        "e": values["e"],
        "issuer": issuer,
    }


@cache
def example_certificate() -> tuple[str, str]:
    """Return (certificate, private key) as PEM for the Partner Center application of a world."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rehearsal Partner Center application")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2035, 1, 1, tzinfo=dt.UTC))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


@dataclass(frozen=True, slots=True)
class ApplicationCertificate:
    """A certificate uploaded to an application, with the two thumbprints a client may name it by (base64url)."""

    pem: str
    x5t: str
    x5t_s256: str
    thumbprint: str  # SHA-1 in upper-case hexadecimal, as the portal of Microsoft shows it
    expires: float
    key: RSAKey

    @classmethod
    def from_pem(cls, pem: str) -> ApplicationCertificate:
        """Read a PEM certificate with an RSA key; raises ValueError for anything else."""
        try:
            certificate = x509.load_pem_x509_certificate(pem.strip().encode())
        except ValueError:
            raise ValueError("this is no certificate in PEM, from BEGIN CERTIFICATE to END CERTIFICATE") from None
        public = certificate.public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            raise ValueError("the certificate's key is not RSA")
        sha1 = certificate.fingerprint(hashes.SHA1())  # noqa: S303
        return cls(
            pem=pem,
            x5t=_b64url(sha1),
            x5t_s256=_b64url(certificate.fingerprint(hashes.SHA256())),
            thumbprint=sha1.hex().upper(),
            expires=certificate.not_valid_after_utc.timestamp(),
            key=RSAKey.import_key(
                public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            ),
        )


def _b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
