"""The partner that every world shares: its tenant, its staff, and its two applications.

Ids, secrets and refresh tokens are fixed so that scripts can name them. They open nothing but the rehearsal.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenantry.sandbox.worlds.build import World
from tenantry.sandbox.worlds.resources import guid

JsonDict = dict[str, Any]

PARTNER_NAME = "Kestrel IT Services"
PARTNER_DOMAIN = "kestrel-it.example"
PARTNER_TENANT = guid("tenant", "kestrel-it")

PORTAL_APPLICATION = "7d1c6a40-4f0e-4c57-9a41-0f6b5a3e1001"
PORTAL_SECRET = "rehearsal-portal-secret"  # noqa: S105 (opens the rehearsal only)
PARTNER_APPLICATION = "7d1c6a40-4f0e-4c57-9a41-0f6b5a3e1002"
PARTNER_SECRET = "rehearsal-partner-center-secret"  # noqa: S105
SINGLE_TENANT_APPLICATION = "7d1c6a40-4f0e-4c57-9a41-0f6b5a3e1003"

PARTNER_CENTER_SCOPE = "https://api.partnercenter.microsoft.com/user_impersonation openid profile offline_access"
REFRESH_TOKEN = "1.rehearsal-refresh-token"  # noqa: S105
REFRESH_TOKEN_WITHOUT_MFA = "1.rehearsal-refresh-token-without-mfa"  # noqa: S105
CONSENT_ACCOUNT = f"partnercenter@{PARTNER_DOMAIN}"

# Loopback ports are free, as at Microsoft; any path, so that every program can come back to its own.
_REDIRECTS = [
    "http://127.0.0.1/*",
    "http://localhost/*",
    "http://testserver/*",  # the host name of Django's test client
    f"https://portal.{PARTNER_DOMAIN}/*",
    f"https://office.{PARTNER_DOMAIN}/*",
]


def new_world(name: str, clock: datetime) -> World:
    """Start a world with the partner, its staff and its applications; companies are added to it."""
    world = World(
        name=name,
        clock=clock,
        partner={
            "tenant_id": PARTNER_TENANT,
            "name": PARTNER_NAME,
            "mpn_id": "6412873",
            "country": "DE",
            "currency": "EUR",
            "domain": PARTNER_DOMAIN,
        },
    )
    world.applications += [
        {
            "id": PORTAL_APPLICATION,
            "name": "Kestrel customer portal",
            "purpose": "sign-in",
            "home_tenant": PARTNER_TENANT,
            "secrets": [{"value": PORTAL_SECRET}],
            "redirect_uris": _REDIRECTS,
            "optional_claims": ["acct", "auth_time", "email", "login_hint", "sid", "xms_edov"],
        },
        {
            "id": PARTNER_APPLICATION,
            "name": "Kestrel Partner Center connection",
            "purpose": "partner-center",
            "home_tenant": PARTNER_TENANT,
            "secrets": [{"value": PARTNER_SECRET}],
            "redirect_uris": _REDIRECTS,
            "optional_claims": ["acct", "auth_time", "email", "sid"],
            "example_certificate": True,
        },
        {
            "id": SINGLE_TENANT_APPLICATION,
            "name": "Kestrel internal tool (single tenant)",
            "home_tenant": PARTNER_TENANT,
            "multi_tenant": False,
            "secrets": [{"value": "rehearsal-expired-secret", "expires": 1_700_000_000.0}],
            "redirect_uris": _REDIRECTS,
        },
    ]
    world.consented_everywhere.append(PORTAL_APPLICATION)
    _staff(world)
    world.refresh_tokens += [
        _grant(REFRESH_TOKEN, CONSENT_ACCOUNT, mfa=True),
        _grant(REFRESH_TOKEN_WITHOUT_MFA, CONSENT_ACCOUNT, mfa=False),
    ]
    return world


def _grant(value: str, person: str, *, mfa: bool) -> JsonDict:
    return {
        "value": value,
        "client_id": PARTNER_APPLICATION,
        "scope": PARTNER_CENTER_SCOPE,
        "person": person,
        "mfa": mfa,
    }


def _staff(world: World) -> None:
    domains = ["kestrelit.onmicrosoft.com", PARTNER_DOMAIN]
    world.tenant(
        PARTNER_TENANT,
        PARTNER_NAME,
        domains,
        "DE",
        consented=[a["id"] for a in world.applications],
        contexts={"c1": "mfa", "c2": ""},
    )
    for name, roles, hint in (
        ("Dana Okafor", ["Global Administrator"], "staff: Owner"),
        ("Milan Novák", ["User Administrator"], "staff: Admin for all companies"),
        ("Petra Lang", ["Billing Administrator"], "staff: Billing"),
        ("Samuel Rivera", ["Helpdesk Administrator"], "staff: Support for all companies"),
        ("Inês Duarte", [], "staff: Support for named companies only"),
        ("Tomasz Wrona", [], "staff: nobody has given him a role yet"),
    ):
        world.person(PARTNER_TENANT, PARTNER_DOMAIN, name, roles, hint)
    world.person(
        PARTNER_TENANT,
        PARTNER_DOMAIN,
        "Partner Center Service",
        ["Global Administrator"],
        "account that grants Partner Center consent (Admin agent)",
        upn=CONSENT_ACCOUNT,
    )
    world.person(PARTNER_TENANT, PARTNER_DOMAIN, "Former Colleague", [], "left the partner: disabled", disabled=True)
