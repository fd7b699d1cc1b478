"""Verified accounts as the sign-in flow hands them over."""

from tenantry.clients.entra import PERSONAL_TENANT, Identity
from tests.people.house import HARBOUR_TENANT, PARTNER_TENANT


def member(
    username: str, oid: str = "oid-1", tid: str = HARBOUR_TENANT, *, email: str = "", email_verified: bool = False
) -> Identity:
    """A member of a tenant."""
    return Identity(
        tid=tid,
        oid=oid,
        name=username.partition("@")[0].title(),
        username=username,
        email=email,
        email_verified=email_verified,
        is_guest=False,
        is_personal=False,
        auth_time=None,
        amr=(),
    )


def guest(username: str, oid: str = "oid-guest", tid: str = HARBOUR_TENANT) -> Identity:
    """A guest in a tenant."""
    return Identity(tid, oid, "Guest", username, username, False, True, False, None, ())


def personal(username: str) -> Identity:
    """A personal account."""
    return Identity(PERSONAL_TENANT, "oid-personal", "Somebody", username, username, True, False, True, None, ())


def colleague(username: str, oid: str = "oid-staff") -> Identity:
    """A member of the partner's tenant."""
    return member(username, oid, PARTNER_TENANT)
