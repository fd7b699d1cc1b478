"""Reading the audit record, and proving that it is whole."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Q, QuerySet

from tenantry.audit import canonical
from tenantry.audit.actions import Head
from tenantry.audit.models import AuditRow, Chain

# The verb of the rows that note breaks; whoever has no more than the web's rights cannot write it.
BREAKS_ACCEPTED = "audit.breaks_accepted"
_BATCH = 1000
_MOST_OF_A_GAP = 100
_UNREADABLE = (DatabaseError, ValueError, OverflowError, RecursionError)
_HEAD = re.compile(r"\b(partner|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) ([0-9]+) ([0-9a-f]{64})\b")


def rows(
    *,
    companies: Collection[UUID] | None = None,
    with_partner: bool = True,
    verb: str = "",
    actor: str = "",
    subject_kind: str = "",
    subject_id: str = "",
    search: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[AuditRow]:
    """Find rows, newest first; the caller slices a page from them.

    ``companies`` None means all of them; ``with_partner`` adds the rows that belong to no company. ``verb`` is a whole
    verb or its first part ("change_order"); ``search`` looks into actor, subject and request id.
    """
    found = AuditRow.objects.order_by("-happened_at", "-id")
    if companies is not None:
        mine = Q(company_id__in=companies)
        found = found.filter(mine | Q(company_id=None) if with_partner else mine)
    elif not with_partner:
        found = found.filter(company_id__isnull=False)
    if verb:
        found = found.filter(Q(verb=verb) | Q(verb__startswith=f"{verb}."))
    if actor:
        found = found.filter(actor_id=actor)
    if subject_kind:
        found = found.filter(subject_kind=subject_kind)
    if subject_id:
        found = found.filter(subject_id=subject_id)
    if search:
        found = found.filter(
            Q(actor_name__icontains=search) | Q(subject_name__icontains=search) | Q(request_id__iexact=search)
        )
    if since:
        found = found.filter(happened_at__gte=since)
    if until:
        found = found.filter(happened_at__lt=until)
    return found


class Fault(StrEnum):
    """What is wrong with a chain."""

    CHANGED = "changed"  # a row does not say what was hashed
    MISSING = "missing"  # a number of the sequence is not there
    REORDERED = "reordered"  # a row does not follow the row before it
    HEAD = "head"  # the head is not the last row
    WENT_BACK = "went_back"  # the chain is shorter than what was published
    NOT_AS_PUBLISHED = "not_as_published"  # a published head is not what stands there now


@dataclass(frozen=True, slots=True)
class Break:
    """One broken place; ``company_id`` None is the partner's own chain.

    ``seen`` is the hash of what stands there now; empty where nothing does, or nothing that can be read.
    """

    company_id: UUID | None
    sequence: int
    fault: Fault
    seen: str = field(default="", compare=False)

    def note(self) -> list[str | int]:
        """Write the place down as it is kept when it is accepted."""
        return [str(self.company_id or "partner"), self.sequence, self.fault.value, self.seen]


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """How many chains and rows were read, and every place that is broken; apart those that somebody has accepted."""

    chains: int
    rows: int
    breaks: tuple[Break, ...]
    accepted: tuple[Break, ...] = ()

    @property
    def whole(self) -> bool:
        """Tell whether nothing is broken but what was accepted."""
        return not self.breaks


def verify(published: Iterable[Head] = ()) -> VerifyResult:
    """Walk every chain from its first row and compare each row with its hash, its number and the row before it.

    Heads that were published earlier, e.g. read with `read_heads` from kept mails, are compared as well: they also
    show a record that was rewritten as a whole.
    """
    expected: dict[UUID | None, list[Head]] = {}
    for head in published:
        expected.setdefault(head.company_id, []).append(head)
    breaks: list[Break] = []
    chains = rows_read = 0
    for chain in Chain.objects.order_by("id").iterator():
        chains += 1
        walk = _Walk(chain, expected.pop(chain.company_id, []))
        for row in _rows_of(chain):
            walk.take(row)
        walk.finish()
        rows_read += walk.count
        breaks += walk.breaks
    for company_id, heads in expected.items():
        breaks += [Break(company_id, head.sequence, Fault.NOT_AS_PUBLISHED) for head in heads]
    known = _accepted()
    new: list[Break] = []
    accepted: list[Break] = []
    for found in breaks:
        (accepted if tuple(found.note()) in known else new).append(found)
    return VerifyResult(chains, rows_read, tuple(new), tuple(accepted))


def _accepted() -> set[tuple[str | int, ...]]:
    """Return the places that somebody with the owner's rights has looked into (`tenantry.audit.repair`)."""
    noted = AuditRow.objects.filter(company_id=None, verb=BREAKS_ACCEPTED).only("company_id", "hash")
    good = [row.after or {} for row in noted if _hash_of(row) == bytes(row.hash)]
    return {tuple(place) for after in good for place in after.get("breaks", [])}


def read_heads(text: str) -> list[Head]:
    """Read published heads from mails or from the log, whatever else stands in them."""
    return [
        Head(None if chain == "partner" else UUID(chain), int(sequence), digest)
        for chain, sequence, digest in _HEAD.findall(text)
    ]


def _rows_of(chain: Chain) -> Iterator[AuditRow]:
    last = -(2**63)  # numbers below 1 are forged, and to be named
    while True:
        batch = chain.rows.filter(sequence__gt=last).order_by("sequence")
        try:
            rows = list(batch[:_BATCH])
        except _UNREADABLE:
            # Who could once write past the function may have left what Python cannot read: then each row is read apart.
            rows = list(batch.only("sequence", "company_id", "previous_hash", "hash")[:_BATCH])
        if not rows:
            return
        yield from rows
        last = rows[-1].sequence


class _Walk:
    """One pass over one chain."""

    def __init__(self, chain: Chain, published: list[Head]) -> None:
        self.chain = chain
        # Two heads may name one row: one that was kept, and one that went out after the record had been rewritten.
        self.published: dict[int, set[str]] = {}
        for head in published:
            self.published.setdefault(head.sequence, set()).add(head.hash)
        self.breaks: list[Break] = []
        self.count = 0
        self._next = 1
        self._hash = b""
        self._head_seen = chain.sequence == 0

    def take(self, row: AuditRow) -> None:
        self.count += 1
        says = _hash_of(row)
        if row.sequence < 1:
            self._break(row.sequence, Fault.CHANGED, says)
            return
        self._missing(row.sequence)
        followed_on = row.sequence == self._next
        if followed_on and bytes(row.previous_hash) != self._hash:
            self._break(row.sequence, Fault.REORDERED, says)
        if row.company_id != self.chain.company_id or says != bytes(row.hash):
            self._break(row.sequence, Fault.CHANGED, says)
        if row.sequence == self.chain.sequence:
            self._head_seen = bytes(row.hash) == bytes(self.chain.head)
        told = self.published.pop(row.sequence, set())
        if told - {bytes(row.hash).hex()}:
            self._break(row.sequence, Fault.NOT_AS_PUBLISHED)
        self._next, self._hash = row.sequence + 1, bytes(row.hash)

    def finish(self) -> None:
        self._missing(self.chain.sequence + 1)
        last = self._next - 1
        if not self._head_seen and last >= self.chain.sequence:
            self._break(self.chain.sequence, Fault.HEAD)
        # Others may have written meanwhile; then the head has moved on with their rows.
        if last > self.chain.sequence and Chain.objects.get(pk=self.chain.pk).sequence < last:
            self._break(last, Fault.HEAD)
        if self.chain.sequence < self.chain.published_sequence:
            self._break(self.chain.sequence, Fault.WENT_BACK)
        for sequence in self.published:
            self._break(sequence, Fault.NOT_AS_PUBLISHED)

    def _missing(self, until: int) -> None:
        """Name what is missing in front of a number; of a very long gap the beginning."""
        for sequence in range(self._next, min(until, self._next + _MOST_OF_A_GAP)):
            self._break(sequence, Fault.MISSING)

    def _break(self, sequence: int, fault: Fault, says: bytes = b"") -> None:
        self.breaks.append(Break(self.chain.company_id, sequence, fault, says.hex()))


def _hash_of(row: AuditRow) -> bytes:
    """Return the hash of what a row says, empty for one that cannot be read."""
    try:
        return canonical.hash_of(row, bytes(row.previous_hash))
    except _UNREADABLE:
        return b""
