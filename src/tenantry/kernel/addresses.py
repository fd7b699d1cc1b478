"""E-mail addresses and domains: as people type them, as they are kept, and when two are the same."""

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

_LONGEST_ADDRESS = 254
_LONGEST_DOMAIN = 253


def ascii_domain(domain: str) -> str | None:
    """Return a domain in lower case and ASCII, as DNS and Microsoft know it; None where it cannot be read.

    What is ASCII already is not looked into. Letters beyond ASCII are read by UTS 46, non-transitional, as browsers and
    registries do: straße.example is xn--strae-oqa.example. The rules of 2003, which Python's own codec follows, make it
    strasse.example, which may be somebody else's.
    """
    domain = domain.strip()
    if not domain or len(domain) > _LONGEST_DOMAIN:
        return None
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except UnicodeError:
        return None


def read_address(typed: str) -> str | None:
    """Return an address as it is kept: without blanks around it, its domain as of `ascii_domain`; None if it is none.

    What stands before the @ has to be ASCII: Microsoft has no user names with other letters (read 2026-11).
    """
    local, _, typed_domain = typed.strip().rpartition("@")
    domain = ascii_domain(typed_domain)
    if domain is None or not local.isascii():
        return None
    address = f"{local}@{domain}"
    try:
        validate_email(address)
    except ValidationError:
        return None
    return address if len(address) <= _LONGEST_ADDRESS else None


def same_way(address: str) -> str:
    """Return an address so that two that are the same compare equal, whichever way they are written."""
    written = read_address(address) or address.strip()
    # In lower case the sign for kelvin is a plain k: what is no address here must not become somebody's.
    return written.lower() if written.isascii() else written


def domain_of(address: str) -> str:
    """Return the part after the last @."""
    return address.rpartition("@")[2]
