"""Access of end users to one company: invited by address, bound to an account for good at the first sign-in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from tenantry.audit import actions as audit
from tenantry.clients.entra import DomainKind
from tenantry.connection.models import Tenant
from tenantry.jobs.queue import enqueue
from tenantry.kernel.actor import Actor
from tenantry.kernel.addresses import domain_of, read_address
from tenantry.kernel.columns import fit
from tenantry.kernel.refusals import Refusal
from tenantry.people.actions.companies import gone, locked_company
from tenantry.people.models import EndUser, EndUserRole, Person, SignInRecord
from tenantry.people.outcomes import BINDABLE, HolderQuestion, Invited, TenantQuestion
from tenantry.people.upstream import tenant_of_domain

INVITATION_DAYS = 14


def invite_end_user(
    *,
    acting_as: Actor,
    company_id: UUID,
    email: str,
    role: EndUserRole,
    now: datetime,
    confirmed_tenant_id: str = "",
    loses_access: UUID | None = None,
) -> Invited | TenantQuestion | HolderQuestion | Refusal:
    """Invite somebody by address to a company, pinned to the Microsoft tenant of the address's domain.

    Microsoft is asked before anything is locked. When it cannot be reached the invitation is stored without a tenant,
    opens nothing, and is looked up again by a job. ``confirmed_tenant_id`` is the answer to a `TenantQuestion`,
    ``loses_access`` that to a `HolderQuestion`: the account that has the access under this address loses it.
    """
    address = read_address(email)
    if address is None:
        return Refusal(reason="email_invalid", rule="people.address", next_step="correct_address")
    domain = domain_of(address)
    found = tenant_of_domain(domain)
    if found.kind in {DomainKind.UNKNOWN, DomainKind.CONSUMER}:
        return Refusal(
            reason=f"domain_{found.kind.value}",
            rule="people.domain_has_a_tenant",
            next_step="work_account",
            facts={"domain": domain},
        )
    with transaction.atomic():
        company = locked_company(company_id)
        if company is None:
            return gone()
        before = (
            EndUser.objects.select_for_update(of=("self",))
            .select_related("person")
            .filter(company=company, email__iexact=address, removed_at=None)
            .first()
        )
        if before is not None and before.person is None:
            return Refusal(
                reason="already_invited",
                rule="people.once_per_company",
                next_step="change_or_renew",
                facts={"address": address},
            )
        if before is not None and before.person is not None and before.person_id != loses_access:
            return HolderQuestion(before.id, before.person.id, before.person.name)
        if found.tenant_id not in {"", company.tenant_id, confirmed_tenant_id}:
            return TenantQuestion(domain, found.tenant_id, name_of_tenant(found.tenant_id))
        if before is not None:
            _pass_on(before, acting_as, now)
        end_user = EndUser.objects.create(
            company=company,
            email=address,
            role=role,
            pinned_tenant_id=found.tenant_id,
            pinned_tenant_name=name_of_tenant(found.tenant_id),
            invited_by=fit(EndUser, "invited_by", acting_as.label),
            invited_at=now,
            expires_at=now + timedelta(days=INVITATION_DAYS),
        )
        _record(
            acting_as,
            "end_user.invited",
            end_user,
            now,
            after={"email": address, "role": role.value, "tenant_id": found.tenant_id},
        )
        if not end_user.pinned_tenant_id:
            enqueue("people.look_up_invitation", end_user_id=end_user.id)
    return Invited(end_user.id, usable=bool(found.tenant_id))


def look_up_again(*, acting_as: Actor, end_user_id: UUID, now: datetime) -> bool:
    """Ask Microsoft again whose the domain of a stored invitation is; false while it still cannot be reached.

    Pins to the company's own tenant only. Anything else is kept as found, for the partner to confirm or to remove.
    """
    stored = EndUser.objects.filter(id=end_user_id, pinned_tenant_id="", person=None, removed_at=None).first()
    if stored is None:
        return True
    found = tenant_of_domain(domain_of(stored.email))
    if found.kind is DomainKind.UNREACHABLE:
        return False
    with transaction.atomic():
        end_user = locked_end_user(stored.company_id, end_user_id)
        if end_user is None or end_user.pinned_tenant_id:
            return True
        if found.tenant_id == end_user.company.tenant_id:
            _pin(end_user, found.tenant_id)
        end_user.look_up = found.kind.value
        end_user.found_tenant_id = found.tenant_id
        end_user.save(update_fields=["look_up", "found_tenant_id"])
        _record(
            acting_as,
            "end_user.looked_up",
            end_user,
            now,
            after={"tenant_id": found.tenant_id},
            outcome=found.kind.value,
        )
    return True


@transaction.atomic
def confirm_tenant(
    *, acting_as: Actor, company_id: UUID, end_user_id: UUID, tenant_id: str, now: datetime
) -> Refusal | None:
    """Let an invitation count for another tenant than the company's, as a later look-up found it.

    ``tenant_id`` is the one that the page named: if another look-up has changed it meanwhile, nothing happens.
    """
    end_user = locked_end_user(company_id, end_user_id)
    if end_user is None or end_user.pinned_tenant_id or not tenant_id or end_user.found_tenant_id != tenant_id:
        return gone()
    _pin(end_user, tenant_id)
    _record(acting_as, "end_user.tenant_confirmed", end_user, now, after={"tenant_id": tenant_id})
    return None


@transaction.atomic
def change_role(
    *, acting_as: Actor, company_id: UUID, end_user_id: UUID, role: EndUserRole, now: datetime
) -> Refusal | None:
    """Change what an end user may do, from their next request on."""
    end_user = locked_end_user(company_id, end_user_id)
    if end_user is None:
        return gone()
    if end_user.role != role:
        before, end_user.role = end_user.role, role
        end_user.save(update_fields=["role"])
        _record(
            acting_as, "end_user.role_changed", end_user, now, before={"role": str(before)}, after={"role": role.value}
        )
    return None


@transaction.atomic
def remove_end_user(*, acting_as: Actor, company_id: UUID, end_user_id: UUID, now: datetime) -> Refusal | None:
    """Take an end user's access away; they are out with their next request."""
    end_user = locked_end_user(company_id, end_user_id)
    if end_user is None:
        return gone()
    end_user.removed_at = now
    end_user.save(update_fields=["removed_at"])
    _record(acting_as, "end_user.removed", end_user, now, before={"email": end_user.email, "role": str(end_user.role)})
    return None


@transaction.atomic
def renew_invitation(*, acting_as: Actor, company_id: UUID, end_user_id: UUID, now: datetime) -> Refusal | None:
    """Give an invitation that was not used yet its full time again."""
    end_user = locked_end_user(company_id, end_user_id)
    if end_user is None:
        return gone()
    if end_user.person_id is not None:
        return Refusal(reason="already_bound", rule="people.invitation_once", next_step="nothing_to_do")
    end_user.expires_at = now + timedelta(days=INVITATION_DAYS)
    end_user.save(update_fields=["expires_at"])
    _record(
        acting_as, "end_user.invitation_renewed", end_user, now, after={"expires_at": end_user.expires_at.isoformat()}
    )
    return None


@transaction.atomic
def bind_end_user(
    *,
    acting_as: Actor,
    company_id: UUID,
    end_user_id: UUID,
    sign_in_id: int,
    now: datetime,
    loses_access: UUID | None = None,
) -> Refusal | None:
    """Bind access to the account of a refused sign-in, which a person at the partner recognised.

    Only a member of the pinned tenant can be bound: who signed in under another user name, or with another account.
    ``loses_access`` is the person of whom the page said that they have the access until now, if anybody has.
    """
    end_user = locked_end_user(company_id, end_user_id)
    if end_user is None or end_user.person_id != loses_access:
        return gone()
    sign_in = SignInRecord.objects.filter(
        id=sign_in_id,
        company_id=company_id,
        accepted=False,
        reason__in=[reason.value for reason in BINDABLE],
        tid=end_user.pinned_tenant_id,
    ).first()
    if sign_in is None or sign_in.end_user_id not in {None, end_user.id}:
        return Refusal(reason="not_bindable", rule="people.bind_in_the_pinned_tenant", next_step="invite_address")
    person = known_person(sign_in.tid, sign_in.oid, name=sign_in.name, username=sign_in.username, now=now)
    if EndUser.objects.filter(company_id=company_id, person=person, removed_at=None).exists():
        return Refusal(
            reason="person_has_access",
            rule="people.once_per_company",
            next_step="change_role",
            facts={"person": person.name},
        )
    before = account_of(end_user.person)
    bind(end_user, person, now)
    _record(acting_as, "end_user.bound", end_user, now, before=before, after={"tid": person.tid, "oid": person.oid})
    return None


def _pass_on(end_user: EndUser, acting_as: Actor, now: datetime) -> None:
    """End somebody's access because their address is invited anew; their account gets none by itself again."""
    end_user.removed_at = now
    end_user.passed_on = True
    end_user.save(update_fields=["removed_at", "passed_on"])
    _record(acting_as, "end_user.passed_on", end_user, now, before=account_of(end_user.person))


def bind(end_user: EndUser, person: Person, now: datetime) -> None:
    """Make an invitation the person's own."""
    end_user.person = person
    end_user.bound_at = now
    end_user.save(update_fields=["person", "bound_at"])


def known_person(tid: str, oid: str, *, name: str, username: str, now: datetime, is_guest: bool = False) -> Person:
    """Return the person of a verified account, new if they were never here, with the name they have by now."""
    current = {"name": fit(Person, "name", name), "username": fit(Person, "username", username), "is_guest": is_guest}
    person, _created = Person.objects.update_or_create(
        tid=tid, oid=oid, defaults=current, create_defaults=current | {"created_at": now}
    )
    return person


def account_of(person: Person | None) -> dict[str, object] | None:
    """Return whose account has an access, for the record of its end; None: nobody's yet."""
    return None if person is None else {"person": person.name, "tid": person.tid, "oid": person.oid}


def locked_end_user(company_id: UUID, end_user_id: UUID) -> EndUser | None:
    """Return somebody's access, held until the transaction ends; None if it is not at this company (any more)."""
    return (
        EndUser.objects.select_for_update(of=("self",))
        .select_related("company", "person")
        .filter(id=end_user_id, company_id=company_id, removed_at=None, company__removed_at=None)
        .first()
    )


def name_of_tenant(tenant_id: str) -> str:
    """Return the name under which Partner Center lists a tenant; empty if the partner does not know it."""
    if not tenant_id:
        return ""
    return Tenant.objects.filter(tenant_id=tenant_id).values_list("name", flat=True).first() or ""


def _pin(end_user: EndUser, tenant_id: str) -> None:
    end_user.pinned_tenant_id = tenant_id
    end_user.pinned_tenant_name = name_of_tenant(tenant_id)
    end_user.save(update_fields=["pinned_tenant_id", "pinned_tenant_name"])


def _record(
    acting_as: Actor,
    verb: str,
    end_user: EndUser,
    now: datetime,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    outcome: str = "",
) -> None:
    audit.record(
        acting_as=acting_as,
        verb=verb,
        subject_kind="end_user",
        subject_id=str(end_user.id),
        subject_name=end_user.email,
        company_id=end_user.company_id,
        before=before,
        after=after,
        outcome=outcome,
        now=now,
    )
