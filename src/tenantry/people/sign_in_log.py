"""The log of sign-ins, and which of the refused ones a person at the partner can let in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from tenantry.kernel.counting import count_kinds
from tenantry.people.models import EndUser, Person, SignInRecord, Staff
from tenantry.people.outcomes import BINDABLE, SignInReason

# So many of the refused sign-ins are looked at, however many there are: somebody may try all night.
REFUSED_READ = 200


@dataclass(frozen=True, slots=True)
class SignInRow:
    """One sign-in of the log."""

    id: int
    happened_at: datetime
    accepted: bool
    reason: SignInReason | None
    tid: str
    oid: str
    tenant_name: str
    name: str
    username: str
    address: str
    company_id: UUID | None
    company_name: str
    end_user_id: UUID | None
    staff_id: UUID | None


def sign_ins(
    *,
    only: frozenset[UUID] | None,
    accepted: bool | None = None,
    company_id: UUID | None = None,
    search: str = "",
    since: datetime | None = None,
    offset: int = 0,
    limit: int = 50,
) -> tuple[SignInRow, ...]:
    """Return the log of sign-ins, newest first.

    Who sees named companies only does not see the sign-ins that concern none of them.
    """
    found = _log(only, company_id, search, since).select_related("company").order_by("-happened_at", "-id")
    if accepted is not None:
        found = found.filter(accepted=accepted)
    return tuple(_sign_in_row(row) for row in found[offset : offset + limit])


def sign_in_counts(
    *, only: frozenset[UUID] | None, company_id: UUID | None = None, search: str = "", since: datetime | None = None
) -> dict[str, int]:
    """Return how many sign-ins were accepted, refused, and in all (""); nothing where they are too many to count."""
    return count_kinds(
        _log(only, company_id, search, since), {"accepted": Q(accepted=True), "refused": Q(accepted=False)}
    )


def _log(
    only: frozenset[UUID] | None, company_id: UUID | None, search: str, since: datetime | None
) -> QuerySet[SignInRecord]:
    found = SignInRecord.objects.all()
    if only is not None:
        found = found.filter(company_id__in=only)
    if company_id is not None:
        found = found.filter(company_id=company_id)
    if since is not None:
        found = found.filter(happened_at__gte=since)
    if search.strip():
        text = search.strip()
        found = found.filter(Q(username__icontains=text) | Q(name__icontains=text) | Q(tid=text.lower()))
    return found


def bindable() -> QuerySet[SignInRecord]:
    """Return the refused sign-ins that "Bind" can let in, newest first."""
    return (
        SignInRecord.objects.filter(accepted=False, reason__in=[reason.value for reason in BINDABLE])
        .select_related("company")
        .order_by("-happened_at", "-id")
    )


def still_refused(*, only: frozenset[UUID] | None, since: datetime) -> tuple[SignInRow, ...]:
    """Return the last refused sign-in of each account since then that nobody has let in afterwards, newest first.

    ``only`` as for `sign_ins`. Two queries.
    """
    found = SignInRecord.objects.filter(accepted=False, happened_at__gte=since).select_related("company")
    found = found.exclude(company__removed_at__isnull=False)
    if only is not None:
        found = found.filter(company_id__in=only)
    rows = one_per_account(found.order_by("-happened_at", "-id")[:REFUSED_READ])
    accounts = {row.oid for row in rows}
    person = ("person__tid", "person__oid", "bound_at")
    accepted = SignInRecord.objects.filter(accepted=True, happened_at__gte=since, oid__in=accounts)
    let_in = accepted.values_list("tid", "oid", "happened_at").union(
        EndUser.objects.filter(removed_at=None, person__oid__in=accounts).values_list(*person),
        Staff.objects.filter(removed_at=None, person__oid__in=accounts).values_list(*person),
    )
    since_when: dict[tuple[str, str], datetime] = {}
    for tid, oid, at in let_in:
        since_when[tid, oid] = max(at, since_when.get((tid, oid), at))
    return tuple(row for row in rows if since_when.get((row.tid, row.oid), since) <= row.happened_at)


def could_be(record: SignInRecord, person: Person | None) -> bool:
    """Say whether a refused sign-in offers itself: another user name to an invitation, a new account to a bound one."""
    if person is None:
        return record.reason in {SignInReason.OTHER_NAME, SignInReason.PASSED_ON}
    return record.reason == SignInReason.RECREATED and record.oid != person.oid


def one_per_account(records: Iterable[SignInRecord]) -> tuple[SignInRow, ...]:
    """Keep the first of each account."""
    newest: dict[tuple[str, str], SignInRow] = {}
    for record in records:
        newest.setdefault((record.tid, record.oid), _sign_in_row(record))
    return tuple(newest.values())


def _sign_in_row(record: SignInRecord) -> SignInRow:
    return SignInRow(
        id=record.id,
        happened_at=record.happened_at,
        accepted=record.accepted,
        reason=SignInReason(record.reason) if record.reason else None,
        tid=record.tid,
        oid=record.oid,
        tenant_name=record.tenant_name,
        name=record.name,
        username=record.username,
        address=record.address or "",
        company_id=record.company_id,
        company_name="" if record.company is None else record.company.name,
        end_user_id=record.end_user_id,
        staff_id=record.staff_id,
    )
