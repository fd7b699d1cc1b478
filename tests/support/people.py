"""People with access, as if they had signed in: at a company, or at the partner."""

from uuid import UUID

from tenantry.kernel import clock
from tenantry.people.models import Company, EndUser, EndUserRole, Person, Staff, StaffRole

INVITER = "Dana Okafor"


def make_person(tid: str, oid: str, name: str, username: str) -> Person:
    """Make somebody who has signed in once, or find them."""
    fresh = {"name": name, "username": username, "created_at": clock.now()}
    return Person.objects.get_or_create(tid=tid, oid=oid, defaults=fresh)[0]


def make_end_user(company_id: UUID, person: Person, role: EndUserRole) -> EndUser:
    """Give a person bound access to a company."""
    now = clock.now()
    return EndUser.objects.create(
        company_id=company_id,
        email=person.username,
        role=role,
        pinned_tenant_id=Company.objects.get(id=company_id).tenant_id,
        person=person,
        invited_by=INVITER,
        invited_at=now,
        expires_at=now,
        bound_at=now,
    )


def make_staff(person: Person, role: StaffRole, companies: list[UUID] | None = None) -> Staff:
    """Give a person a bound place at the partner, for all companies or the named ones."""
    now = clock.now()
    staff = Staff.objects.create(
        email=person.username,
        role=role,
        all_companies=companies is None,
        person=person,
        added_by=INVITER,
        added_at=now,
        expires_at=now,
        bound_at=now,
    )
    staff.companies.set(Company.objects.filter(id__in=companies or []))
    return staff
