"""Keeping connections alive and telling in time when they end; taking one out."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from tenantry.connection.actions.common import gone, locked, record
from tenantry.connection.actions.tenants import wake_refresh
from tenantry.connection.client import key_place, next_key_place, token_place
from tenantry.connection.health import CERTIFICATE_ENDS_SOON, CONSENT_GROWS_OLD, CONSENT_LASTS, works_until
from tenantry.connection.models import ConnectionMode, ConnectionState, ConsentAttempt, PartnerConnection, Tenant
from tenantry.kernel.actor import Actor
from tenantry.kernel.locks import lock_in_transaction
from tenantry.kernel.refusals import Refusal
from tenantry.kernel.seal import CannotOpen, Place, reseal
from tenantry.notices import actions as notices

log = structlog.get_logger(__name__)

# The partner is told again when this many days are left, so that the message is not worn out before it counts.
_WARN_DAYS = (30, 14, 7, 3, 2, 1)
_PLACES: Mapping[str, Callable[[UUID], Place]] = {
    "sealed_refresh_token": token_place,
    "sealed_private_key": key_place,
    "sealed_next_key": next_key_place,
}


def set_audit_cursor(connection_id: UUID, until: datetime) -> None:
    """Remember until when Microsoft's audit records have been read."""
    PartnerConnection.objects.filter(id=connection_id).update(audit_read_until=until)


def keep_alive(*, only_broken: bool = False) -> None:
    """Have every connection with a token used now, which renews its consent; or only those that are broken.

    A broken one may have been mended at Microsoft meanwhile, and only a try can tell.
    """
    rows = PartnerConnection.objects.filter(removed_at=None)
    if only_broken:
        rows = rows.filter(state=ConnectionState.BROKEN)
    for row in rows:
        if row.sealed_refresh_token or row.sealed_private_key:
            wake_refresh(row.id)


def reseal_secrets() -> int:
    """Close every secret with today's key, so that an older one can be laid off within a day; return how many."""
    done = 0
    for row in PartnerConnection.objects.filter(removed_at=None):
        for column, place in _PLACES.items():
            sealed = getattr(row, column)
            if not sealed:
                continue
            try:
                fresh = reseal(bytes(sealed), place(row.id))
            except CannotOpen as problem:
                log.warning("secret.cannot_be_opened", connection=str(row.id), column=column, problem=str(problem))
                continue
            if fresh != bytes(sealed):
                # A token that was rotated meanwhile is closed with today's key already.
                done += PartnerConnection.objects.filter(id=row.id, **{column: sealed}).update(**{column: fresh})
    return done


def warn_in_time(now: datetime) -> None:
    """Tell the partner of consents that were not renewed for too long and of certificates that end soon."""
    for row in PartnerConnection.objects.filter(removed_at=None):
        until = works_until(row)
        if until is None or not (row.sealed_refresh_token or row.sealed_private_key):
            continue
        warned_for = CERTIFICATE_ENDS_SOON
        if row.mode == ConnectionMode.CONSENT:
            warned_for = CONSENT_LASTS - CONSENT_GROWS_OLD
        left = until - now
        if timedelta() < left <= warned_for:
            _warn(row, until, left, now)


@transaction.atomic
def remove_connection(
    *,
    acting_as: Actor,
    connection_id: UUID,
    confirmed_name: str,
    companies_of: Callable[[UUID], int],
    now: datetime,
) -> Refusal | None:
    """Take a connection out for good: its secrets are wiped and its tenants forgotten; the audit record stays.

    `confirmed_name` is what the person wrote to confirm. `companies_of` counts the companies that still use it; while
    there are any, it is refused. Nothing changes at Microsoft.
    """
    acting_as.check_whole_partner()
    # The same lock as for adding companies, so that none is added meanwhile.
    lock_in_transaction("people.companies")
    row = locked(connection_id)
    if row is None:
        return gone()
    if " ".join(confirmed_name.split()).casefold() != " ".join(row.name.split()).casefold():
        return Refusal(reason="name_differs", rule="connection.removal_is_confirmed", next_step="write_the_name")
    used = companies_of(row.id)
    if used:
        return Refusal(
            reason="still_used",
            rule="connection.removal_needs_no_companies",
            next_step="remove_companies",
            facts={"companies": used},
        )
    tenants = Tenant.objects.filter(connection=row).delete()[0]
    ConsentAttempt.objects.filter(connection=row).delete()
    row.removed_at = now
    row.sealed_refresh_token = row.sealed_private_key = row.sealed_next_key = None
    row.certificate = row.next_certificate = ""
    row.save()
    record(acting_as, "connection.removed", row, now, before={"account": row.account, "tenants": tenants})
    return None


def _warn(row: PartnerConnection, until: datetime, left: timedelta, now: datetime) -> None:
    days = min(day for day in _WARN_DAYS if left <= timedelta(days=day))
    values = {"name": row.name, "day": until.date().isoformat()}
    if row.mode == ConnectionMode.CONSENT:
        subject = _("The consent of the partner connection %(name)s is growing old") % values
        body = _(
            "The consent could not be renewed for a long time. Unless somebody grants Partner Center consent again "
            "under “Delegated Admin”, the connection stops working on %(day)s."
        )
    else:
        subject = _("The certificate of the partner connection %(name)s ends soon") % values
        body = _(
            "The certificate ends on %(day)s. Make a new one under “Delegated Admin”, upload it to the application "
            "in Entra and press “Check now”. The present one works until then."
        )
    notices.notify(
        kind="connection_ends",
        subject=subject,
        body=body % values,
        now=now,
        subject_id=f"{row.id}:{days}:{until.date().isoformat()}",
    )
