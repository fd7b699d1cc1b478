"""What other rooms and pages read of companies, end users and staff."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, OrderBy, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower
from django.urls import reverse

from tenantry.connection.models import Tenant
from tenantry.people.holders import Holder, Holders, holders
from tenantry.people.models import (
    Company,
    EndUser,
    EndUserRole,
    SignInRecord,
    Staff,
    StaffRole,
    StaffSignInRule,
)
from tenantry.people.outcomes import SignInReason
from tenantry.people.sign_in_log import SignInRow, bindable, could_be, one_per_account


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """One company of the list."""

    id: UUID
    name: str
    tenant_id: str
    domain: str  # of the tenant, as Partner Center lists it; may be empty
    connection_id: UUID
    connection_name: str
    time_zone: str  # IANA name; empty: the installation's
    portal_enabled: bool
    end_users: int
    added_at: datetime


_ALL = Q()
_BY_NAME = (Lower("name").asc(), "id")
COMPANY_SORTS: Mapping[str, tuple[OrderBy | str, ...]] = {
    "name": _BY_NAME,
    "-name": (Lower("name").desc(), "-id"),
    "portal": ("-portal_enabled", *_BY_NAME),
    "-portal": ("portal_enabled", *_BY_NAME),
    "people": ("people", *_BY_NAME),
    "-people": ("-people", *_BY_NAME),
}


@dataclass(frozen=True, slots=True)
class CompanyPage:
    """A part of the list, and how long the whole is."""

    rows: tuple[CompanyRow, ...]
    total: int


class EndUserState(StrEnum):
    """How far an invitation has come."""

    BOUND = "bound"
    INVITED = "invited"
    EXPIRED = "expired"
    LOOKING_UP = "looking_up"  # Microsoft could not be asked yet whose the domain is
    CONFIRM = "confirm"  # the domain belongs to another tenant: the partner must say that this is meant
    NO_TENANT = "no_tenant"  # the domain has no tenant, or only personal accounts: remove and invite another address


@dataclass(frozen=True, slots=True)
class EndUserRow:
    """Somebody's access to one company."""

    id: UUID
    company_id: UUID
    company_name: str
    email: str
    role: EndUserRole
    state: EndUserState
    person_id: UUID | None  # whose account the access is bound to
    account_id: str  # Microsoft's object id of that account, else empty
    name: str  # of the bound person, else empty
    username: str
    holder: Holder | None  # who has the user name of the address now, where that is another account
    tenant_id: str  # pinned; or found and not confirmed yet; or empty
    tenant_name: str
    other_tenant: bool  # it is not the company's own tenant
    invited_by: str
    invited_at: datetime
    expires_at: datetime
    last_sign_in_at: datetime | None
    bindable: tuple[SignInRow, ...]  # refused sign-ins that "Bind" would let in, newest first, one per account


@dataclass(frozen=True, slots=True)
class StaffRow:
    """Somebody at the partner."""

    id: UUID
    email: str
    role: StaffRole
    all_companies: bool
    companies: tuple[tuple[UUID, str], ...]
    guest_allowed: bool
    person_id: UUID | None  # whose account the place is bound to
    account_id: str
    name: str
    username: str
    holder: Holder | None
    expired: bool
    added_by: str
    added_at: datetime
    last_sign_in_at: datetime | None
    bindable: tuple[SignInRow, ...]

    @property
    def bound(self) -> bool:
        """Say whether the place belongs to an account already."""
        return self.person_id is not None


def companies(
    *,
    only: frozenset[UUID] | None,
    search: str = "",
    where: Q = _ALL,
    order: Sequence[OrderBy | str] = _BY_NAME,
    offset: int = 0,
    limit: int = 50,
) -> CompanyPage:
    """Return companies in one query; ``only`` is `Viewer.office_companies()`, None means all.

    The search finds parts of the name and of the tenant's domain, and whole tenant ids. ``where`` and ``order`` may
    name columns of other rooms' tables about companies; `COMPANY_SORTS` has the orders of this room.
    """
    found = _searched(only, search).filter(where)
    # Counted apart from the rows: a window over them would look up the domain and the people of every company.
    total = found.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("id")).values("n")
    listed = _read_companies(found.annotate(total=Subquery(total)), "total").order_by(*order)
    rows = list(listed[offset : offset + limit])
    return CompanyPage(tuple(_company_row(row) for row in rows), rows[0]["total"] if rows else 0)


def company_counts(*, only: frozenset[UUID] | None, search: str, kinds: Mapping[str, Q]) -> dict[str, int]:
    """Return how many companies a search finds, as "all", and how many of each kind; one query."""
    counts = {name: Count("id", filter=where) for name, where in kinds.items()}
    return _searched(only, search).aggregate(all=Count("id"), **counts)


def _searched(only: frozenset[UUID] | None, search: str) -> QuerySet[Company]:
    found = Company.objects.filter(removed_at=None)
    if only is not None:
        found = found.filter(id__in=only)
    if text := search.strip():
        domain = Tenant.objects.filter(
            connection_id=OuterRef("connection_id"), tenant_id=OuterRef("tenant_id"), domain__icontains=text
        )
        found = found.filter(Q(name__icontains=text) | Q(tenant_id=text.lower()) | Exists(domain))
    return found


def company(company_id: UUID) -> CompanyRow | None:
    """Return one company; None if there is none (any more)."""
    row = _read_companies(Company.objects.filter(id=company_id, removed_at=None)).first()
    return None if row is None else _company_row(row)


def companies_of_tenants(connection_id: UUID | None = None) -> dict[str, UUID]:
    """Return which tenants are companies, of one partner connection or of all: Microsoft's tenant id to company id."""
    found = Company.objects.filter(removed_at=None)
    if connection_id is not None:
        found = found.filter(connection_id=connection_id)
    return dict(found.values_list("tenant_id", "id"))


def connections_of(company_ids: Iterable[UUID] | None) -> frozenset[UUID]:
    """Return the partner connections that companies belong to, of these or of all with None."""
    found = Company.objects.filter(removed_at=None)
    if company_ids is not None:
        found = found.filter(id__in=set(company_ids))
    return frozenset(found.order_by().values_list("connection_id", flat=True).distinct())


def company_names(company_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of companies, also of those that were removed: records speak of them for a long time."""
    return dict(Company.objects.filter(id__in=set(company_ids)).values_list("id", "name"))


def companies_at(tenant_ids: Iterable[str], *, only: frozenset[UUID] | None) -> dict[str, tuple[UUID, str]]:
    """Return which of these tenants are companies that a viewer sees: Microsoft's tenant id to company id and name."""
    found = Company.objects.filter(tenant_id__in=set(tenant_ids), removed_at=None)
    if only is not None:
        found = found.filter(id__in=only)
    return {
        tenant_id: (company_id, name) for tenant_id, company_id, name in found.values_list("tenant_id", "id", "name")
    }


def tenants_of(company_ids: Iterable[UUID]) -> frozenset[str]:
    """Return the tenants, as Microsoft numbers them, of companies."""
    return frozenset(Company.objects.filter(id__in=set(company_ids)).values_list("tenant_id", flat=True))


def end_users(company_id: UUID, now: datetime) -> tuple[EndUserRow, ...]:
    """Return who has or may get access to a company, by address."""
    rows = list(_end_users().filter(company_id=company_id))
    refused = list(bindable().filter(company_id=company_id))
    names = holders(((row.person, row.email) for row in rows), refused)
    return tuple(_end_user_row(row, now, refused, names) for row in rows)


# Which end users a list can show beside all of them.
SHOWN_USERS = ("invited", "never", "admin")


@dataclass(frozen=True, slots=True)
class EndUserPage:
    """Some end users, and how many there are of each kind that a list can show; "" counts all."""

    rows: tuple[EndUserRow, ...]
    counts: dict[str, int]


def all_end_users(
    *,
    only: frozenset[UUID] | None,
    now: datetime,
    search: str = "",
    show: str = "",
    offset: int = 0,
    limit: int = 50,
) -> EndUserPage:
    """Return end users of all companies that a viewer sees, by address.

    ``search`` looks into people only. ``show`` is one of ``SHOWN_USERS``: whose invitation can still be used, who has
    never signed in, who is an Admin.
    """
    found = _end_users()
    if only is not None:
        found = found.filter(company_id__in=only)
    if text := search.strip():
        found = found.filter(Q(email__icontains=text) | Q(person__name__icontains=text))
    kinds = {
        "invited": Q(person=None, expires_at__gte=now),
        "never": Q(last_sign_in_at=None),
        "admin": Q(role=EndUserRole.ADMIN),
    }
    counted = {kind: Count("id", filter=kinds[kind]) for kind in SHOWN_USERS}
    counts = found.order_by().aggregate(all=Count("id"), **counted)
    if show:
        found = found.filter(kinds[show])
    rows = list(found[offset : offset + limit])
    refused = list(bindable().filter(reason=SignInReason.RECREATED, end_user__in=[row.id for row in rows]))
    names = holders(((row.person, row.email) for row in rows), refused)
    shown = tuple(_end_user_row(row, now, refused, names) for row in rows)
    return EndUserPage(shown, {"" if kind == "all" else kind: count for kind, count in counts.items()})


def access_of(person_id: UUID, *, only: frozenset[UUID] | None) -> tuple[tuple[UUID, str], ...]:
    """Return to which companies that a viewer sees somebody's account has access: id and name."""
    found = _end_users().filter(person_id=person_id)
    if only is not None:
        found = found.filter(company_id__in=only)
    return tuple(found.order_by(Lower("company__name"), "id").values_list("company_id", "company__name"))


def staff(now: datetime) -> tuple[StaffRow, ...]:
    """Return who is at the partner, by address."""
    refused = list(bindable().filter(company=None, tid=settings.PARTNER_TENANT_ID.lower()))
    places = (
        Staff.objects.filter(removed_at=None)
        .select_related("person")
        .prefetch_related("companies")
        .order_by(Lower("email"), "id")
    )
    names = holders(((row.person, row.email) for row in places), refused)
    return tuple(_staff_row(row, now, refused, names) for row in places)


def invitation_link(email: str) -> str:
    """Return the address to send to somebody who was invited; it is an address, not a secret."""
    return f"{settings.PORTAL_URL}{reverse('sign_in:page')}?{urlencode({'as': email})}"


def staff_context() -> str:
    """Return the authentication context that a sign-in of staff needs; empty: none."""
    return StaffSignInRule.objects.values_list("context", flat=True).first() or ""


def has_owner() -> bool:
    """Say whether somebody can sign in as an owner."""
    return Staff.objects.filter(role=StaffRole.OWNER, removed_at=None).exclude(person=None).exists()


def _read_companies(found: QuerySet[Company], *more: str) -> QuerySet[Company, dict[str, Any]]:
    people = (
        EndUser.objects.filter(company_id=OuterRef("id"), removed_at=None)
        .order_by()
        .values("company_id")
        .annotate(n=Count("id"))
        .values("n")
    )
    domain = Tenant.objects.filter(connection_id=OuterRef("connection_id"), tenant_id=OuterRef("tenant_id"))
    return found.annotate(
        people=Coalesce(Subquery(people), 0), domain=Coalesce(Subquery(domain.values("domain")), Value(""))
    ).values(
        "id",
        "name",
        "tenant_id",
        "domain",
        "connection_id",
        "connection__name",
        "time_zone",
        "portal_enabled",
        "people",
        "added_at",
        *more,
    )


def _company_row(row: Mapping[str, Any]) -> CompanyRow:
    return CompanyRow(
        id=row["id"],
        name=row["name"],
        tenant_id=row["tenant_id"],
        domain=row["domain"],
        connection_id=row["connection_id"],
        connection_name=row["connection__name"],
        time_zone=row["time_zone"],
        portal_enabled=row["portal_enabled"],
        end_users=row["people"],
        added_at=row["added_at"],
    )


def _end_users() -> QuerySet[EndUser]:
    return (
        EndUser.objects.filter(removed_at=None, company__removed_at=None)
        .select_related("company", "person")
        .order_by(Lower("email"), "company_id", "id")
    )


def _state(row: EndUser, now: datetime) -> EndUserState:
    if row.person_id is not None:
        return EndUserState.BOUND
    if not row.pinned_tenant_id:
        if row.found_tenant_id:
            return EndUserState.CONFIRM
        return EndUserState.NO_TENANT if row.look_up else EndUserState.LOOKING_UP
    return EndUserState.EXPIRED if row.expires_at <= now else EndUserState.INVITED


def _end_user_row(row: EndUser, now: datetime, refused: Iterable[SignInRecord], names: Holders) -> EndUserRow:
    person = row.person
    tenant_id = row.pinned_tenant_id or row.found_tenant_id
    candidates = [
        record
        for record in refused
        if record.tid == row.pinned_tenant_id and record.end_user_id in {None, row.id} and could_be(record, person)
    ]
    return EndUserRow(
        id=row.id,
        company_id=row.company_id,
        company_name=row.company.name,
        email=row.email,
        role=EndUserRole(row.role),
        state=_state(row, now),
        person_id=row.person_id,
        account_id="" if person is None else person.oid,
        name="" if person is None else person.name,
        username="" if person is None else person.username,
        holder=names.other_than(person, row.email),
        tenant_id=tenant_id,
        tenant_name=row.pinned_tenant_name,
        other_tenant=bool(tenant_id) and tenant_id != row.company.tenant_id,
        invited_by=row.invited_by,
        invited_at=row.invited_at,
        expires_at=row.expires_at,
        last_sign_in_at=row.last_sign_in_at,
        bindable=one_per_account(candidates),
    )


def _staff_row(row: Staff, now: datetime, refused: Iterable[SignInRecord], names: Holders) -> StaffRow:
    person = row.person
    candidates = [record for record in refused if record.staff_id in {None, row.id} and could_be(record, person)]
    return StaffRow(
        id=row.id,
        email=row.email,
        role=StaffRole(row.role),
        all_companies=row.all_companies,
        companies=tuple(
            sorted(((place.id, place.name) for place in row.companies.all()), key=lambda place: place[1].casefold())
        ),
        guest_allowed=row.guest_allowed,
        person_id=row.person_id,
        account_id="" if person is None else person.oid,
        name="" if person is None else person.name,
        username="" if person is None else person.username,
        holder=names.other_than(person, row.email),
        expired=person is None and row.expires_at <= now,
        added_by=row.added_by,
        added_at=row.added_at,
        last_sign_in_at=row.last_sign_in_at,
        bindable=one_per_account(candidates),
    )
