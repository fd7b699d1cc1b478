"""Decide who a verified Microsoft account is here, and bind what was promised to it.

A person is (tid, oid) of a verified token. An address alone proves nothing: it counts only together with the tenant
that the address was pinned to when it was invited.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Lower

from tenantry.audit import actions as audit
from tenantry.clients.entra import Identity
from tenantry.connection.models import Tenant
from tenantry.kernel.actor import Actor, ActorKind
from tenantry.kernel.addresses import same_way
from tenantry.kernel.columns import fit
from tenantry.kernel.locks import lock_in_transaction
from tenantry.people import queries
from tenantry.people.actions.end_users import bind, known_person
from tenantry.people.actions.staff import bind_to_person
from tenantry.people.models import EndUser, Person, SignInRecord, Staff
from tenantry.people.outcomes import SignInOutcome, SignInReason

Row = TypeVar("Row", EndUser, Staff)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sign-in came from, for the log."""

    address: str | None = None  # IP address
    agent: str = ""


@dataclass(frozen=True, slots=True)
class _Clue:
    """Whom a refused sign-in may concern, so that the partner reads about it at the right place."""

    reason: SignInReason
    end_users: Sequence[EndUser] = ()
    staff: Staff | None = None


@transaction.atomic
def sign_in(
    identity: Identity,
    *,
    now: datetime,
    origin: Origin = Origin(),
    needs_factor: bool = True,
) -> SignInOutcome:
    """Let somebody in or not, bind invitations of theirs, and log it with the reason.

    The identity must come from a verified token. Accepted is who has a place at the partner or at least one company
    whose portal is open. ``needs_factor`` false: a session that began with the owner link is proven anew.
    """
    if in_partner_tenant(identity):
        lock_in_transaction("people.staff")  # binding must not race with a change of staff
    lock_in_transaction("people.account", identity.tid, identity.oid)
    staff = _staff_of(identity, now)
    end_users = _end_users_of(identity, now)
    if staff is not None and needs_factor and not _has_factor(identity):
        clue = _Clue(SignInReason.SECOND_FACTOR, staff=staff)
        _log_refused(identity, clue, now, origin)
        return SignInOutcome(person_id=None, reason=clue.reason)
    if staff is None and not end_users:
        clue = _clue(identity, now)
        _log_refused(identity, clue, now, origin)
        return SignInOutcome(person_id=None, reason=clue.reason)
    person = person_of(identity, now)
    kind = ActorKind.END_USER if staff is None else ActorKind.STAFF
    actor = Actor(kind=kind, id=str(person.id), name=person.name, label=person.name)
    for end_user in end_users:
        if end_user.person_id is None:
            bind(end_user, person, now)
            _record_bound(actor, "end_user", end_user.id, end_user.email, person, now, company_id=end_user.company_id)
    EndUser.objects.filter(id__in=[end_user.id for end_user in end_users]).update(last_sign_in_at=now)
    if staff is not None:
        if staff.person_id is None:
            bind_to_person(staff, person, now)
            _record_bound(actor, "staff", staff.id, staff.email, person, now)
        Staff.objects.filter(id=staff.id).update(last_sign_in_at=now)
    log_accepted(identity, person, now, origin, staff=staff, end_users=end_users)
    return SignInOutcome(person_id=person.id, reason=None)


def person_of(identity: Identity, now: datetime) -> Person:
    """Return the person of an accepted account, with what Microsoft says about them now."""
    person = known_person(
        identity.tid,
        identity.oid,
        name=identity.name or identity.username,
        username=identity.username,
        now=now,
        is_guest=identity.is_guest,
    )
    person.last_sign_in_at = now
    person.save(update_fields=["last_sign_in_at"])
    return person


def log_accepted(
    identity: Identity,
    person: Person,
    now: datetime,
    origin: Origin,
    *,
    staff: Staff | None = None,
    end_users: Sequence[EndUser] = (),
) -> None:
    """Write a good sign-in into the log."""
    only = end_users[0] if len(end_users) == 1 and staff is None else None
    SignInRecord.objects.create(
        **_logged(identity, now, origin),
        accepted=True,
        person=person,
        company=None if only is None else only.company,
        end_user=only,
        staff=staff,
    )


def note_refused(identity: Identity, reason: SignInReason, *, now: datetime, origin: Origin) -> None:
    """Write a sign-in that was refused at the door, and concerns no company, into the log."""
    _log_refused(identity, _Clue(reason), now, origin)


def in_partner_tenant(identity: Identity) -> bool:
    """Say whether the account signed in to the partner's own tenant."""
    return bool(settings.PARTNER_TENANT_ID) and identity.tid == settings.PARTNER_TENANT_ID.lower()


def _has_factor(identity: Identity) -> bool:
    """Say whether Microsoft confirms what staff must have used, if anything."""
    context = queries.staff_context()
    return not context or context in identity.contexts


def _staff_of(identity: Identity, now: datetime) -> Staff | None:
    if identity.is_personal or not in_partner_tenant(identity):
        return None
    places = Staff.objects.filter(removed_at=None)
    if identity.is_guest:
        places = places.filter(guest_allowed=True)
    bound = places.filter(person__tid=identity.tid, person__oid=identity.oid).first()
    if bound is not None:
        return bound
    promised = places.filter(person=None, expires_at__gt=now).exclude(_passed_on(Staff, identity))
    return _with_address(promised, _proven(identity)).first()


def _end_users_of(identity: Identity, now: datetime) -> list[EndUser]:
    """Return what the account has or may have from now on, where the portal is open; locked."""
    if identity.is_personal or identity.is_guest:
        return []
    open_portals = _at_companies().filter(company__portal_enabled=True).select_for_update(of=("self",))
    bound = list(open_portals.filter(person__tid=identity.tid, person__oid=identity.oid))
    taken = set(
        EndUser.objects.filter(person__tid=identity.tid, person__oid=identity.oid, removed_at=None).values_list(
            "company_id", flat=True
        )
    )
    promised = _with_address(
        open_portals.filter(person=None, pinned_tenant_id=identity.tid, expires_at__gt=now).exclude(
            _passed_on(EndUser, identity, company_id=OuterRef("company_id"))
        ),
        _proven(identity),
    ).order_by("company_id", "invited_at", "id")
    for end_user in promised:
        # A person has one access per company: of two invitations, under both addresses, the first one counts.
        if end_user.company_id not in taken:
            taken.add(end_user.company_id)
            bound.append(end_user)
    return bound


def _clue(identity: Identity, now: datetime) -> _Clue:
    """Say why nobody is let in, in the order of what the partner most needs to know."""
    named = list(_with_address(_at_companies(), _claimed(identity)))
    proven = _proven(identity)
    if identity.is_personal:
        return _Clue(SignInReason.PERSONAL, named)
    if identity.is_guest:
        at_tenant = list(_at_companies().filter(pinned_tenant_id=identity.tid, person=None))
        return _Clue(SignInReason.GUEST, named or at_tenant, _staff_place(identity))
    own = list(_at_companies().filter(person__tid=identity.tid, person__oid=identity.oid))
    if own:
        return _Clue(SignInReason.PORTAL_CLOSED, own)
    here = [
        end_user for end_user in named if end_user.pinned_tenant_id == identity.tid and end_user.email.lower() in proven
    ]
    recreated = [end_user for end_user in here if end_user.person_id is not None]
    if recreated:
        return _Clue(SignInReason.RECREATED, recreated)
    former = set(
        _at_companies()
        .filter(_passed_on(EndUser, identity, company_id=OuterRef("company_id")))
        .values_list("id", flat=True)
    )
    passed_on = [end_user for end_user in here if end_user.id in former]
    if passed_on:
        return _Clue(SignInReason.PASSED_ON, passed_on)
    expired = [end_user for end_user in here if end_user.expires_at <= now]
    if expired:
        return _Clue(SignInReason.EXPIRED, expired)
    if here:
        return _Clue(SignInReason.PORTAL_CLOSED, here)
    if in_partner_tenant(identity):
        clue = _staff_clue(identity, now)
        if clue is not None:
            return clue
    waiting = list(_at_companies().filter(pinned_tenant_id=identity.tid, person=None))
    if waiting:
        return _Clue(SignInReason.OTHER_NAME, waiting)
    not_ready = [end_user for end_user in named if not end_user.pinned_tenant_id]
    if not_ready:
        return _Clue(SignInReason.NOT_READY, not_ready)
    if named:
        return _Clue(SignInReason.OTHER_TENANT, named)
    return _Clue(SignInReason.UNKNOWN)


def _staff_clue(identity: Identity, now: datetime) -> _Clue | None:
    place = _staff_place(identity)
    if place is not None and place.person_id is not None:
        return _Clue(SignInReason.RECREATED, staff=place)
    if place is not None and Staff.objects.filter(_passed_on(Staff, identity), id=place.id).exists():
        return _Clue(SignInReason.PASSED_ON, staff=place)
    if place is not None:
        return _Clue(SignInReason.EXPIRED, staff=place)
    if Staff.objects.filter(removed_at=None, person=None).exists():
        return _Clue(SignInReason.OTHER_NAME)
    return None


def _staff_place(identity: Identity) -> Staff | None:
    if not in_partner_tenant(identity):
        return None
    return _with_address(Staff.objects.filter(removed_at=None), _proven(identity)).first()


def _passed_on(table: type[Row], identity: Identity, **scope: object) -> Exists:
    """Match the invitations of addresses that were this account's before: they were invited anew for somebody else."""
    former = table._default_manager.filter(
        email__iexact=OuterRef("email"), passed_on=True, person__tid=identity.tid, person__oid=identity.oid, **scope
    )
    return Exists(former)


def _at_companies() -> QuerySet[EndUser]:
    return EndUser.objects.filter(removed_at=None, company__removed_at=None).select_related("company", "person")


def _with_address(rows: QuerySet[Row], addresses: Iterable[str]) -> QuerySet[Row]:
    return rows.annotate(lower_email=Lower("email")).filter(lower_email__in=list(addresses)).order_by("id")


def _proven(identity: Identity) -> set[str]:
    """Return the addresses that the account's own tenant vouches for; they count in that tenant only."""
    proven = {same_way(identity.username)}
    if identity.email_verified:
        proven.add(same_way(identity.email))
    return proven - {""}


def _claimed(identity: Identity) -> set[str]:
    return {same_way(identity.username), same_way(identity.email)} - {""}


def _log_refused(identity: Identity, clue: _Clue, now: datetime, origin: Origin) -> None:
    logged = {**_logged(identity, now, origin), "accepted": False, "reason": clue.reason.value}
    if not clue.end_users:
        SignInRecord.objects.create(**logged, staff=clue.staff)
        return
    at_company: dict[UUID, list[EndUser]] = {}
    for end_user in clue.end_users:
        at_company.setdefault(end_user.company_id, []).append(end_user)
    for company_id, concerned in at_company.items():
        only = concerned[0] if len(concerned) == 1 else None
        SignInRecord.objects.create(**logged, company_id=company_id, end_user=only)


def _logged(identity: Identity, now: datetime, origin: Origin) -> dict[str, object]:
    tenant_name = Tenant.objects.filter(tenant_id=identity.tid).values_list("name", flat=True).first() or ""
    return {
        "happened_at": now,
        "tid": identity.tid,
        "oid": identity.oid,
        "tenant_name": tenant_name,
        "name": fit(SignInRecord, "name", identity.name),
        "username": fit(SignInRecord, "username", identity.username),
        "address": origin.address,
        "agent": fit(SignInRecord, "agent", origin.agent),
    }


def _record_bound(
    actor: Actor,
    kind: str,
    subject_id: UUID,
    email: str,
    person: Person,
    now: datetime,
    company_id: UUID | None = None,
) -> None:
    audit.record(
        acting_as=actor,
        verb=f"{kind}.bound",
        subject_kind=kind,
        subject_id=str(subject_id),
        subject_name=email,
        company_id=company_id,
        after={"tid": person.tid, "oid": person.oid},
        now=now,
    )
