"""Set the rehearsal partner up, as somebody would by hand in the back office: only through the rooms' actions.

Run once by the demo, beside a running worker that does the jobs.
"""

import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tenantry.config.settings"
django.setup()

from django.conf import settings  # noqa: E402
from PIL import Image, ImageDraw, ImageFont  # noqa: E402

from tenantry.branding import actions as branding  # noqa: E402
from tenantry.branding import queries as branding_queries  # noqa: E402
from tenantry.clients.entra import Identity  # noqa: E402
from tenantry.config import rehearsal  # noqa: E402
from tenantry.connection import actions as connection  # noqa: E402
from tenantry.jobs import runs  # noqa: E402
from tenantry.jobs.models import RunRecord, RunState  # noqa: E402
from tenantry.kernel import clock  # noqa: E402
from tenantry.kernel.actor import Actor, ActorKind  # noqa: E402
from tenantry.kernel.refusals import Refusal  # noqa: E402
from tenantry.licensing import asking  # noqa: E402
from tenantry.licensing.moment import Moment  # noqa: E402
from tenantry.notices import actions as notices  # noqa: E402
from tenantry.people import actions as people  # noqa: E402
from tenantry.people import queries as people_queries  # noqa: E402
from tenantry.people.models import EndUserRole, StaffRole  # noqa: E402

LONGEST_RUN = timedelta(seconds=120)
OWNER = "dana.okafor@kestrel-it.example"
CONSENTING_ACCOUNT = "partnercenter@kestrel-it.example"
STAFF = {
    "milan.novak@kestrel-it.example": StaffRole.ADMIN,
    "petra.lang@kestrel-it.example": StaffRole.BILLING,
    "samuel.rivera@kestrel-it.example": StaffRole.SUPPORT,
}
NAMED_SUPPORT = "ines.duarte@kestrel-it.example"
NAMED_COMPANIES = ("Harbour & Vale Ltd", "Bäckerei Sonnenschein GmbH")
# Left out on purpose, so that adding companies can be tried.
NOT_ADDED = ("Studio Bianchi S.r.l.", "Praha Design s.r.o.", "Redwood Precision Machining, Inc.")
END_USERS = {
    EndUserRole.ADMIN: (
        "anna.lindqvist@harbourvale.example",
        "greta.sonnenschein@baeckerei-sonnenschein.example",
        "ingrid.solberg@nordlys-shipping.example",
        "lucia.gomez@clinica-rivera.example",
        "camille.moreau@atelier-moreau.example",
        "sanne.berg@vandenberg-logistiek.example",
        "harper.nguyen@granite-robotics.example",
        "olivia.hartley@meridian-group.example",
        "maximilianetheodora.sigmaringen@kjf-oberschwaben.example",
        "layla@alnakheel-trading.example",
        "sile.oconnell@oconnell-law.example",
        "margaret.pryce@oldmill-antiques.example",
        "skye.donovan@sunriseyoga.example",
        "grace.whitfield@greenfield-schools.example",
    ),
    EndUserRole.MODIFY: (
        "ben.carter@harbourvale.example",
        "jorg.weiss@baeckerei-sonnenschein.example",
        "lars.overgard@nordlys-shipping.example",
        "hugo.lefevre@atelier-moreau.example",
        "walter.brooks@granite-robotics.example",
        "rajesh.patel@meridian-group.example",
        "uwe.ott@kjf-oberschwaben.example",
    ),
    EndUserRole.VIEW: (
        "chloe.adeyemi@harbourvale.example",
        "kari.moen@nordlys-shipping.example",
        "mateo.ortiz@clinica-rivera.example",
        "fiona.mcallister@meridian-group.example",
        "omar.haddad@alnakheel-trading.example",
    ),
}
# Invited, and not seen yet.
INVITED = {
    "daan.visser@vandenberg-logistiek.example": EndUserRole.MODIFY,
    "ned.walsh@oconnell-law.example": EndUserRole.VIEW,
}


class CannotSetUp(Exception):  # noqa: N818 - reads as what happened
    """A step was refused; the text says which and why."""


@dataclass(slots=True)
class World:
    """The sandbox's people, and who sets the product up."""

    people: dict[str, dict[str, Any]]
    customers: list[dict[str, Any]]
    owner: Actor

    def identity(self, key: str) -> Identity:
        """Return what Microsoft says about a person who signs in."""
        person = self.people[key]
        return Identity(
            tid=person["tenant"],
            oid=person["oid"],
            name=person["name"],
            username=person["upn"],
            email=person["email"] or "",
            email_verified=bool(person["email_verified"]),
            is_guest=False,
            is_personal=False,
            auth_time=clock.now(),
            amr=("pwd", "mfa"),
        )


def main() -> int:
    """Set everything up."""
    told = rehearsal.world(settings.SANDBOX_URL)
    found = {person["key"]: person for person in told["people"]}
    nobody = Actor.system()
    world = World(found, told["customers"], nobody)
    try:
        world.owner = _owner(world)
        _look(world, told["partner"]["name"])
        connection_id = _connection(world)
        companies = _companies(world, connection_id)
        _staff(world, companies)
        _end_users(world, companies)
        _say("  reading subscriptions …")
        _finish(asking.ask_first_refresh(acting_as=world.owner, moment=Moment.current()))
    except CannotSetUp as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def _owner(world: World) -> Actor:
    link = people.make_owner_link(clock.now())
    token = link.rstrip("/").rpartition("/")[2]
    outcome = people.take_owner_link(world.identity(OWNER), digest=people.link_digest(token), now=clock.now())
    if outcome.person_id is None:
        raise CannotSetUp(f"{OWNER} could not become the owner: {outcome.reason}")
    name = world.people[OWNER]["name"]
    return Actor(ActorKind.STAFF, str(outcome.person_id), name, name)


def _look(world: World, partner: str) -> None:
    look = branding.Look(
        portal_name=partner,
        accent="#1d5c4f",
        support_name=f"{partner}, service desk",
        support_email="service@kestrel-it.example",
        support_phone="+49 30 5550 1234",
    )
    branding.set_brand(acting_as=world.owner, look=look, now=clock.now())
    branding.offer_logos(acting_as=world.owner, files={"main": _logo(partner)})
    shown = branding_queries.offer().main_digest
    _done("logo", branding.save_logos(acting_as=world.owner, main=shown, now=clock.now()))
    notices.set_address(acting_as=world.owner, address="alerts@kestrel-it.example", now=clock.now())


def _logo(partner: str) -> bytes:
    """Draw a wordmark with a wing, in tones that show on light and on dark."""
    scale, height = 4, 56
    font = ImageFont.load_default(26 * scale)
    width = 64 * scale + round(font.getlength(partner)) + 4 * scale
    image = Image.new("RGBA", (width, height * scale), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    for number, colour in enumerate(("#2b6e60", "#3c8474", "#7fc2b0")):
        top = (10 + 12 * number) * scale
        points = [(4 + 8 * number, top), (50, top), (40, top + 9 * scale), (14 + 8 * number, top + 9 * scale)]
        pen.polygon([(x * scale if x < 100 else x, y) for x, y in points], fill=colour)
    pen.text((62 * scale, 12 * scale), partner, font=font, fill="#3c8474")
    data = BytesIO()
    image.resize((width // scale, height), Image.Resampling.LANCZOS).save(data, "PNG")
    return data.getvalue()


def _connection(world: World) -> UUID:
    _say("  granting Partner Center consent …")
    address = connection.start_consent(
        acting_as=world.owner,
        connection_id=None,
        return_url=f"{settings.BACKOFFICE_URL}/office/",
        now=clock.now(),
    )
    if isinstance(address, Refusal):
        raise CannotSetUp(f"Consent was refused: {address.reason}")
    back = parse_qs(urlsplit(rehearsal.choose_account(address, CONSENTING_ACCOUNT)).query)
    answer = connection.take_consent_return(
        acting_as=world.owner, state=back["state"][0], code=back.get("code", [""])[0], now=clock.now()
    )
    granted = _finish(_run("consent", answer))
    connection_id = UUID(granted.details["connection_id"])
    _finish(
        _run(
            "tenants",
            connection.ask_refresh_tenants(acting_as=world.owner, connection_id=connection_id, now=clock.now()),
        )
    )
    _say("  testing Direct CSP …")
    test = connection.ask_direct_csp_test(
        acting_as=world.owner, connection_id=connection_id, tenant_id=world.customers[0]["id"], now=clock.now()
    )
    _finish(_run("Direct CSP", test))
    return connection_id


def _companies(world: World, connection_id: UUID) -> dict[str, UUID]:
    _say("  adding companies …")
    wanted = [customer["id"] for customer in world.customers if customer["name"] not in NOT_ADDED]
    added = people.add_companies(acting_as=world.owner, connection_id=connection_id, tenant_ids=wanted, now=clock.now())
    if isinstance(added, Refusal):
        raise CannotSetUp(f"Companies were refused: {added.reason} {dict(added.facts)}")
    return people_queries.companies_of_tenants(connection_id)


def _staff(world: World, companies: dict[str, UUID]) -> None:
    named = [companies[customer["id"]] for customer in world.customers if customer["name"] in NAMED_COMPANIES]
    everybody: list[tuple[str, StaffRole, Iterable[UUID]]] = [(key, role, ()) for key, role in STAFF.items()]
    for key, role, only in [*everybody, (NAMED_SUPPORT, StaffRole.SUPPORT, named)]:
        answer = people.add_staff(
            acting_as=world.owner,
            email=world.people[key]["upn"],
            role=role,
            now=clock.now(),
            all_companies=not only,
            company_ids=only,
        )
        if isinstance(answer, Refusal):
            raise CannotSetUp(f"{key} was refused: {answer.reason}")
        _sign_in(world, key)


def _end_users(world: World, companies: dict[str, UUID]) -> None:
    _say("  inviting people …")
    bound = [(key, role) for role, keys in END_USERS.items() for key in keys]
    for tenant_id in dict.fromkeys(world.people[key]["tenant"] for key, _ in bound):
        refused = people.enable_portal(acting_as=world.owner, company_id=companies[tenant_id], now=clock.now())
        _done("portal", refused)
    for key, role in [*bound, *INVITED.items()]:
        person = world.people[key]
        invited = people.invite_end_user(
            acting_as=world.owner,
            company_id=companies[person["tenant"]],
            email=person["email"],
            role=role,
            now=clock.now(),
        )
        if isinstance(invited, Refusal):
            raise CannotSetUp(f"{key} was refused: {invited.reason} {dict(invited.facts)}")
        if key not in INVITED:
            _sign_in(world, key)


def _sign_in(world: World, key: str) -> None:
    outcome = people.sign_in(world.identity(key), now=clock.now())
    if outcome.person_id is None:
        raise CannotSetUp(f"{key} could not sign in: {outcome.reason}")


def _run(step: str, answer: RunRecord | Refusal) -> RunRecord:
    if isinstance(answer, Refusal):
        raise CannotSetUp(f"The step {step} was refused: {answer.reason} {dict(answer.facts)}")
    return answer


def _done(step: str, refusal: Refusal | None) -> None:
    if refusal is not None:
        raise CannotSetUp(f"The step {step} was refused: {refusal.reason} {dict(refusal.facts)}")


def _finish(run: RunRecord) -> RunRecord:
    """Wait until the worker has done it."""
    deadline = time.monotonic() + LONGEST_RUN.total_seconds()
    while time.monotonic() < deadline:
        found = runs.run(run.id)
        if found is not None and found.state == RunState.DONE:
            return found
        if found is not None and found.state == RunState.FAILED:
            raise CannotSetUp(f"{run.kind} failed: {found.message_key} {found.details}")
        time.sleep(0.1)
    raise CannotSetUp(f"{run.kind} was not done within {LONGEST_RUN.total_seconds():.0f} seconds. Is a worker running?")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
