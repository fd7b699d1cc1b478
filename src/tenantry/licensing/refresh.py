"""Refresh the mirror: subscriptions, assigned seats and limits of every company, many at once, one quota."""

import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from tenantry.catalogue import actions as catalogue
from tenantry.catalogue.queries import SkuKey, unread
from tenantry.clients.http.errors import NotAllowed, NotFound, UpstreamError
from tenantry.clients.partner_center.client import PartnerCenter
from tenantry.clients.partner_center.ids import CustomerId, ProductId, SkuId
from tenantry.clients.partner_center.models import Subscription as Record
from tenantry.clients.partner_center.paging import Collected
from tenantry.connection.queries import client_for
from tenantry.jobs import runs
from tenantry.kernel import clock
from tenantry.licensing import keeping
from tenantry.licensing.mirror import LicenceReading, store_company, store_licences
from tenantry.licensing.models import CompanyRefresh, Subscription, Wish
from tenantry.licensing.moment import Moment
from tenantry.people.models import Company

log = structlog.get_logger(__name__)

LIMITS_KEPT = timedelta(days=7)
_PROGRESS_EVERY = 10
# A connection is looked up this often: a consent that is renewed in the middle of a long refresh is used soon.
_CLIENT_SECONDS = 5.0
# Limits of a SKU in a market: what is known to be fresh needs no further look within one refresh.
_Fresh: TypeAlias = set[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one company's reading brought. ``licences`` is None where the partner has no right to read them.

    ``read_from`` and ``read_on`` are the real time and the time of commerce before the reading: what it says is judged
    by that time, not by the time of storing.
    """

    records: Collected[Record]
    licences: tuple[LicenceReading, ...] | None
    country: str
    read_from: datetime
    read_on: datetime


@dataclass(frozen=True, slots=True)
class Totals:
    """What a refresh did, for its run record."""

    companies: int
    failed: int
    added: int
    changed: int
    gone: int


def read_company(client: PartnerCenter, tenant_id: str, country: str) -> Reading:
    """Read everything the mirror needs of one company; no database, so that many can be read at once.

    ``country`` is its market as known; "" has it read. Errors: UpstreamError.
    """
    began = Moment.current()
    customer_id = CustomerId(tenant_id)
    market = country or client.customer(customer_id).country
    records = client.subscriptions(customer_id)
    return Reading(records, _read_licences(client, customer_id), market, began.real, began.commerce)


def _read_licences(client: PartnerCenter, customer_id: CustomerId) -> tuple[LicenceReading, ...] | None:
    try:
        found = client.subscribed_skus(customer_id).items
    except (NotAllowed, NotFound):
        return None
    return tuple(
        LicenceReading(
            entra_sku_id=row.product_sku.id,
            name=row.product_sku.name,
            part_number=row.product_sku.sku_part_number,
            assigned=row.consumed_units,
            total=row.total_units,
            suspended=row.suspended_units,
            warning=row.warning_units,
        )
        for row in found
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
    details = {
        "companies": totals.companies,
        "failed": totals.failed,
        "added": totals.added,
        "changed": totals.changed,
        "gone": totals.gone,
    }
    if totals.failed and totals.failed == totals.companies:
        runs.fail(run_id, "refresh_failed", details)
    else:
        runs.finish(run_id, "refreshed", details)


def _refresh(companies: list[Company], run_id: uuid.UUID | None) -> Totals:
    """Read in threads, store here: the reading waits for Microsoft, the storing for nobody."""
    added = changed = gone = failed = 0
    fresh: _Fresh = set()
    for done, (company, outcome) in enumerate(_read_many(companies), start=1):
        moment = Moment.current()
        if isinstance(outcome, UpstreamError):
            failed += 1
            _note_failure(company, outcome, moment)
        else:
            try:
                stored = _store(company, outcome, fresh, moment)
            except Exception:
                # One company's odd record must not cost the others their refresh; it is logged with its trace.
                log.exception("refresh.store_failed", company=str(company.id))
                failed += 1
                _note_failure(company, UpstreamError("the reading could not be stored", advice="malformed"), moment)
            else:
                added, changed, gone = added + stored[0], changed + stored[1], gone + stored[2]
        if run_id is not None and (done % _PROGRESS_EVERY == 0 or done == len(companies)):
            runs.progress(run_id, done, len(companies))
    return Totals(len(companies), failed, added, changed, gone)


def _read_many(companies: Iterable[Company]) -> Iterator[tuple[Company, Reading | UpstreamError]]:
    """Read companies side by side and yield each as soon as it is there; only a few wait in memory."""
    pending: dict[Future[Reading], Company] = {}
    waiting = iter(companies)
    clients = _Clients()
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
                pending[pool.submit(_read_in_thread, client, company.tenant_id, country)] = company
            if not pending:
                return
            ready, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in ready:
                company = pending.pop(future)
                yield company, _outcome(company, future)


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


def _read_in_thread(client: PartnerCenter, tenant_id: str, country: str) -> Reading:
    try:
        return read_company(client, tenant_id, country)
    finally:
        connection.close()  # the shared quota may have opened one for this thread


def _store(company: Company, reading: Reading, fresh: _Fresh, moment: Moment) -> tuple[int, int, int]:
    unreadable = [row.id for row in reading.records.unreadable]
    stored = store_company(company, reading.records.items, unreadable, moment, read_from=reading.read_from)
    if reading.licences is not None:
        store_licences(company, reading.licences)
    _note(
        company.id,
        succeeded_at=moment.real,
        advice="unreadable_rows" if unreadable else "",
        words="; ".join(row.words for row in reading.records.unreadable)[:500],
        licences_known=reading.licences is not None,
        country=reading.country[:2],
    )
    _read_limits(company, reading, fresh)
    _check_wishes(company, Moment(moment.real, reading.read_on))
    return stored.added, stored.changed, stored.gone


def _read_limits(company: Company, reading: Reading, fresh: _Fresh) -> None:
    """Read limits of products that are new here or were read long ago; a failure leaves them for the next refresh."""
    keys: set[SkuKey] = set()
    for record in reading.records.items:
        parts = record.offer_id.split(":")
        if len(parts) == 3 and record.status.value != "deleted":
            keys.add((parts[0], parts[1]))
    country = reading.country
    keys = {key for key in keys if (*key, country) not in fresh}
    fresh.update((*key, country) for key in keys)
    if not keys:
        return
    for product_id, sku_id in unread(keys, country, older_than=clock.now() - LIMITS_KEPT):
        try:
            client = client_for(company.connection_id)
            sku = client.sku(ProductId(product_id), SkuId(sku_id), country)
            sold = client.availabilities(ProductId(product_id), SkuId(sku_id), country)
            catalogue.remember_sku(sku, sold.items, country=country, now=clock.now())
        except NotFound:
            catalogue.remember_missing(product_id, sku_id, country=country, now=clock.now())
        except UpstreamError as error:
            log.warning("refresh.limits_failed", product=product_id, sku=sku_id, words=error.words)


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
        advice=error.advice[:60],
        words=error.words[:500],
        request_id=error.request_id[:64],
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
