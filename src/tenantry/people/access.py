"""The one door to what a person may see: looked up on every request, nothing is remembered between requests."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, F, FilteredRelation, Q, Subquery
from django.utils.translation import gettext as _

from tenantry.kernel.actor import Actor, ActorKind
from tenantry.people.models import (
    Company,
    EndUser,
    EndUserRole,
    Person,
    SignInTrouble,
    StaffRole,
    StaffSignInRule,
)
from tenantry.people.permissions import ACTING_STAFF_MAY, END_USER_MAY, STAFF_MAY, WHOLE_PARTNER_PERMISSIONS, Permission


@dataclass(frozen=True, slots=True)
class PersonView:
    """Who is signed in, with the preferences of the person."""

    id: UUID
    tid: str
    oid: str
    name: str  # as Microsoft says it; records use this one
    username: str
    display_name: str
    language: str
    theme: str
    time_zone: str
    default_company_id: UUID | None
    default_connection_id: UUID | None

    @property
    def shown_name(self) -> str:
        """Return the name that the person chose for the pages, or Microsoft's."""
        return self.display_name or self.name


@dataclass(frozen=True, slots=True)
class CompanyChoice:
    """One line of the company switcher."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class StaffView:
    """What the person is at the partner."""

    id: UUID
    role: StaffRole
    all_companies: bool
    context: str = ""  # authentication context that a session of staff needs; empty: none


@dataclass(frozen=True, slots=True)
class CompanyAccess:
    """What one person may do in one company's portal."""

    company_id: UUID
    name: str
    role: EndUserRole | StaffRole
    as_staff: bool
    person: PersonView
    partner_name: str
    time_zone: str  # of the company; may be empty

    def may(self, permission: Permission) -> bool:
        """Say whether the person may do this here."""
        if isinstance(self.role, StaffRole):
            return permission in ACTING_STAFF_MAY
        return permission in END_USER_MAY[self.role]

    def acting_as(self) -> Actor:
        """Return who acts, for records: staff act as themselves, for the company."""
        if not self.as_staff:
            return Actor(
                ActorKind.END_USER, str(self.person.id), self.person.name, self.person.name, whole_partner=False
            )
        label = _("%(person)s of %(partner)s, for %(company)s") % {
            "person": self.person.name,
            "partner": self.partner_name,
            "company": self.name,
        }
        return Actor(ActorKind.STAFF, str(self.person.id), self.person.name, label, whole_partner=False)


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    partner_name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person with everything that decides what they see."""

    person: PersonView
    staff: StaffView | None
    _own: dict[UUID, CompanyAccess]  # as an end user, where the portal is open
    _named: dict[UUID, _Place]  # of staff who are not for all companies
    nobody_can_sign_in: bool  # looked up along with the person, so that no page of the back office asks for it alone

    @property
    def has_access(self) -> bool:
        """Say whether there is anything at all that this person may see."""
        return self.staff is not None or bool(self._own)

    @property
    def is_end_user(self) -> bool:
        """Say whether the person has a company's portal of their own."""
        return bool(self._own)

    @property
    def companies(self) -> tuple[CompanyChoice, ...]:
        """Return what the switcher shows, by name: own companies, and the named ones of staff who may act there.

        Staff for all companies choose from the back office's list instead: it may have thousands of lines.
        """
        names = {company_id: access.name for company_id, access in self._own.items()}
        if self.may(Permission.OFFICE_ACT):
            names |= {company_id: place.name for company_id, place in self._named.items()}
        choices = [CompanyChoice(company_id, name) for company_id, name in names.items()]
        return tuple(sorted(choices, key=lambda choice: (choice.name.casefold(), choice.id)))

    @property
    def companys_time_zone(self) -> str:
        """Return the zone of an end user's company, on pages that are of no company; empty where it is not one."""
        return next(iter(self._own.values())).time_zone if self.staff is None and len(self._own) == 1 else ""

    def company(self, company_id: UUID) -> CompanyAccess | None:
        """Return what the person may do in a company's portal; None for missing and forbidden alike."""
        if self.staff is not None and self.may(Permission.OFFICE_ACT):
            place = self._place(company_id)
            if place is not None:
                return CompanyAccess(
                    company_id,
                    place.name,
                    self.staff.role,
                    True,
                    self.person,
                    place.partner_name,
                    place.time_zone,
                )
        return self._own.get(company_id)

    def may(self, permission: Permission) -> bool:
        """Say whether the person may do this in the back office."""
        if self.staff is None or (permission in WHOLE_PARTNER_PERMISSIONS and not self.staff.all_companies):
            return False
        return permission in STAFF_MAY[self.staff.role]

    def office_companies(self) -> frozenset[UUID] | None:
        """Return the companies that the person sees in the back office; None means all."""
        if self.staff is not None and self.staff.all_companies:
            return None
        return frozenset(self._named)

    def sees_company(self, company_id: UUID) -> bool:
        """Say whether the company exists and the person sees it in the back office."""
        return self._place(company_id) is not None

    def acting_as(self) -> Actor:
        """Return who acts in the back office or on their own preferences, for records."""
        kind = ActorKind.END_USER if self.staff is None else ActorKind.STAFF
        whole = self.staff is not None and self.staff.all_companies
        return Actor(kind, str(self.person.id), self.person.name, self.person.name, whole_partner=whole)

    def _place(self, company_id: UUID) -> _Place | None:
        if self.staff is None:
            return None
        if not self.staff.all_companies:
            return self._named.get(company_id)
        found = (
            Company.objects.filter(id=company_id, removed_at=None)
            .values_list("name", "connection__name", "time_zone")
            .first()
        )
        return None if found is None else _Place(*found)


def viewer(person_id: UUID) -> Viewer | None:
    """Look up a person with all their access as it is at this moment; None if there is no such person.

    Two queries, and a third one for staff who are for named companies only.
    """
    row = (
        Person.objects.filter(id=person_id)
        .annotate(at_partner=FilteredRelation("staff", condition=Q(staff__removed_at=None)))
        .annotate(
            staff_id=F("at_partner__id"),
            staff_role=F("at_partner__role"),
            staff_all=F("at_partner__all_companies"),
            staff_guest=F("at_partner__guest_allowed"),
            nobody_can_sign_in=Exists(SignInTrouble.objects.filter(for_everybody=True)),
            staff_context=Subquery(StaffSignInRule.objects.values("context")[:1]),
        )
        .first()
    )
    if row is None:
        return None
    person = PersonView(
        id=row.id,
        tid=row.tid,
        oid=row.oid,
        name=row.name,
        username=row.username,
        display_name=row.display_name,
        language=row.language,
        theme=row.theme,
        time_zone=row.time_zone,
        default_company_id=row.default_company_id,
        default_connection_id=row.default_connection_id,
    )
    own = {
        company_id: CompanyAccess(company_id, name, EndUserRole(role), False, person, partner_name, zone)
        for company_id, name, role, partner_name, zone in EndUser.objects.filter(
            person_id=person_id, removed_at=None, company__removed_at=None, company__portal_enabled=True
        ).values_list("company_id", "company__name", "role", "company__connection__name", "company__time_zone")
    }
    staff = None
    if row.staff_id is not None and (row.staff_guest or not row.is_guest):
        staff = StaffView(row.staff_id, StaffRole(row.staff_role), row.staff_all, row.staff_context or "")
    named: dict[UUID, _Place] = {}
    if staff is not None and not staff.all_companies:
        rows = Company.objects.filter(staff=staff.id, removed_at=None)
        named = {
            company_id: _Place(name, partner_name, zone)
            for company_id, name, partner_name, zone in rows.values_list("id", "name", "connection__name", "time_zone")
        }
    return Viewer(person=person, staff=staff, _own=own, _named=named, nobody_can_sign_in=row.nobody_can_sign_in)
