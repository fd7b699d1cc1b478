"""Poll Microsoft's audit records: what changed between two refreshes is read at once, and by whom is remembered."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from tenantry.clients.http.errors import UpstreamError
from tenantry.clients.partner_center.models import AuditRecord
from tenantry.clients.partner_center.paging import Unreadable
from tenantry.connection import actions as connections
from tenantry.connection.queries import audit_cursor, client_for
from tenantry.jobs import runs
from tenantry.jobs.queue import enqueue
from tenantry.licensing import outcomes
from tenantry.licensing.asking import AUDIT, UNKEPT_TOLD
from tenantry.licensing.journal import CLOCK_SKEW, entries_about, in_between, since_read, subscriptions_of
from tenantry.licensing.models import ChangeOrder, OrderState
from tenantry.licensing.moment import Moment
from tenantry.licensing.rules.facts import facts_from_json
from tenantry.people.models import Company

log = structlog.get_logger(__name__)

# Records may arrive late: every poll looks this far behind the newest one seen.
OVERLAP = timedelta(minutes=15)
# A refresh that ended this long after a change has read it: the reading began later than the change.
READING_TAKES = timedelta(minutes=2)
# Microsoft refuses to look further back than 90 days (audit records, read 2026-11); what is older a refresh has read.
KEPT_AT_MICROSOFT = timedelta(days=88)
_TENANT_WORDS = ("customer", "relationship")


def poll_connection(connection_id: uuid.UUID) -> int:
    """Read new audit records of a connection and wake up a refresh for every company they name; returns how many.

    Failures are left to the connection's health and to the next poll.
    """
    moment = Moment.current()
    seen_until = max(audit_cursor(connection_id) or moment.commerce - OVERLAP, moment.commerce - KEPT_AT_MICROSOFT)
    try:
        found = client_for(connection_id).audit_records((seen_until - OVERLAP).date())
    except UpstreamError as error:
        log.warning("audit_poll.failed", connection=str(connection_id), words=error.words)
        return 0
    _tell_unreadable(connection_id, found.unreadable, moment)
    since = seen_until - OVERLAP
    new = [record for record in found.items if record.operation_date and record.operation_date > since]
    companies = _companies(connection_id, new, moment)
    for company in companies:
        enqueue("licensing.refresh_company", queueing_lock=f"refresh:{company.id}", company_id=company.id)
    _note_overwritten(new, since)
    if any(word in record.resource_type.lower() for record in new for word in _TENANT_WORDS):
        key = f"tenants:{connection_id}"
        enqueue("connection.refresh_tenants", lock=key, queueing_lock=key, connection_id=connection_id)
    # A record of the future must not hide what comes before it.
    newest = max((min(record.operation_date, moment.commerce) for record in new if record.operation_date), default=None)
    if newest is not None and newest > seen_until:
        connections.set_audit_cursor(connection_id, newest)
    return len(companies)


def _tell_unreadable(connection_id: uuid.UUID, unreadable: tuple[Unreadable, ...], moment: Moment) -> None:
    """Say in the log of refreshes which records could not be read, once: every poll meets them for a while."""
    told = [str(row) for row in unreadable[:UNKEPT_TOLD]]
    last = runs.latest(AUDIT, connection_id)
    if not told or (last is not None and last.details.get("unkept_told") == told):
        return
    run = runs.new_run(AUDIT, subject_id=connection_id, now=moment.real)
    runs.begin(run.id)
    runs.finish(run.id, "audit_records_read", {"unkept": len(unreadable), "unkept_told": told})


def _companies(connection_id: uuid.UUID, records: Iterable[AuditRecord], moment: Moment) -> list[Company]:
    """Return the companies whose subscriptions somebody else has changed since they were read last.

    Our own writes are read back already, and a record stays in the overlap for as long as no newer one arrives.
    """
    ours, changed = _our_ids(records), dict[str, datetime]()
    for record in records:
        tenant, when = (record.customer_id or "").lower(), record.operation_date
        if tenant and when and subscriptions_of(record) and record.original_correlation_id.lower() not in ours:
            changed[tenant] = max(when, changed.get(tenant, when))
    found = Company.objects.filter(connection_id=connection_id, removed_at=None, tenant_id__in=changed)
    behind = moment.commerce - moment.real  # zero but in rehearsal
    return [
        company
        for company in found.select_related("refresh")
        if not _read_since(company, changed[company.tenant_id.lower()] - behind)
    ]


def _read_since(company: Company, changed_at: datetime) -> bool:
    read_at = company.refresh.succeeded_at if hasattr(company, "refresh") else None
    return read_at is not None and read_at > changed_at + READING_TAKES


def _our_ids(records: Iterable[AuditRecord]) -> set[str]:
    """Return which of the records' correlation ids are of our own orders."""
    wanted = {_as_uuid(record.original_correlation_id) for record in records} - {None}
    found = ChangeOrder.objects.filter(correlation_id__in=wanted).values_list("correlation_id", flat=True)
    return {str(correlation_id) for correlation_id in found}


def _as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _note_overwritten(records: list[AuditRecord], since: datetime) -> None:
    """Say on orders that took effect lately what they came on top of, when the records only tell it now.

    ``since``: the oldest of the records may be this old. Orders with a part of their story before it are left alone,
    because the rest alone would take back what was told.
    """
    about = defaultdict[str, list[AuditRecord]](list)
    for record in records:
        for upstream_id in subscriptions_of(record):
            about[upstream_id].append(record)
    lately = ChangeOrder.objects.filter(
        state__in=(OrderState.APPLIED, OrderState.SCHEDULED), read_on__gt=since + CLOCK_SKEW
    ).select_related("company", "subscription")
    for order in lately:
        found = about.get(order.subscription.upstream_id.lower())
        if not found or order.read_on is None or order.before is None:
            continue
        ours = str(order.correlation_id).lower()
        quantity = facts_from_json(order.before).quantity
        entries = entries_about(order.subscription.upstream_id, found)
        told = in_between(order, since_read(entries, ours, order.read_on, quantity))
        outcomes.note(order, told)
