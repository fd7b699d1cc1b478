"""What a contact with Microsoft says about the connection itself: kept in its row, told when it breaks.

Two things only break a connection: that Microsoft issues no token or does not accept a fresh one (401), and that it
refuses the list of customers (403). Every other answer is about the one address that was asked.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from tenantry.audit import actions as audit
from tenantry.clients.entra import TokenFacts
from tenantry.clients.http import Call, SignInNeeded, UpstreamError
from tenantry.clients.partner_center import PartnerCenter
from tenantry.connection.advice import advice, key_for
from tenantry.connection.models import ConnectionMode, ConnectionState, PartnerConnection, TroubleAbout
from tenantry.kernel.actor import Actor
from tenantry.kernel.columns import fit
from tenantry.notices import actions as notices

log = structlog.get_logger(__name__)


def note_calls(connection_id: uuid.UUID, calls: Sequence[tuple[datetime, Call]]) -> None:
    """Keep when a connection was last used, and when Partner Center last answered well."""
    health = {"last_call_at": max(made_at for made_at, _call in calls)}
    good = [
        made_at
        for made_at, call in calls
        if call.service == "partner_center" and call.status is not None and call.status < 400
    ]
    if good:
        health["last_success_at"] = max(good)
    PartnerConnection.objects.filter(id=connection_id).update(**health)


def is_about_token(error: UpstreamError) -> bool:
    """Say whether Microsoft issued no token, or did not accept one."""
    return isinstance(error, SignInNeeded) or error.http_status == 401


def mfa_compliant(client: PartnerCenter) -> bool | None:
    """Ask whether the token carries the second factor; None when Microsoft does not say.

    Errors: UpstreamError about the token. Any other answer is about this address, and what follows may work.
    """
    try:
        return client.mfa_compliant()
    except UpstreamError as error:
        if is_about_token(error):
            raise
        log.warning("connection.mfa_unknown", code=error.code, words=error.words, request_id=error.request_id)
        return None


@transaction.atomic
def note_trouble(connection_id: uuid.UUID, error: UpstreamError, *, about: TroubleAbout, now: datetime) -> None:
    """Keep what Microsoft said when a token, or the list of customers, could not be had.

    A token that is refused breaks the connection, and so does a list that may not be read; the partner is told once a
    day while it is broken. Anything else is kept beside what is so, and hides nothing that has broken it before.
    """
    row = PartnerConnection.objects.select_for_update().filter(id=connection_id, removed_at=None).first()
    breaks = is_about_token(error) or (about == TroubleAbout.TENANTS and error.http_status == 403)
    if row is None or (row.state == ConnectionState.BROKEN and not breaks):
        return
    row.last_error_at = now
    row.last_error_about = about
    row.last_error_code = fit(PartnerConnection, "last_error_code", error.code)
    row.last_error_words = fit(PartnerConnection, "last_error_words", error.quote)
    row.last_error_request_id = fit(PartnerConnection, "last_error_request_id", error.request_id)
    advice_key = key_for(error.advice, by_application=row.mode == ConnectionMode.APPLICATION)
    row.last_error_advice = advice_key
    if breaks:
        if row.state != ConnectionState.BROKEN:
            _record(row, "connection.broke", now, request_id=row.last_error_request_id)
        row.state = ConnectionState.BROKEN
        _tell(row, now)
    row.save(
        update_fields=[
            "state",
            "last_error_at",
            "last_error_code",
            "last_error_words",
            "last_error_request_id",
            "last_error_advice",
            "last_error_about",
        ]
    )


@transaction.atomic
def note_working(connection_id: uuid.UUID, *, mfa_compliant: bool | None, now: datetime) -> None:
    """Keep that the whole way to Microsoft works: token, rights and answers.

    `mfa_compliant` is Microsoft's own word; None leaves what is known.
    """
    row = PartnerConnection.objects.select_for_update().filter(id=connection_id, removed_at=None).first()
    if row is None:
        return
    if row.state == ConnectionState.BROKEN:
        _record(row, "connection.recovered", now)
    row.state = ConnectionState.WORKING
    row.last_call_at = row.last_success_at = now
    if mfa_compliant is not None and row.mode == ConnectionMode.CONSENT:
        row.mfa_compliant = mfa_compliant
    row.save(update_fields=["state", "last_call_at", "last_success_at", "mfa_compliant"])


def note_token(connection_id: uuid.UUID, facts: TokenFacts | None, *, now: datetime) -> None:
    """Keep when a token was issued, and what it says about the account; None where it cannot be read."""
    known: dict[str, object] = {"token_renewed_at": now}
    if facts is not None and not facts.app_only:
        known |= {
            "mfa_compliant": facts.mfa,
            "roles": list(facts.roles),
            "account": fit(PartnerConnection, "account", facts.username),
        }
    PartnerConnection.objects.filter(id=connection_id, removed_at=None).update(**known)


def _record(row: PartnerConnection, verb: str, now: datetime, request_id: str = "") -> None:
    audit.record(
        acting_as=Actor.system(),
        verb=verb,
        subject_kind="partner_connection",
        subject_id=str(row.id),
        subject_name=row.name,
        outcome=row.last_error_advice if verb == "connection.broke" else "",
        request_id=request_id,
        now=now,
    )


def _tell(row: PartnerConnection, now: datetime) -> None:
    told = advice(row.last_error_advice)
    notices.notify(
        kind="connection_broken",
        subject=_("The partner connection %(name)s does not work") % {"name": row.name},
        body=_(
            "%(sentence)s\n\nWhat to do: %(step)s\nWho can do it: %(who)s\n\nMicrosoft said: %(words)s\n"
            "Code: %(code)s, request id: %(request)s\n\n%(orders)s"
        )
        % {
            "sentence": told.sentence,
            "step": told.next_step,
            "who": told.who_text,
            "words": row.last_error_words or _("nothing that can be read"),
            "code": row.last_error_code or "–",
            "request": row.last_error_request_id or "–",
            "orders": _orders(row),
        },
        now=now,
        subject_id=f"{row.id}:{now.date().isoformat()}:{row.last_error_about}",
    )


def _orders(row: PartnerConnection) -> str:
    if row.last_error_about == TroubleAbout.TOKEN:
        return _(
            "Until then no change order reaches Microsoft through this connection; the last token may work for an "
            "hour at most."
        )
    return _(
        "This refusal is about the list of customers. Change orders are still sent, and each one says how it ended."
    )
