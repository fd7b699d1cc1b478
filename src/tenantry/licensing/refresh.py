"""Refresh the mirror: subscriptions, assigned seats and limits of every company, many at once, one quota."""

import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from weakref import WeakSet

import structlog
from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.db.models import Q, QuerySet
from psycopg import Connection

from tenantry.clients.http.errors import Malformed, NotAllowed, NotFound, UpstreamError
from tenantry.clients.partner_center.catalogue import SubscribedSku
from tenantry.clients.partner_center.client import PartnerCenter
from tenantry.clients.partner_center.ids import CustomerId
from tenantry.clients.partner_center.models import Subscription as Record
from tenantry.clients.partner_center.paging import Collected, Unreadable
from tenantry.connection.queries import client_for
from tenantry.jobs import runs
from tenantry.kernel.columns import exact, fit
from tenantry.licensing import keeping
from tenantry.licensing.asking import UNKEPT_TOLD
from tenantry.licensing.limits import LimitsReading, LimitsToRead, read_limits, store_limits
from tenantry.licensing.mirror import (
    LicenceReading,
    Stored,
    store_company,
    store_licences,
    storing_what_can_be_read_again,
)
from tenantry.licensing.models import UNREADABLE, CompanyRefresh, LicenceCount, Subscription, Wish
from tenantry.licensing.moment import Moment
from tenantry.licensing.summary import keep_summary
from tenantry.people.models import Company
from tenantry.traffic.quota import in_background

log = structlog.get_logger(__name__)

# Progress is written this often: pages that show it ask no sooner.
_PROGRESS_SECONDS = 0.5
# A connection is looked up this often: a consent that is renewed in the middle of a long refresh is used soon.
_CLIENT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What one company's reading brought. ``licences`` is None where the partner has no right to read them.

    ``unreadable`` are records beside its subscriptions that could not be read. ``read_from`` and ``read_on`` are the
    real time and the time of commerce before the reading: what it says is judged by that time, not by the time of
    storing.
    """

    records: Collected[Record]
    licences: tuple[LicenceReading, ...] | None
    country: str
    read_from: datetime
    read_on: datetime
    unreadable: tuple[Unreadable, ...] = ()
    limits: tuple[LimitsReading, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """What a refresh did, for its run record. ``unkept`` names the records that could not be kept, with why."""

    companies: int
    failed: int
    added: int
    changed: int
    gone: int
    unkept: tuple[str, ...]


def read_company(client: PartnerCenter, tenant_id: str, country: str) -> Reading:
    """Read everything the mirror needs of one company; no database, so that many can be read at once.

    ``country`` is its market as known; "" has it read. Errors: UpstreamError.
    """
    began = Moment.current()
    customer_id = CustomerId(tenant_id)
    market = country
    unreadable: list[Unreadable] = []
    if not market:
        try:
            market = client.customer(customer_id).country
        except Malformed as error:
            unreadable.append(Unreadable(tenant_id, error.words))
    records = client.subscriptions(customer_id)
    licences = _read_licences(client, customer_id, unreadable)
    return Reading(records, licences, market, began.real, began.commerce, tuple(unreadable))


def _read_licences(
    client: PartnerCenter, customer_id: CustomerId, unreadable: list[Unreadable]
) -> tuple[LicenceReading, ...] | None:
    try:
        found = client.subscribed_skus(customer_id)
    except (NotAllowed, NotFound):
        return None
    except Malformed as error:
        unreadable.append(Unreadable("", error.words))
        return ()
    unreadable.extend(found.unreadable)
    licences: list[LicenceReading] = []
    for row in found.items:
        try:
            licences.append(_licence(row))
        except ValueError as error:
            unreadable.append(Unreadable(row.product_sku.id, f"SubscribedSku: {error}"))
    return tuple(licences)


def _licence(row: SubscribedSku) -> LicenceReading:
    return LicenceReading(
        entra_sku_id=exact(LicenceCount, "entra_sku_id", row.product_sku.id),
        name=row.product_sku.name,
        part_number=row.product_sku.sku_part_number,
        assigned=row.consumed_units,
        total=row.total_units,
        suspended=row.suspended_units,
        warning=row.warning_units,
    )


def refresh_all(run_id: uuid.UUID) -> Totals:
    """Refresh every company with progress; one that fails does not stop the rest."""
    return _refresh_under(run_id, Company.objects.filter(removed_at=None))


def refresh_new(run_id: uuid.UUID) -> Totals:
    """Refresh the companies that have never been read well, with progress: those that were just added."""
    never = Q(refresh=None) | Q(refresh__succeeded_at=None)
    return _refresh_under(run_id, Company.objects.filter(never, removed_at=None))


def _refresh_under(run_id: uuid.UUID, found: QuerySet[Company]) -> Totals:
    companies = list(found.select_related("refresh").order_by("id"))
    runs.begin(run_id)
    runs.progress(run_id, 0, len(companies))
    totals = _refresh(companies, run_id)
    _end(run_id, totals)
    return totals


def refresh_company(company_id: uuid.UUID, run_id: uuid.UUID | None = None) -> Totals:
    """Refresh one company now, under a run record where a person asked for it."""
    company = Company.objects.filter(id=company_id, removed_at=None).select_related("refresh").first()
    if run_id is not None:
        runs.begin(run_id)
    totals = _refresh([company] if company else [], run_id)
    if run_id is not None:
        _end(run_id, totals)
    return totals


def _end(run_id: uuid.UUID, totals: Totals) -> None:
    details: dict[str, object] = {
        "companies": totals.companies,
        "failed": totals.failed,
        "added": totals.added,
        "changed": totals.changed,
        "gone": totals.gone,
    }
    if totals.unkept:
        details |= {"unkept": len(totals.unkept), "unkept_told": totals.unkept[:UNKEPT_TOLD]}
    if totals.failed and totals.failed == totals.companies:
        runs.fail(run_id, "refresh_failed", details)
    else:
        runs.finish(run_id, "refreshed", details)


def _refresh(companies: list[Company], run_id: uuid.UUID | None) -> Totals:
    """Read in threads, store here: the reading waits for Microsoft, the storing for nobody."""
    added = changed = gone = failed = 0
    unkept: list[str] = []
    told = time.monotonic()
    for done, (company, outcome) in enumerate(_read_many(companies), start=1):
        moment = Moment.current()
        if isinstance(outcome, UpstreamError):
            failed += 1
            _note_failure(company, outcome, moment)
        else:
            try:
                stored = _store(company, outcome, moment)
            except Exception:
                # One company's odd record must not cost the others their refresh; it is logged with its trace.
                log.exception("refresh.store_failed", company=str(company.id))
                failed += 1
                _note_failure(company, UpstreamError("the reading could not be stored", advice="malformed"), moment)
            else:
                added, changed, gone = added + stored.added, changed + stored.changed, gone + stored.gone
                unkept += [f"{company.name}: {row}" for row in stored.unkept]
        if run_id is not None and (time.monotonic() - told >= _PROGRESS_SECONDS or done == len(companies)):
            runs.progress(run_id, done, len(companies))
            told = time.monotonic()
    return Totals(len(companies), failed, added, changed, gone, tuple(unkept))


def _read_many(companies: Iterable[Company]) -> Iterator[tuple[Company, Reading | UpstreamError]]:
    """Read companies side by side and yield each as soon as it is there; only a few wait in memory."""
    pending: dict[Future[Reading], Company] = {}
    waiting = iter(companies)
    clients, reader = _Clients(), _Reader()
    threads = settings.REFRESH_THREADS
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="refresh") as pool:
        while True:
            while len(pending) < threads * 2 and (company := next(waiting, None)) is not None:
                try:
                    client = clients.get(company.connection_id)
                except UpstreamError as no_way:
                    yield company, no_way
                    continue
                country = company.refresh.country if hasattr(company, "refresh") else ""
                pending[pool.submit(reader.read, client, company.tenant_id, country)] = company
            if not pending:
                break
            ready, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in ready:
                company = pending.pop(future)
                yield company, _outcome(company, future)
    reader.close()


def _outcome(company: Company, future: Future[Reading]) -> Reading | UpstreamError:
    """Return what came of one reading: one company's trouble, of whatever kind, must not cost the others theirs."""
    try:
        return future.result()
    except UpstreamError as failure:
        return failure
    except Exception:
        log.exception("refresh.read_failed", company=str(company.id))
        return UpstreamError("what Microsoft answered could not be read", advice="malformed")


class _Clients:
    """The clients of a refresh, so that not every company costs a look at its connection."""

    def __init__(self) -> None:
        self._known: dict[uuid.UUID, tuple[float, PartnerCenter]] = {}

    def get(self, connection_id: uuid.UUID) -> PartnerCenter:
        """Return the client of a connection. Errors: those of `client_for`."""
        now = time.monotonic()
        until, client = self._known.get(connection_id, (0.0, None))
        if client is None or now > until:
            client = client_for(connection_id)
            self._known[connection_id] = (now + _CLIENT_SECONDS, client)
        return client


class _Reader:
    """What the reading threads of one refresh do, and share."""

    def __init__(self) -> None:
        self._limits = LimitsToRead()
        self._opened: WeakSet[Connection[Any]] = WeakSet()

    def read(self, client: PartnerCenter, tenant_id: str, country: str) -> Reading:
        """Read a company, and the limits of products that are new with it or were read long ago."""
        try:
            with in_background():
                reading = read_company(client, tenant_id, country)
                keys = self._limits.claim(reading.records.items, reading.country)
                return replace(reading, limits=read_limits(client, keys, reading.country))
        finally:
            # The shared quota may have opened a connection for this thread, and will want it again.
            close_old_connections()
            if connection.connection is not None:
                self._opened.add(connection.connection)

    def close(self) -> None:
        """Close the connections of the threads, which have ended."""
        for opened in list(self._opened):
            opened.close()


def _store(company: Company, reading: Reading, moment: Moment) -> Stored:
    unkept = [*reading.unreadable, *store_limits(reading.limits)]
    with storing_what_can_be_read_again():
        stored = store_company(company, reading.records, moment, read_from=reading.read_from)
        unkept += stored.unkept
        if reading.licences is not None:
            store_licences(company, reading.licences, reading.unreadable)
        _note(
            company.id,
            succeeded_at=moment.real,
            advice=UNREADABLE if unkept else "",
            words=fit(CompanyRefresh, "words", "\n".join(str(row) for row in unkept)),
            licences_known=reading.licences is not None,
            country=reading.country[:2],
        )
    _check_wishes(company, Moment(moment.real, reading.read_on))
    keep_summary(company.id, moment.commerce)
    return replace(stored, unkept=tuple(unkept))


def _check_wishes(company: Company, moment: Moment) -> None:
    """Hold what was read against the wishes that are kept for the company."""
    for wish in Wish.objects.filter(company=company):
        with transaction.atomic():
            row = Subscription.objects.select_for_update(of=("self",)).get(id=wish.subscription_id)
            keeping.check(row, moment)


def _note_failure(company: Company, error: UpstreamError, moment: Moment) -> None:
    _note(
        company.id,
        failed_at=moment.real,
        advice=error.advice,
        words=fit(CompanyRefresh, "words", error.quote),
        request_id=fit(CompanyRefresh, "request_id", error.request_id),
    )


def mark_started(company_ids: Iterable[uuid.UUID], moment: Moment) -> None:
    """Note that these companies are being refreshed, for pages that say so."""
    for company_id in company_ids:
        _note(company_id, started_at=moment.real)


def _note(company_id: uuid.UUID, **values: datetime | str | bool) -> None:
    """Keep how the refresh of a company stands, in one statement."""
    CompanyRefresh.objects.bulk_create(
        [CompanyRefresh(company_id=company_id, **values)],
        update_conflicts=True,
        unique_fields=["company"],
        update_fields=list(values),
    )
