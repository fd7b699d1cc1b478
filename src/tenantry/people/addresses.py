"""E-mail addresses as people type them."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email


def read_address(typed: str) -> str | None:
    """Return an address without blanks around it and with a lower-case domain; None if it is no address."""
    local, _, domain = typed.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii").lower() if domain else ""
        address = f"{local}@{domain}"
        validate_email(address)
    except (ValidationError, UnicodeError):
        return None
    return address if len(address) <= 254 else None


def domain_of(address: str) -> str:
    """Return the part after the last @."""
    return address.rpartition("@")[2]
