"""Whom somebody looks for over many companies: end users and staff, by name or address."""

from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower

from tenantry.people.models import EndUser, Staff


def end_users_called(text: str, *, only: frozenset[UUID] | None, limit: int) -> list[EndUser]:
    """Return accesses of end users in whose name or addresses a text stands, by address.

    ``only`` is `Viewer.office_companies()`, None means all. Persons and companies are read along.
    """
    found = EndUser.objects.filter(_called(text), removed_at=None, company__removed_at=None)
    if only is not None:
        found = found.filter(company_id__in=only)
    return list(found.select_related("company", "person").order_by(Lower("email"), "company_id")[:limit])


def staff_called(text: str, *, limit: int) -> list[Staff]:
    """Return people at the partner in whose name or addresses a text stands, by address."""
    found = Staff.objects.filter(_called(text), removed_at=None)
    return list(found.select_related("person").order_by(Lower("email"), "id")[:limit])


def _called(text: str) -> Q:
    return Q(email__icontains=text) | Q(person__name__icontains=text) | Q(person__username__icontains=text)
