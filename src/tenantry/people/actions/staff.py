"""Partner staff: added by address, bound to an account of the partner's tenant at the first sign-in."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from tenantry.audit import actions as audit
from tenantry.kernel.actor import Actor
from tenantry.kernel.addresses import read_address
from tenantry.kernel.columns import fit
from tenantry.kernel.locks import lock_in_transaction
from tenantry.kernel.refusals import Refusal
from tenantry.people.actions.companies import gone
from tenantry.people.actions.end_users import INVITATION_DAYS, account_of, known_person
from tenantry.people.models import Company, Person, SignInRecord, Staff, StaffRole
from tenantry.people.outcomes import BINDABLE, HolderQuestion


@transaction.atomic
def add_staff(
    *,
    acting_as: Actor,
    email: str,
    role: StaffRole,
    now: datetime,
    all_companies: bool = True,
    company_ids: Iterable[UUID] = (),
    guest_allowed: bool = False,
    loses_access: UUID | None = None,
) -> UUID | HolderQuestion | Refusal:
    """Add somebody at the partner, for all companies or for the named ones, and return the id.

    ``guest_allowed`` lets this one person sign in although they are a guest of the partner's tenant.
    ``loses_access`` is the answer to a `HolderQuestion`: the account that has the place under this address loses it.
    """
    acting_as.check_whole_partner()
    lock_in_transaction("people.staff")
    address = read_address(email)
    if address is None:
        return Refusal(reason="email_invalid", rule="people.address", next_step="correct_address")
    held = Staff.objects.filter(email__iexact=address, removed_at=None).select_related("person").first()
    if held is not None and held.person is None:
        return Refusal(
            reason="already_staff", rule="people.staff_once", next_step="change_or_renew", facts={"address": address}
        )
    companies = _companies(all_companies, company_ids)
    if isinstance(companies, Refusal):
        return companies
    if held is not None and held.person is not None:
        if held.person_id != loses_access:
            return HolderQuestion(held.id, held.person.id, held.person.name)
        if _is_last_owner(held):
            return _last_owner()
        before = _described(held) | (account_of(held.person) or {})
        held.removed_at = now
        held.passed_on = True
        held.save(update_fields=["removed_at", "passed_on"])
        _record(acting_as, "staff.passed_on", held, now, before=before)
    staff = Staff.objects.create(
        email=address,
        role=role,
        all_companies=all_companies,
        guest_allowed=guest_allowed,
        added_by=fit(Staff, "added_by", acting_as.label),
        added_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    staff.companies.set(companies)
    _record(acting_as, "staff.added", staff, now, after=_described(staff))
    return staff.id


@transaction.atomic
def change_staff(
    *,
    acting_as: Actor,
    staff_id: UUID,
    role: StaffRole,
    now: datetime,
    all_companies: bool = True,
    company_ids: Iterable[UUID] = (),
    guest_allowed: bool = False,
) -> Refusal | None:
    """Change role, companies and guest grant of somebody at the partner, from their next request on."""
    acting_as.check_whole_partner()
    lock_in_transaction("people.staff")
    staff = Staff.objects.filter(id=staff_id, removed_at=None).first()
    if staff is None:
        return gone()
    if (role != StaffRole.OWNER or not all_companies) and _is_last_owner(staff):
        return _last_owner()
    companies = _companies(all_companies, company_ids)
    if isinstance(companies, Refusal):
        return companies
    before = _described(staff)
    staff.role = role
    staff.all_companies = all_companies
    staff.guest_allowed = guest_allowed
    staff.save(update_fields=["role", "all_companies", "guest_allowed"])
    staff.companies.set(companies)
    after = _described(staff)
    if before != after:
        _record(acting_as, "staff.changed", staff, now, before=before, after=after)
    return None


@transaction.atomic
def remove_staff(*, acting_as: Actor, staff_id: UUID, now: datetime) -> Refusal | None:
    """Take somebody's place at the partner away; they are out with their next request. The last owner stays."""
    acting_as.check_whole_partner()
    lock_in_transaction("people.staff")
    staff = Staff.objects.filter(id=staff_id, removed_at=None).first()
    if staff is None:
        return gone()
    if _is_last_owner(staff):
        return _last_owner()
    before = _described(staff)
    staff.removed_at = now
    staff.save(update_fields=["removed_at"])
    _record(acting_as, "staff.removed", staff, now, before=before)
    return None


@transaction.atomic
def renew_staff_invitation(*, acting_as: Actor, staff_id: UUID, now: datetime) -> Refusal | None:
    """Give somebody at the partner who never signed in the full time again."""
    acting_as.check_whole_partner()
    lock_in_transaction("people.staff")
    staff = Staff.objects.filter(id=staff_id, removed_at=None).first()
    if staff is None:
        return gone()
    if staff.person_id is not None:
        return Refusal(reason="already_bound", rule="people.invitation_once", next_step="nothing_to_do")
    staff.expires_at = now + timedelta(days=INVITATION_DAYS)
    staff.save(update_fields=["expires_at"])
    _record(acting_as, "staff.invitation_renewed", staff, now, after={"expires_at": staff.expires_at.isoformat()})
    return None


@transaction.atomic
def bind_staff(
    *, acting_as: Actor, staff_id: UUID, sign_in_id: int, now: datetime, loses_access: UUID | None = None
) -> Refusal | None:
    """Bind a place at the partner to the account of a refused sign-in in the partner's tenant.

    ``loses_access`` is the person of whom the page said that they have the place until now, if anybody has.
    """
    acting_as.check_whole_partner()
    lock_in_transaction("people.staff")
    staff = Staff.objects.filter(id=staff_id, removed_at=None).select_related("person").first()
    if staff is None or staff.person_id != loses_access:
        return gone()
    sign_in = SignInRecord.objects.filter(
        id=sign_in_id,
        accepted=False,
        company=None,
        reason__in=[reason.value for reason in BINDABLE],
        tid__iexact=settings.PARTNER_TENANT_ID,
    ).first()
    if sign_in is None or sign_in.staff_id not in {None, staff.id}:
        return Refusal(reason="not_bindable", rule="people.bind_in_the_pinned_tenant", next_step="invite_address")
    person = known_person(sign_in.tid, sign_in.oid, name=sign_in.name, username=sign_in.username, now=now)
    if Staff.objects.filter(person=person, removed_at=None).exists():
        return Refusal(
            reason="person_has_access", rule="people.staff_once", next_step="change_role", facts={"person": person.name}
        )
    before = account_of(staff.person)
    bind_to_person(staff, person, now)
    _record(acting_as, "staff.bound", staff, now, before=before, after={"tid": person.tid, "oid": person.oid})
    return None


def bind_to_person(staff: Staff, person: Person, now: datetime) -> None:
    """Make a place at the partner the person's own."""
    staff.person = person
    staff.bound_at = now
    staff.save(update_fields=["person", "bound_at"])


def _companies(all_companies: bool, company_ids: Iterable[UUID]) -> list[Company] | Refusal:
    if all_companies:
        return []
    wanted = set(company_ids)
    companies = list(Company.objects.filter(id__in=wanted, removed_at=None).order_by("id"))
    if not wanted or len(companies) != len(wanted):
        return Refusal(reason="name_companies", rule="people.staff_companies", next_step="choose_companies")
    return companies


def _is_last_owner(staff: Staff) -> bool:
    # An owner for named companies could not put anything right again.
    owners = Staff.objects.filter(role=StaffRole.OWNER, all_companies=True, removed_at=None).exclude(person=None)
    return owners.filter(id=staff.id).exists() and not owners.exclude(id=staff.id).exists()


def _last_owner() -> Refusal:
    return Refusal(reason="last_owner", rule="people.one_owner_stays", next_step="another_owner_first")


def _described(staff: Staff) -> dict[str, object]:
    companies = staff.companies.order_by("name", "id").values_list("id", flat=True)
    return {
        "email": staff.email,
        "role": str(staff.role),
        "all_companies": staff.all_companies,
        "companies": [str(company_id) for company_id in companies],
        "guest_allowed": staff.guest_allowed,
    }


def _record(
    acting_as: Actor,
    verb: str,
    staff: Staff,
    now: datetime,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    audit.record(
        acting_as=acting_as,
        verb=verb,
        subject_kind="staff",
        subject_id=str(staff.id),
        subject_name=staff.email,
        before=before,
        after=after,
        now=now,
    )
