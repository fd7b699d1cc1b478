"""Everybody who may come to an address: signed out, strangers, each role at the company, each kind of staff."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.test import Client

from tenantry.kernel import clock
from tenantry.people.models import Company, EndUserRole, Person, StaffRole
from tenantry.people.permissions import ACTING_STAFF_MAY, END_USER_MAY, STAFF_MAY, Permission
from tenantry.people.sessions import SessionStore
from tenantry.web.access import Audience, DeclaredAccess
from tenantry.web.sign_in import session
from tests.support.house import HARBOUR, NORDLYS, House
from tests.support.people import make_end_user, make_person, make_staff

# What touches all companies at once: nothing for staff who are for named ones.
_WHOLE_PARTNER = {Permission.OFFICE_SETTINGS, Permission.OFFICE_OWNER}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody, with what the product's tables of roles say about them; ``person_id`` is None for who is signed out."""

    name: str
    person_id: UUID | None = None
    role: EndUserRole | StaffRole | None = None
    sees: frozenset[UUID] | None = frozenset()  # companies; None means all

    def may(self, access: DeclaredAccess, company_id: UUID | None) -> bool:
        """Say whether this visitor is to see a page that declares this, about this company."""
        if access.audience in {Audience.PUBLIC, Audience.REHEARSAL}:
            return True
        if self.role is None or access.permission is None:
            return self.role is not None
        if (access.every_company or access.permission in _WHOLE_PARTNER) and self.sees is not None:
            return False
        if company_id is not None and self.sees is not None and company_id not in self.sees:
            return False
        return access.permission in self._allowed(access.audience)

    def is_at_home(self, access: DeclaredAccess, company_id: UUID | None) -> bool:
        """Say whether the page is of this visitor's own company, or of the back office where they work."""
        if isinstance(self.role, EndUserRole):
            return access.audience is Audience.PORTAL and company_id in (self.sees or ())
        if self.role is None or (company_id is not None and self.sees is not None and company_id not in self.sees):
            return False
        return access.audience is Audience.OFFICE or company_id is not None

    def _allowed(self, audience: Audience) -> frozenset[Permission]:
        if isinstance(self.role, EndUserRole):
            return END_USER_MAY[self.role] if audience is Audience.PORTAL else frozenset()
        if not isinstance(self.role, StaffRole):
            return frozenset()
        if audience is Audience.OFFICE:
            return STAFF_MAY[self.role]
        return ACTING_STAFF_MAY if Permission.OFFICE_ACT in STAFF_MAY[self.role] else frozenset()

    def client(self, *, proved_ago: timedelta = timedelta(), strict: bool = False) -> Client:
        """Return a browser of this visitor, signed in through the product's own session; a strict one needs tokens."""
        client = Client(raise_request_exception=False, enforce_csrf_checks=strict)
        if self.person_id is not None:
            now: datetime = clock.now()
            store = SessionStore()
            session.begin(store, person_id=self.person_id, proved_at=now - proved_ago, now=now)
            store.save()
            client.cookies[settings.SESSION_COOKIE_NAME] = str(store.session_key)
        return client


def make_visitors(house: House, harbour: Company, nordlys: Company) -> tuple[Visitor, ...]:
    """Make everybody."""
    visitors = [Visitor("signed out"), Visitor("somebody without any access", _person("nobody", HARBOUR).id)]
    for role in EndUserRole:
        person = _end_user(f"{role} at Harbour", HARBOUR, harbour, role)
        visitors.append(Visitor(f"{role} at Harbour", person.id, role, frozenset({harbour.id})))
    stranger = _end_user("Admin of Nordlys", NORDLYS, nordlys, EndUserRole.ADMIN)
    visitors.append(Visitor("Admin of Nordlys", stranger.id, EndUserRole.ADMIN, frozenset({nordlys.id})))
    for staff_role in StaffRole:
        for words, companies in (("all", None), ("Harbour", [harbour]), ("Nordlys", [nordlys])):
            name = f"{staff_role} for {words}"
            person = _staff(name, house, staff_role, companies)
            sees = None if companies is None else frozenset(company.id for company in companies)
            visitors.append(Visitor(name, person.id, staff_role, sees))
    return tuple(visitors)


def _person(name: str, tid: str) -> Person:
    return make_person(tid, str(uuid.uuid4()), name, f"{name.lower().replace(' ', '.')}@people.example")


def _end_user(name: str, tid: str, company: Company, role: EndUserRole) -> Person:
    person = _person(name, tid)
    make_end_user(company.id, person, role)
    return person


def _staff(name: str, house: House, role: StaffRole, companies: list[Company] | None) -> Person:
    person = _person(name, house.connection.partner_tenant_id)
    make_staff(person, role, None if companies is None else [company.id for company in companies])
    return person
