"""What the directory holds: tenants, people, applications, and the grants that sign-ins leave behind."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# Template ids of directory roles; reference 2.4, read 2026-11.
ROLE_IDS = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Billing Administrator": "b0f54661-2d74-4c50-afa3-1ec803f12efe",
    "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "License Administrator": "4d6ac14f-3453-41d0-bef9-a3e0c569773a",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
}
MEMBER_ROLE_ID = "b79fbf4d-3ef9-4689-8143-76b194e85509"  # what every ordinary member carries in `wids`


@dataclass(slots=True)
class Tenant:
    """One Microsoft tenant; `consented` names the applications an administrator has consented to for everybody."""

    id: str
    name: str
    domains: list[str] = field(default_factory=list)
    country: str = ""
    user_consent: bool = True  # False: people cannot consent themselves, an administrator has to (AADSTS90094)
    consented: list[str] = field(default_factory=list)
    delegated_admin: bool = True  # whether the partner's people may redeem refresh tokens in this tenant
    # Authentication contexts that exist, and what the policy assigned to each asks for: "mfa", or nothing (no policy).
    contexts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Person:
    """One account as one tenant knows it; a guest is a record of its own in the tenant that invited it."""

    key: str  # unique name for the picker and for scripts; the user name wherever that is unique
    tenant: str
    oid: str
    upn: str
    name: str
    email: str | None = None
    email_verified: bool = True  # becomes xms_edov: the domain of the address is verified by its owner's tenant
    roles: list[str] = field(default_factory=list)
    guest_of: str | None = None  # home tenant of a guest
    disabled: bool = False
    hint: str = ""  # what this person is good for, one line for the page and for GET /_sandbox/world
    claims: dict[str, Any] = field(default_factory=dict)  # more claims, written over the usual ones
    consented: list[str] = field(default_factory=list)  # applications this person consented to for themselves

    @property
    def wids(self) -> list[str]:
        return [ROLE_IDS[role] for role in self.roles if role in ROLE_IDS] + [MEMBER_ROLE_ID]


@dataclass(slots=True)
class Secret:
    value: str
    expires: float | None = None  # epoch seconds, real time


@dataclass(slots=True)
class Application:
    """One app registration. A redirect URI ending in `*` fits any longer one; loopback ports are never compared."""

    id: str
    name: str
    home_tenant: str
    purpose: str = ""  # what a world has it for: sign-in, partner-center, or nothing special
    multi_tenant: bool = True
    secrets: list[Secret] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)  # PEM
    redirect_uris: list[str] = field(default_factory=list)
    optional_claims: list[str] = field(default_factory=list)
    disabled: bool = False
    certificate_key: str | None = None  # private key of the example certificate, for clients that want to start at once


@dataclass(slots=True)
class SignIn:
    """How somebody signed in: carried from the page through code and refresh token into every token."""

    person: str
    tenant: str
    mfa: bool
    auth_time: float
    sid: str
    signed_with: str = "own"  # own | other | unknown: see KeyRing.signer
    claims: dict[str, Any] = field(default_factory=dict)  # claims typed into the page for hostile tests
    contexts: list[str] = field(default_factory=list)  # authentication contexts that it has satisfied: `acrs`


@dataclass(slots=True)
class Code:
    value: str
    client_id: str
    redirect_uri: str
    scope: str
    sign_in: SignIn
    expires: float
    nonce: str | None = None
    challenge: str | None = None
    challenge_method: str = "plain"
    redeemed: bool = False


@dataclass(slots=True)
class RefreshToken:
    value: str
    client_id: str
    scope: str
    sign_in: SignIn
    issued: float
    expires: float
    refused_with: int | None = None  # AADSTS number with which it is refused from now on


@dataclass(slots=True)
class Refusal:
    """The next `count` matching requests are refused with an AADSTS number (None: until it is removed)."""

    id: str
    code: int
    at: str = "token"  # token | authorize
    grant_type: str | None = None
    client_id: str | None = None
    tenant: str | None = None
    person: str | None = None
    error: str | None = None
    suberror: str | None = None
    count: int | None = 1


def as_document(record: Any) -> dict[str, Any]:
    """Return a record as plain JSON values, without what is at its default and empty."""
    return {key: value for key, value in asdict(record).items() if value not in (None, [], {}, "")}
