"""Sealed secrets: everybody who has the public key may close one, only the worker opens it.

A secret is sealed for one place (table, row, column): moved to another row it does not open. HPKE as in RFC 9180,
base mode, X25519 + HKDF-SHA256 + AES-256-GCM.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from django.conf import settings

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_FORMAT = b"\x01"
_KEY_ID_BYTES = 8
_HEAD_BYTES = len(_FORMAT) + _KEY_ID_BYTES


class CannotSeal(Exception):  # noqa: N818 - reads as what happened
    """There is no usable public key."""


class CannotOpen(Exception):  # noqa: N818 - reads as what happened
    """This process lacks the private key, or the secret was made for another place or was damaged."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed secret lives."""

    table: str
    row: str
    column: str

    def _info(self) -> bytes:
        parts = [part.encode() for part in ("tenantry seal", self.table, self.row, self.column)]
        return b"".join(len(part).to_bytes(4) + part for part in parts)


def new_key_pair() -> tuple[str, str]:
    """Make a key pair for sealing: the public and the private key as text for the settings."""
    private = X25519PrivateKey.generate()
    return _text(private.public_key().public_bytes_raw()), _text(private.private_bytes_raw())


def seal(plain: bytes, place: Place) -> bytes:
    """Close a secret for its place with the public key of the settings.

    Errors: CannotSeal if the public key is missing or unusable.
    """
    public = _public_key()
    return _FORMAT + _key_id(public) + _SUITE.encrypt(plain, public, info=place._info())


def open_sealed(blob: bytes, place: Place) -> bytes:
    """Open a secret that was sealed for this place; the worker can, the web process cannot.

    Errors: CannotOpen without the private key it was sealed for, at another place, or if the secret is damaged.
    """
    sealed = bytes(blob)
    if len(sealed) <= _HEAD_BYTES or sealed[: len(_FORMAT)] != _FORMAT:
        raise CannotOpen("This is no sealed secret.")
    key_id = sealed[len(_FORMAT) : _HEAD_BYTES]
    for private in _private_keys():
        if _key_id(private.public_key()) == key_id:
            try:
                return _SUITE.decrypt(sealed[_HEAD_BYTES:], private, info=place._info())
            except InvalidTag as error:
                raise CannotOpen("The secret was sealed for another place or was damaged.") from error
    raise CannotOpen("This process has no private key for the secret.")


def reseal(blob: bytes, place: Place) -> bytes:
    """Close a secret again with today's public key; one that already is comes back as it was.

    Errors: CannotOpen, CannotSeal.
    """
    sealed = bytes(blob)
    if sealed[: len(_FORMAT)] == _FORMAT and sealed[len(_FORMAT) : _HEAD_BYTES] == _key_id(_public_key()):
        return sealed
    return seal(open_sealed(sealed, place), place)


def _public_key() -> X25519PublicKey:
    if not settings.SEAL_PUBLIC_KEY:
        raise CannotSeal("TENANTRY_SEAL_PUBLIC_KEY is not set.")
    try:
        return X25519PublicKey.from_public_bytes(_bytes(settings.SEAL_PUBLIC_KEY))
    except ValueError as error:
        raise CannotSeal("TENANTRY_SEAL_PUBLIC_KEY is no key for sealing.") from error


def _private_keys() -> list[X25519PrivateKey]:
    try:
        return [X25519PrivateKey.from_private_bytes(_bytes(key)) for key in settings.SEAL_PRIVATE_KEYS]
    except ValueError as error:
        # The cause is left out of the message: it could quote the key.
        raise CannotOpen("TENANTRY_SEAL_PRIVATE_KEYS holds something that is no key.") from error


def _key_id(public: X25519PublicKey) -> bytes:
    return hashlib.sha256(public.public_bytes_raw()).digest()[:_KEY_ID_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("This is no base64.") from error
