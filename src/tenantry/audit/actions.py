"""Writing the audit record: rows are added at the end of their chain and never touched again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import F

from tenantry.audit import canonical
from tenantry.audit.models import AuditRow, Chain
from tenantry.kernel.actor import Actor
from tenantry.kernel.columns import fit

_log = structlog.get_logger(__name__)

# The function of the database takes the place in the chain, the predecessor and the hash; nobody else may add a row.
_APPEND = "SELECT audit_append(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


def record(
    *,
    acting_as: Actor,
    verb: str,
    subject_kind: str,
    subject_id: str,
    now: datetime,
    subject_name: str = "",
    company_id: UUID | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    outcome: str = "",
    rule: str = "",
    request_id: str = "",
) -> None:
    """Add one row to the company's chain, or to the partner's own chain without a company.

    ``verb`` reads "change_order.placed"; ``before`` and ``after`` hold what changed as plain values (no floats). The
    chain's head stays locked until the caller's transaction ends, so call this late in it.

    Errors: TransactionManagementError outside a transaction: the row must stand or fall with what it tells of.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("An audit row needs the transaction of what it tells of.")
    values = (
        company_id,
        now,
        acting_as.kind.value,
        acting_as.id,
        fit(AuditRow, "actor_name", acting_as.label),
        verb,
        subject_kind,
        canonical.text(subject_id),
        fit(AuditRow, "subject_name", subject_name),
        None if before is None else json.dumps(canonical.plain(before)),
        None if after is None else json.dumps(canonical.plain(after)),
        outcome,
        fit(AuditRow, "rule", rule),
        request_id,
    )
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, values)


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of a chain at one moment; ``company_id`` None is the partner's own chain."""

    company_id: UUID | None
    sequence: int
    hash: str

    def line(self) -> str:
        """Write the head as one line of a mail or log: chain, number of the row, hash."""
        return f"{self.company_id or 'partner'} {self.sequence} {self.hash}"


def publish_heads() -> list[Head]:
    """Write the head of every chain that grew since the last time to the log, and return these heads for a mail.

    What left the machine this way cannot be rewritten here unnoticed.
    """
    with transaction.atomic():
        grown = Chain.objects.select_for_update().filter(sequence__gt=F("published_sequence")).order_by("id")
        heads = [Head(chain.company_id, chain.sequence, bytes(chain.head).hex()) for chain in grown]
        Chain.objects.filter(id__in=[chain.id for chain in grown]).update(published_sequence=F("sequence"))
    for head in heads:
        _log.info("audit.head", head=head.line())
    return heads
