"""Answers of this room's actions that are more than "done" and "no"."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AddedCompanies:
    """Which tenants became companies; the others were companies already."""

    added: tuple[UUID, ...]
    already: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation is stored; ``usable`` is false while Microsoft could not be asked whose the domain is."""

    end_user_id: UUID
    usable: bool


@dataclass(frozen=True, slots=True)
class TenantQuestion:
    """The domain belongs to another tenant than the company's: a typo is a leak, so ask once more.

    Confirm by calling again with ``confirmed_tenant_id=tenant_id``.
    """

    domain: str
    tenant_id: str
    tenant_name: str  # as Partner Center lists it; empty if the partner does not know that tenant


@dataclass(frozen=True, slots=True)
class HolderQuestion:
    """The address gives access to an account already. Invited anew, that account loses the access: ask first.

    Confirm by calling again with ``loses_access=person_id``.
    """

    place_id: UUID  # of the end user, or of the staff
    person_id: UUID
    name: str


class SignInReason(StrEnum):
    """Why a sign-in was refused."""

    PERSONAL = "personal"  # a personal Microsoft account
    GUEST = "guest"  # a guest of the tenant, not a member
    EXPIRED = "expired"  # the invitation was not used in time
    NOT_READY = "not_ready"  # invited, but the tenant of the address is not settled yet
    PORTAL_CLOSED = "portal_closed"
    RECREATED = "recreated"  # the same user name, but another account than the one that was bound
    PASSED_ON = "passed_on"  # had the access until the address was invited anew for somebody else
    OTHER_NAME = "other_name"  # the invited tenant, but another user name
    OTHER_TENANT = "other_tenant"  # the address was invited, but of another tenant
    OWNER_LINK = "owner_link"  # the one-time link was used, has expired, or never was
    SECOND_FACTOR = "second_factor"  # staff, and Microsoft did not confirm the authentication context that is required
    NOT_PARTNER = "not_partner"  # the one-time link needs a member of the partner's tenant
    UNKNOWN = "unknown"


# Only these can be let in by "Bind": the tenant is the pinned one and the person is a member of it.
BINDABLE = frozenset({SignInReason.RECREATED, SignInReason.OTHER_NAME, SignInReason.PASSED_ON})


@dataclass(frozen=True, slots=True)
class SignInOutcome:
    """Whether somebody is let in: exactly one of the two is there."""

    person_id: UUID | None
    reason: SignInReason | None
