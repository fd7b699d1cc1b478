"""The one-time link on the console that makes an owner: for the first one, and when no owner can sign in any more."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from tenantry.audit import actions as audit
from tenantry.clients.entra import Identity
from tenantry.kernel.actor import Actor, ActorKind
from tenantry.kernel.locks import lock_in_transaction
from tenantry.people.actions.sign_in import Origin, in_partner_tenant, log_accepted, note_refused, person_of
from tenantry.people.actions.staff import bind_to_person
from tenantry.people.models import OwnerLink, Person, Staff, StaffRole
from tenantry.people.outcomes import SignInOutcome, SignInReason

OWNER_LINK_HOURS = 24


@transaction.atomic
def make_owner_link(now: datetime, *, acting_as: Actor | None = None) -> str:
    """Return the address of a new one-time link; links made before and not used are void. Only its digest is stored."""
    token = secrets.token_urlsafe(32)
    OwnerLink.objects.filter(used_at=None).delete()
    OwnerLink.objects.create(
        digest=link_digest(token), created_at=now, expires_at=now + timedelta(hours=OWNER_LINK_HOURS)
    )
    audit.record(
        acting_as=acting_as or Actor.operator("console"),
        verb="owner_link.made",
        subject_kind="owner_link",
        subject_id=link_digest(token)[:12],
        now=now,
    )
    return f"{settings.BACKOFFICE_URL}{reverse('sign_in:first_owner', args=[token])}"


def link_digest(token: str) -> str:
    """Return what is kept of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def owner_link_is_good(token: str, now: datetime) -> bool:
    """Say whether a one-time link can still be used."""
    return OwnerLink.objects.filter(digest=link_digest(token), used_at=None, expires_at__gt=now).exists()


@transaction.atomic
def take_owner_link(
    identity: Identity,
    *,
    digest: str,
    now: datetime,
    origin: Origin = Origin(),  # noqa: B008 - frozen
) -> SignInOutcome:
    """Make the verified account an owner for all companies and use the link up; a refused try leaves it unused.

    ``digest`` is what `link_digest` makes of the link's token. Only a member of the partner's tenant can take it. A
    second factor that staff must have used is not asked for here: this is the way in when it cannot be used.
    """
    lock_in_transaction("people.staff")
    link = OwnerLink.objects.filter(digest=digest, used_at=None, expires_at__gt=now).first()
    if link is None:
        return _refused(identity, SignInReason.OWNER_LINK, now, origin)
    if identity.is_personal or identity.is_guest or not in_partner_tenant(identity):
        return _refused(identity, SignInReason.NOT_PARTNER, now, origin)
    link.used_at = now
    link.save(update_fields=["used_at"])
    person = person_of(identity, now)
    staff = _place_for(person, now)
    staff.role = StaffRole.OWNER
    staff.all_companies = True
    staff.last_sign_in_at = now
    staff.save(update_fields=["role", "all_companies", "last_sign_in_at"])
    if staff.person_id != person.id:
        bind_to_person(staff, person, now)
    audit.record(
        acting_as=Actor(kind=ActorKind.STAFF, id=str(person.id), name=person.name, label=person.name),
        verb="staff.became_owner",
        subject_kind="staff",
        subject_id=str(staff.id),
        subject_name=staff.email,
        after={"tid": person.tid, "oid": person.oid, "role": StaffRole.OWNER.value},
        now=now,
    )
    log_accepted(identity, person, now, origin, staff=staff)
    return SignInOutcome(person_id=person.id, reason=None)


def _place_for(person: Person, now: datetime) -> Staff:
    """Return the person's place at the partner, the one of their address, or a new one."""
    places = Staff.objects.filter(removed_at=None)
    found = places.filter(person=person).first() or places.filter(email__iexact=person.username).first()
    if found is not None:
        return found
    return Staff.objects.create(
        email=person.username, role=StaffRole.OWNER, added_by="console", added_at=now, expires_at=now
    )


def _refused(identity: Identity, reason: SignInReason, now: datetime, origin: Origin) -> SignInOutcome:
    note_refused(identity, reason, now=now, origin=origin)
    return SignInOutcome(person_id=None, reason=reason)
