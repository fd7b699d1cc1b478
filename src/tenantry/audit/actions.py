"""Writing the audit record: rows are added at the end of their chain and never touched again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F

from tenantry.audit import canonical
from tenantry.audit.models import AuditRow, Chain
from tenantry.kernel.actor import Actor

_log = structlog.get_logger(__name__)


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
    chain = _locked_chain(company_id)
    head = bytes(chain.head)
    row = AuditRow(
        chain=chain,
        sequence=chain.sequence + 1,
        company_id=company_id,
        happened_at=now,
        actor_kind=acting_as.kind.value,
        actor_id=acting_as.id,
        actor_name=_short(acting_as.label, 200),
        verb=verb,
        subject_kind=subject_kind,
        subject_id=canonical.text(subject_id),
        subject_name=_short(subject_name, 300),
        before=None if before is None else canonical.plain(before),
        after=None if after is None else canonical.plain(after),
        outcome=outcome,
        rule=rule,
        request_id=request_id,
        previous_hash=head,
    )
    row.hash = canonical.hash_of(row, head)
    row.save(force_insert=True)
    chain.sequence, chain.head = row.sequence, row.hash
    chain.save(update_fields=["sequence", "head"])


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


def _locked_chain(company_id: UUID | None) -> Chain:
    of_company = Chain.objects.filter(company_id=company_id) if company_id else Chain.objects.filter(company_id=None)
    chain = of_company.select_for_update().first()
    if chain is None:
        # Somebody else may begin the same chain right now: then theirs is taken.
        Chain.objects.bulk_create([Chain(company_id=company_id)], ignore_conflicts=True)
        chain = of_company.select_for_update().get()
    return chain


def _short(value: str, most: int) -> str:
    clean = canonical.text(value)
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"
