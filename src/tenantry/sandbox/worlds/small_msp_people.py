"""People of `small-msp` who are harder than the usual ones: guests, strangers, hostile administrators, doubles."""

from __future__ import annotations

from tenantry.sandbox.entra.keys import CONSUMER_TENANT
from tenantry.sandbox.worlds.build import World
from tenantry.sandbox.worlds.partner import PARTNER_DOMAIN, PARTNER_TENANT
from tenantry.sandbox.worlds.resources import guid

LONG_NAME = (
    "Gemeinnützige Gesellschaft für integrierte Kinder-, Jugend- und Familienhilfe im Landkreis "
    "Oberschwaben-Allgäu mbH & Co KG"
)
GLOBAL_ADMIN = "Global Administrator"


def add_school(world: World) -> None:
    """Add the school district, whose people collect the awkward cases of sign-in."""
    c = world.company(
        "greenfield", "Greenfield Charter School District", "US", "Dayton, OH", "greenfield-schools.example"
    )
    c.person("Grace Whitfield", GLOBAL_ADMIN, hint="Admin")
    c.person(
        "Noah Bennett", hint="user name differs from the address he is invited by", email="n.bennett@greenfield.example"
    )
    c.person(
        "Iris Kowalczyk",
        hint="married: the address still has her old name",
        email="iris.novak@greenfield-schools.example",
    )
    c.person("Peter Marsh", hint="left, account disabled", disabled=True)
    c.person("Quinn Avery", hint="account as it was before it was deleted and made again")
    c.person(
        "Quinn Avery",
        key="quinn.avery (recreated)",
        oid=guid("person", c.tenant_id, "quinn.avery", "recreated"),
        hint="the same user name with a new object id: the account was deleted and made again",
    )
    c.nce("o365-e1", 260, "2026-07-01T09:00:00Z")
    c.nce("m365-f1", 40, "2025-12-05T09:00:00Z")
    c.nce("entra-p1", 260, "2026-07-01T09:30:00Z")


def add_strangers(world: World) -> None:
    """Add guests, personal accounts, and tenants that are no customers of the partner."""
    harbour = next(c for c in world.companies if c.slug == "harbour-vale")
    nordlys = next(c for c in world.companies if c.slug == "nordlys")
    lind = guid("tenant", "freelance-lind")
    for tenant, initial, name, address, home, hint in (
        (harbour.tenant_id, "harbourvale", "Ingrid Solberg", "ingrid.solberg@nordlys-shipping.example",
         nordlys.tenant_id, "guest of Harbour & Vale, at home at Nordlys"),
        (harbour.tenant_id, "harbourvale", "Jamie Fox", "jamie.fox@outlook.com",
         CONSUMER_TENANT, "guest of Harbour & Vale with a personal account"),
        (PARTNER_TENANT, "kestrelit", "Oskar Lind", "oskar.lind@freelance-lind.example",
         lind, "guest in the partner's tenant: no staff without an explicit grant"),
    ):  # fmt: skip
        _guest(world, tenant, f"{initial}.onmicrosoft.com", name, address, home, hint)
    world.person(
        CONSUMER_TENANT,
        "outlook.com",
        "Anna Lindqvist",
        hint="personal account with a familiar name",
        upn="anna.lindqvist@outlook.com",
    )
    _lone_tenant(world, "freelance-lind", "Lind Freelance", "SE", "freelance-lind.example", "Oskar Lind", "no customer")
    _lone_tenant(world, "tallinn-puit", "Tallinn Puit OÜ", "EE", "tallinnpuit.example", "Kristjan Tamm", "no customer")
    evil = world.tenant(
        guid("tenant", "mallory"), "Mallory Consulting", ["malloryconsulting.onmicrosoft.com", "mallory.example"], "US"
    )
    for name, upn, email, verified, hint in (
        ("Anna Lindqvist", "anna@mallory.example", "anna.lindqvist@harbourvale.example", False,
         "hostile: puts Anna's address into the e-mail claim"),
        ("Dana Okafor", "dana@mallory.example", f"dana.okafor@{PARTNER_DOMAIN}", False,
         "hostile: puts the owner's address into the e-mail claim"),
        ("Ben Carter", "ben.carter@harbourvale.example", "ben.carter@harbourvale.example", True,
         "hostile: user name and verified-looking address of somebody else's domain"),
    ):  # fmt: skip
        world.person(
            evil["id"],
            "mallory.example",
            name,
            hint=hint,
            upn=upn,
            email=email,
            email_verified=verified,
            key=f"mallory: {upn}",
        )


def _guest(world: World, tenant: str, initial: str, name: str, address: str, home: str, hint: str) -> None:
    upn = f"{address.replace('@', '_')}#EXT#@{initial}"
    world.person(tenant, initial, name, hint=hint, upn=upn, email=address, guest_of=home, email_verified=False)


def _lone_tenant(world: World, slug: str, name: str, country: str, domain: str, person: str, hint: str) -> None:
    tenant = world.tenant(guid("tenant", slug), name, [f"{slug.replace('-', '')}.onmicrosoft.com", domain], country)
    world.person(tenant["id"], domain, person, [GLOBAL_ADMIN], hint)
