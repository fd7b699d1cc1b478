"""What the actions of this room share: finding the row, refusing, recording, ending a run with Microsoft's words."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from tenantry.audit import actions as audit
from tenantry.clients.http import UpstreamError
from tenantry.connection.advice import key_for
from tenantry.connection.models import ConnectionMode, PartnerConnection
from tenantry.jobs import runs
from tenantry.kernel.actor import Actor
from tenantry.kernel.refusals import Refusal

# The kinds of this room's runs.
CONSENT = "consent"
CERTIFICATE = "certificate"
CHECK = "check_connection"
DIRECT_CSP = "direct_csp"
REFRESH_TENANTS = "refresh_tenants"

# The message key of a run that failed for a reason with an advice key: details have advice, words, code, request_id.
REFUSED = "refused_by_microsoft"


def locked(connection_id: UUID) -> PartnerConnection | None:
    """Return a connection, held until the transaction ends; None if there is none (any more)."""
    return PartnerConnection.objects.select_for_update().filter(id=connection_id, removed_at=None).first()


def gone() -> Refusal:
    """Say that the connection is not there any more."""
    return Refusal(reason="gone", rule="connection.still_there", next_step="look_again")


def record(
    acting_as: Actor,
    verb: str,
    row: PartnerConnection,
    now: datetime,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    outcome: str = "",
    request_id: str = "",
) -> None:
    """Add the audit row of something that was done to a connection."""
    audit.record(
        acting_as=acting_as,
        verb=verb,
        subject_kind="partner_connection",
        subject_id=str(row.id),
        subject_name=row.name,
        before=before,
        after=after,
        outcome=outcome,
        request_id=request_id,
        now=now,
    )


def fail_run(run_id: UUID, error: UpstreamError, mode: str = ConnectionMode.CONSENT) -> None:
    """End a run with what Microsoft said; ``mode`` is that of the connection."""
    key = key_for(error.advice, by_application=mode == ConnectionMode.APPLICATION)
    fail_run_for(run_id, key, words=error.quote, code=error.code, request_id=error.request_id)


def fail_run_for(run_id: UUID, advice: str, *, words: str = "", code: str = "", request_id: str = "") -> None:
    """End a run for a reason that `connection.advice` has a text for."""
    runs.fail(run_id, REFUSED, {"advice": advice, "words": words, "code": code, "request_id": request_id})
