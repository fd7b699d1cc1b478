"""What other rooms and pages read of partner connections and tenants."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Lower

from tenantry.connection.client import client_for
from tenantry.connection.health import HealthView, Standing, health_of
from tenantry.connection.models import (
    ConnectionMode,
    ConnectionState,
    DirectCsp,
    PartnerConnection,
    Tenant,
    TroubleAbout,
)

__all__ = [
    "BrokenConnection",
    "ConnectionHealth",
    "ConnectionView",
    "TenantPage",
    "TenantRow",
    "audit_cursor",
    "broken",
    "client_for",
    "connection",
    "connections",
    "healths",
    "missing_since",
    "removed_tenant_count",
    "removed_tenants",
    "tenants",
    "tenants_refreshed_at",
    "working_connection_ids",
]


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """One partner connection with its health. Certificates are the public parts, PEM."""

    id: uuid.UUID
    name: str
    mode: ConnectionMode
    partner_tenant_id: str
    client_id: str
    account: str
    created_at: datetime
    consented_at: datetime | None
    token_renewed_at: datetime | None
    last_call_at: datetime | None
    last_success_at: datetime | None
    mfa_compliant: bool | None
    health: HealthView
    direct_csp: DirectCsp
    direct_csp_at: datetime | None
    direct_csp_tenant_id: str
    direct_csp_tenant: str  # its name, empty if it is not listed any more
    direct_csp_advice: str
    direct_csp_words: str
    tenants: int
    tenants_held: int  # vanished from Partner Center, waiting for somebody to decide
    tenants_refreshed_at: datetime | None
    certificate: str
    certificate_expires_at: datetime | None
    next_certificate: str


@dataclass(frozen=True, slots=True)
class BrokenConnection:
    """A connection that does not work; `orders_stop` says that no change order gets through it either."""

    name: str
    orders_stop: bool


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """A connection's name and health, without what has to be counted."""

    name: str
    health: HealthView


@dataclass(frozen=True, slots=True)
class TenantRow:
    """A customer's tenant; `id` is ours, `tenant_id` Microsoft's."""

    id: uuid.UUID
    connection_id: uuid.UUID
    connection_name: str
    tenant_id: str
    name: str
    domain: str
    first_seen_at: datetime
    missing_since: datetime | None


@dataclass(frozen=True, slots=True)
class TenantPage:
    """A part of the list, and how long the whole is."""

    rows: tuple[TenantRow, ...]
    total: int


def connections(now: datetime) -> tuple[ConnectionView, ...]:
    """Return every partner connection by name, in two queries at most."""
    return _views(PartnerConnection.objects.filter(removed_at=None), now)


def connection(connection_id: uuid.UUID, now: datetime) -> ConnectionView | None:
    """Return one partner connection; None if there is none (any more)."""
    return next(iter(_views(PartnerConnection.objects.filter(id=connection_id, removed_at=None), now)), None)


def working_connection_ids() -> list[uuid.UUID]:
    """Return the connections that can be used now: also one to which the list of customers alone is refused."""
    rows = PartnerConnection.objects.filter(removed_at=None).exclude(state=ConnectionState.WAITING)
    rows = rows.exclude(~Q(last_error_about=TroubleAbout.TENANTS), state=ConnectionState.BROKEN)
    return list(rows.values_list("id", flat=True))


def audit_cursor(connection_id: uuid.UUID) -> datetime | None:
    """Return until when Microsoft's audit records of a connection have been read (on the clock of commerce)."""
    return PartnerConnection.objects.filter(id=connection_id).values_list("audit_read_until", flat=True).first()


def healths(now: datetime) -> dict[uuid.UUID, ConnectionHealth]:
    """Return the health of every connection, by id, in the order of their names."""
    rows = PartnerConnection.objects.filter(removed_at=None).order_by(Lower("name"), "id")
    return {row.id: ConnectionHealth(row.name, health_of(row, now)) for row in rows}


def broken(now: datetime) -> dict[uuid.UUID, BrokenConnection]:
    """Return the connections that do not work, by id, in the order of their names."""
    return {
        connection_id: BrokenConnection(found.name, found.health.orders_stop)
        for connection_id, found in healths(now).items()
        if found.health.standing == Standing.BROKEN
    }


def tenants_refreshed_at(connection_ids: Iterable[uuid.UUID] | None = None) -> datetime | None:
    """Return when the oldest of these lists of tenants was read (of all connections without a choice)."""
    rows = PartnerConnection.objects.filter(removed_at=None)
    if connection_ids is not None:
        rows = rows.filter(id__in=list(connection_ids))
    moments = [moment for moment in rows.values_list("tenants_refreshed_at", flat=True) if moment is not None]
    return min(moments, default=None)


def tenants(
    connection_id: uuid.UUID,
    *,
    search: str = "",
    without: Collection[str] = (),
    only: Collection[str] | None = None,
    offset: int = 0,
    limit: int = 50,
) -> TenantPage:
    """Return the tenants that Partner Center lists for a connection, by name.

    The search finds parts of name and domain, and whole tenant ids. `without` are Microsoft's ids to leave out,
    `only` those to look among.
    """
    found = Tenant.objects.filter(connection_id=connection_id, connection__removed_at=None, missing_since=None)
    text = search.strip()
    if text:
        found = found.filter(Q(name__icontains=text) | Q(domain__icontains=text) | Q(tenant_id=text.lower()))
    if without:
        found = found.exclude(tenant_id__in=without)
    if only is not None:
        found = found.filter(tenant_id__in=only)
    rows = found.select_related("connection").order_by(Lower("name"), "id")[offset : offset + limit]
    return TenantPage(tuple(_tenant_row(row) for row in rows), found.count())


def removed_tenants() -> tuple[TenantRow, ...]:
    """Return the tenants that vanished from Partner Center and wait for somebody to decide, longest first."""
    rows = _held().select_related("connection").order_by("missing_since", "name")
    return tuple(_tenant_row(row) for row in rows)


def removed_tenant_count() -> int:
    """Return how many tenants wait for such a decision."""
    return _held().count()


def missing_since(connection_id: uuid.UUID, tenant_id: str) -> datetime | None:
    """Return since when Partner Center does not list a tenant any more; None while it does, or once that is decided."""
    return (
        _held().filter(connection_id=connection_id, tenant_id=tenant_id).values_list("missing_since", flat=True).first()
    )


def _held() -> QuerySet[Tenant]:
    return Tenant.objects.filter(removal_confirmed_at=None, connection__removed_at=None).exclude(missing_since=None)


def _views(rows: QuerySet[PartnerConnection], now: datetime) -> tuple[ConnectionView, ...]:
    listed = Count("tenants", filter=Q(tenants__missing_since=None))
    held = Count("tenants", filter=Q(tenants__missing_since__isnull=False, tenants__removal_confirmed_at=None))
    found = list(rows.annotate(listed=listed, held=held).order_by(Lower("name"), "id"))
    tested = {row.direct_csp_tenant_id for row in found} - {""}
    names = dict(Tenant.objects.filter(tenant_id__in=tested).values_list("tenant_id", "name")) if tested else {}
    return tuple(
        ConnectionView(
            id=row.id,
            name=row.name,
            mode=ConnectionMode(row.mode),
            partner_tenant_id=row.partner_tenant_id,
            client_id=row.client_id,
            account=row.account,
            created_at=row.created_at,
            consented_at=row.consented_at,
            token_renewed_at=row.token_renewed_at,
            last_call_at=row.last_call_at,
            last_success_at=row.last_success_at,
            mfa_compliant=row.mfa_compliant,
            health=health_of(row, now),
            direct_csp=DirectCsp(row.direct_csp),
            direct_csp_at=row.direct_csp_at,
            direct_csp_tenant_id=row.direct_csp_tenant_id,
            direct_csp_tenant=names.get(row.direct_csp_tenant_id, ""),
            direct_csp_advice=row.direct_csp_advice,
            direct_csp_words=row.direct_csp_words,
            tenants=row.listed,
            tenants_held=row.held,
            tenants_refreshed_at=row.tenants_refreshed_at,
            certificate=row.certificate,
            certificate_expires_at=row.certificate_expires_at,
            next_certificate=row.next_certificate,
        )
        for row in found
    )


def _tenant_row(row: Tenant) -> TenantRow:
    return TenantRow(
        id=row.id,
        connection_id=row.connection_id,
        connection_name=row.connection.name,
        tenant_id=row.tenant_id,
        name=row.name,
        domain=row.domain,
        first_seen_at=row.first_seen_at,
        missing_since=row.missing_since,
    )
