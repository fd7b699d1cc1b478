"""Ids as addresses and forms bring them."""

from uuid import UUID


def as_uuid(text: str) -> UUID | None:
    """Read one of our own ids; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def as_tenant_id(text: str) -> str:
    """Return a tenant's id; what the database cannot even look for becomes an id that nobody has."""
    return text.replace("\x00", "\ufffd")
