"""How an application proves itself: a client secret, or an assertion signed with its certificate's key."""

import base64
import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from joserfc import jwt
from joserfc.jwk import RSAKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE = timedelta(minutes=5)
KEY_BITS = 3072
MOST_NAME_BYTES = 64  # RFC 5280, upper bound of a common name


class Credential(Protocol):
    """An application's id with its proof."""

    @property
    def client_id(self) -> str:
        """Return the application id."""

    def fields(self, token_url: str, now: datetime) -> dict[str, str]:
        """Return the form fields that prove the application to the token endpoint at `token_url`."""


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A client secret."""

    client_id: str
    secret: str = field(repr=False)

    def fields(self, token_url: str, now: datetime) -> dict[str, str]:
        """Return id and secret."""
        return {"client_id": self.client_id, "client_secret": self.secret}


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A private key and the certificate that is registered with the application; `algorithm` is PS256 or RS256."""

    client_id: str
    private_key_pem: str = field(repr=False)
    certificate_pem: str = field(repr=False)
    algorithm: str = "PS256"

    def fields(self, token_url: str, now: datetime) -> dict[str, str]:
        """Return id and a fresh assertion for that endpoint, good for five minutes."""
        if self.algorithm not in ("PS256", "RS256"):
            raise ValueError("an assertion is signed with PS256 or RS256")
        certificate = x509.load_pem_x509_certificate(self.certificate_pem.encode())
        digest = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()
        issued = int(now.timestamp())
        claims = {
            "aud": token_url,
            "iss": self.client_id,
            "sub": self.client_id,
            "jti": str(uuid.uuid4()),
            "iat": issued,
            "nbf": issued,
            "exp": issued + int(ASSERTION_LIFE.total_seconds()),
        }
        header = {"alg": self.algorithm, "typ": "JWT", "x5t#S256": _base64url(digest)}
        key = RSAKey.import_key(self.private_key_pem)
        assertion = jwt.encode(header, claims, key, algorithms=[self.algorithm])
        return {
            "client_id": self.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }


@dataclass(frozen=True, slots=True)
class KeyAndCertificate:
    """A fresh key with its self-signed certificate; `thumbprint` is SHA-1 in hex, as the Azure portal shows it."""

    private_key_pem: str = field(repr=False)
    certificate_pem: str
    thumbprint: str
    not_after: datetime


def make_key_and_certificate(common_name: str, days: int, now: datetime) -> KeyAndCertificate:
    """Make an RSA key and a self-signed certificate for `days`; the key stays with the caller."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    short_name = common_name.encode()[:MOST_NAME_BYTES].decode(errors="ignore")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, short_name)])
    not_after = now + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))  # the other side's clock may be behind
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return KeyAndCertificate(
        private_key_pem=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        certificate_pem=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        thumbprint=certificate.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 - a name, not a proof
        not_after=not_after,
    )


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
