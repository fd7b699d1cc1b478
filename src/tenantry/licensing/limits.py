"""Limits of products, read by the refresh: each product once in a market, and again when it was read long ago."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from tenantry.catalogue import actions as catalogue
from tenantry.catalogue.queries import SkuKey, read_since
from tenantry.clients.http.errors import NotFound, UpstreamError
from tenantry.clients.partner_center.catalogue import Availability, Sku
from tenantry.clients.partner_center.client import PartnerCenter
from tenantry.clients.partner_center.ids import ProductId, SkuId
from tenantry.clients.partner_center.models import Subscription as Record
from tenantry.clients.partner_center.paging import Unreadable
from tenantry.kernel import clock

log = structlog.get_logger(__name__)

LIMITS_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LimitsReading:
    """What Microsoft said of one product in a market; ``sku`` is None where the market does not have it."""

    key: SkuKey
    country: str
    sku: Sku | None
    availabilities: tuple[Availability, ...] = ()


class LimitsToRead:
    """Which limits one refresh has yet to read; its threads share it, so that none is read twice."""

    def __init__(self) -> None:
        self._known = read_since(clock.now() - LIMITS_KEPT)
        self._lock = threading.Lock()

    def claim(self, records: Iterable[Record], country: str) -> list[SkuKey]:
        """Return the products of these subscriptions that nobody has read or claimed: the caller reads them."""
        parts = [record.offer_id.split(":") for record in records if record.status.value != "deleted"]
        keys = {(found[0], found[1]) for found in parts if len(found) == 3}
        with self._lock:
            claimed = sorted(key for key in keys if (*key, country) not in self._known)
            self._known.update((*key, country) for key in claimed)
        return claimed


def read_limits(client: PartnerCenter, keys: Iterable[SkuKey], country: str) -> tuple[LimitsReading, ...]:
    """Read the limits of products in a market; one that cannot be read now is left for the next refresh."""
    readings: list[LimitsReading] = []
    for product_id, sku_id in keys:
        try:
            sku = client.sku(ProductId(product_id), SkuId(sku_id), country)
            sold = client.availabilities(ProductId(product_id), SkuId(sku_id), country)
            readings.append(LimitsReading((product_id, sku_id), country, sku, sold.items))
        except NotFound:
            readings.append(LimitsReading((product_id, sku_id), country, None))
        except UpstreamError as error:
            log.warning("refresh.limits_failed", product=product_id, sku=sku_id, words=error.words)
    return tuple(readings)


def store_limits(readings: Iterable[LimitsReading]) -> tuple[Unreadable, ...]:
    """Remember what was read, and return what no row can hold."""
    unkept: list[Unreadable] = []
    for reading in readings:
        key, market, now = reading.key, reading.country[:2], clock.now()
        try:
            if reading.sku is None:
                catalogue.remember_missing(*key, country=market, now=now)
            else:
                catalogue.remember_sku(reading.sku, reading.availabilities, country=market, now=now)
        except ValueError as error:
            unkept.append(Unreadable(":".join(key), f"Sku: {error}"))
    return tuple(unkept)
