"""The mirror: what Partner Center last said about a company's subscriptions. An unchanged record costs no write."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import connection, transaction

from tenantry.clients.partner_center.models import Subscription as Record
from tenantry.clients.partner_center.paging import Collected, Unreadable
from tenantry.kernel.columns import fit
from tenantry.licensing.models import ChangeOrder, LicenceCount, OrderState, Subscription, SubscriptionChange
from tenantry.licensing.moment import Moment
from tenantry.licensing.summary import keep_summary_later
from tenantry.licensing.upstream import columns_from_record, digest_of
from tenantry.people.models import Company

_COUNTS = ("name", "part_number", "assigned", "total", "suspended", "warning")
# Rows go in as one document: with a parameter for every value, a company with many new ones takes far longer.
_INSERT = """
    INSERT INTO licensing_subscription ({columns})
    SELECT {columns} FROM jsonb_populate_recordset(NULL::licensing_subscription, %s) ON CONFLICT DO NOTHING
"""
# What people would call a change; everything else (links, counters, a new date of the same meaning) is stored silently.
_TOLD = ("status", "quantity", "auto_renew", "scheduled", "term", "billing_plan", "commitment_end", "name")


@dataclass(frozen=True, slots=True)
class LicenceReading:
    """Assigned and total seats of one product in a tenant, as read."""

    entra_sku_id: str
    name: str
    part_number: str
    assigned: int
    total: int
    suspended: int
    warning: int


@dataclass(frozen=True, slots=True)
class Stored:
    """How many subscriptions are new, changed or gone after storing a company's reading, and what was not kept."""

    added: int
    changed: int
    gone: int
    unkept: tuple[Unreadable, ...] = ()


@contextlib.contextmanager
def storing_what_can_be_read_again() -> Iterator[None]:
    """Make one transaction of what is stored inside, whose commit does not wait for the disk.

    A crash of the database may lose it, whole, together with the note that it was read: the next refresh reads it
    again. Nothing that cannot be read again (orders, audit rows, wishes) belongs in here.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
        yield


def store_one(subscription: Subscription, record: Record, moment: Moment, *, order: ChangeOrder | None) -> Subscription:
    """Store one subscription as it was just read; ``order`` is what changed it, if one of ours did."""
    with transaction.atomic(savepoint=False):
        row = Subscription.objects.select_for_update(of=("self",)).get(id=subscription.id)
        _store(row, columns_from_record(record, digest=digest_of(record)), moment, order)
        keep_summary_later(row.company_id, moment.commerce)
        return row


def store_company(company: Company, listed: Collected[Record], moment: Moment, *, read_from: datetime) -> Stored:
    """Store everything that was read of one company; a record that cannot be kept stays as it was, the others go on.

    What Microsoft listed but could not be read or kept is not gone. ``read_from`` is the real time before the reading
    began: what was stored since then, by an order for instance, is newer and stays.
    """
    by_id = {record.id.lower(): record for record in listed.items}
    still_there = set(by_id) | {row.id.lower() for row in listed.unreadable}
    digests = {upstream_id: digest_of(record) for upstream_id, record in by_id.items()}
    mirrored = Subscription.objects.filter(company=company).values_list("upstream_id", "id", "digest", "gone_at")
    rows = {upstream_id.lower(): (row_id, digest, gone_at) for upstream_id, row_id, digest, gone_at in mirrored}
    columns, unkept = _columns_of(
        (by_id[upstream_id], digest)
        for upstream_id, digest in digests.items()
        if upstream_id not in rows or rows[upstream_id][1:] != (digest, None)
    )
    unkept = (*listed.unreadable, *unkept)
    new = [found for upstream_id, found in columns.items() if upstream_id not in rows]
    changed = [upstream_id for upstream_id in columns if upstream_id in rows]
    vanished = [
        known_id
        for upstream_id, (known_id, _, gone_at) in rows.items()
        # A row without an id may be any of them.
        if upstream_id not in still_there and "" not in still_there and gone_at is None
    ]
    if not (new or changed or vanished):
        return Stored(0, 0, 0, unkept)
    stored = 0
    with transaction.atomic(savepoint=False):
        for upstream_id in sorted(changed):
            row = Subscription.objects.select_for_update(of=("self",)).get(id=rows[upstream_id][0])
            if row.stored_at > read_from or _being_sent(row):
                continue
            _store(row, columns[upstream_id], moment, None)
            stored += 1
        if new:
            _insert(company, new, moment)
        gone = Subscription.objects.filter(id__in=vanished, stored_at__lte=read_from).update(
            gone_at=moment.commerce, stored_at=moment.real
        )
    return Stored(len(new), stored, gone, unkept)


def _columns_of(
    records: Iterable[tuple[Record, str]],
) -> tuple[dict[str, Mapping[str, Any]], tuple[Unreadable, ...]]:
    """Return the columns of records by id in lower case, and the records that no row can hold."""
    columns: dict[str, Mapping[str, Any]] = {}
    unkept: list[Unreadable] = []
    for record, digest in records:
        try:
            columns[record.id.lower()] = columns_from_record(record, digest=digest)
        except (ValueError, OverflowError) as error:
            unkept.append(Unreadable(record.id, f"Subscription: {error}"))
    return columns, tuple(unkept)


def _insert(company: Company, new: Iterable[Mapping[str, Any]], moment: Moment) -> None:
    """Insert the subscriptions that are new; what another refresh has inserted meanwhile stays."""
    rows = [{**columns, "id": uuid4(), "company_id": company.id, "stored_at": moment.real} for columns in new]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(columns=", ".join(rows[0])), [json.dumps(rows, default=str)])


def _being_sent(row: Subscription) -> bool:
    return row.orders.filter(state__in=(OrderState.SENDING, OrderState.UNSURE)).exists()


def _store(row: Subscription, columns: Mapping[str, Any], moment: Moment, order: ChangeOrder | None) -> None:
    if row.digest == columns["digest"] and row.gone_at is None:
        return
    before = row.facts
    for name, value in columns.items():
        setattr(row, name, value)
    row.stored_at = moment.real
    row.save()
    was, became = _difference(before, row.facts)
    if was != became:
        SubscriptionChange.objects.create(
            company_id=row.company_id,
            subscription=row,
            seen_at=moment.commerce,
            before=was,
            after=became,
            source="order" if order else "elsewhere",
            order=order,
        )


def _difference(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, object]]:
    names = [name for name in _TOLD if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


def store_licences(company: Company, readings: Iterable[LicenceReading], unreadable: Iterable[Unreadable] = ()) -> int:
    """Store assigned and total seats per product of a tenant; returns how many rows were written or removed.

    ``unreadable`` is listed but could not be read: nothing is removed then, because any row may be meant.
    """
    wanted = {reading.entra_sku_id.lower(): reading for reading in readings}
    all_read = not any(unreadable)
    written = 0
    with transaction.atomic(savepoint=False):
        for row in LicenceCount.objects.filter(company=company).values("id", "entra_sku_id", *_COUNTS):
            known_id, reading = row.pop("id"), wanted.pop(row.pop("entra_sku_id"), None)
            if reading is None:
                written += LicenceCount.objects.filter(id=known_id).delete()[0] if all_read else 0
            elif row != _columns(reading):
                LicenceCount.objects.filter(id=known_id).update(**_columns(reading))
                written += 1
        # Another refresh of the company may be storing the same seats in this moment.
        LicenceCount.objects.bulk_create(
            (
                LicenceCount(company=company, entra_sku_id=sku_id, **_columns(reading))
                for sku_id, reading in wanted.items()
            ),
            ignore_conflicts=True,
        )
    return written + len(wanted)


def _columns(reading: LicenceReading) -> dict[str, str | int]:
    return {
        "name": fit(LicenceCount, "name", reading.name),
        "part_number": fit(LicenceCount, "part_number", reading.part_number),
        "assigned": reading.assigned,
        "total": reading.total,
        "suspended": reading.suspended,
        "warning": reading.warning,
    }
