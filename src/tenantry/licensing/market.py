"""What the catalogue and the tenant's directory add to records of Partner Center: limits, counts, shared products."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tenantry.catalogue.queries import SkuFacts, SkuKey, skus, skus_of
from tenantry.kernel.ids import CompanyId
from tenantry.licensing.models import CompanyRefresh, LicenceCount, Subscription
from tenantry.licensing.product_seats import MovedSeats, others
from tenantry.licensing.rules.book import BOOK
from tenantry.licensing.rules.facts import SubscriptionFacts
from tenantry.licensing.rules.plan import Caution
from tenantry.licensing.rules.product_seats import ProductSeats, course, sku_name


class Market:
    """Limits and counts for some subscriptions of one company, in a fixed number of queries."""

    def __init__(self, company_id: CompanyId, rows: Sequence[Subscription]) -> None:
        self._company_id = company_id
        self.refresh = CompanyRefresh.objects.filter(company_id=company_id).first()
        self._country = self.refresh.country if self.refresh else ""
        keys = {(row.product_id, row.sku_id) for row in rows if row.product_id}
        self._skus: dict[SkuKey, SkuFacts] = skus(keys, self._country)
        self._counts = {count.entra_sku_id: count for count in LicenceCount.objects.filter(company_id=company_id)}

    def complete(self, facts: SubscriptionFacts) -> SubscriptionFacts:
        """Add limits, market facts and counts to what a record says."""
        sku = self._skus.get((facts.product_id, facts.sku_id))
        if sku is None:
            return facts
        count = self._counts.get(sku.provisioning_id)
        return replace(
            facts,
            minimum=sku.minimum,
            maximum=sku.maximum,
            can_renew=sku.renewable,
            has_monthly_plan=sku.monthly_plan,
            assigned=count.assigned if count else None,
            sold_total=_in_force(count) if count else None,
        )

    def count(self, facts: SubscriptionFacts) -> LicenceCount | None:
        """Return what the directory counts of a subscription's product; None where that is not known."""
        sku = self._skus.get((facts.product_id, facts.sku_id))
        return self._counts.get(sku.provisioning_id) if sku else None

    def with_others(self, facts: SubscriptionFacts, row: Subscription) -> SubscriptionFacts:
        """Add the company's other subscriptions of the product, in three queries where the product is counted."""
        sku, count = self._skus.get((facts.product_id, facts.sku_id)), self.count(facts)
        if sku is None or count is None:
            return facts
        keys = skus_of([sku.provisioning_id], self._country)[sku.provisioning_id]
        names = tuple(sorted(sku_name(*key) for key in keys))
        moved = MovedSeats(self._company_id, self._counted_at(), skus=keys, judged=row.id)
        return replace(
            facts,
            sold_total=_in_force(count) + moved.since_counted(names),
            others=others(self._company_id, row.id, keys, moved),
            product_skus=names,
        )

    def shortages(
        self, active: Mapping[uuid.UUID, SubscriptionFacts], now: datetime
    ) -> list[tuple[datetime, uuid.UUID, Caution]]:
        """Say when which products will be short of seats, the soonest first, and which subscription loses seats then.

        ``active`` are all active subscriptions of the company, by our id. Two queries.
        """
        counted = {sku.provisioning_id for sku in self._skus.values()} & self._counts.keys()
        products = skus_of(counted, self._country)
        moved = MovedSeats(self._company_id, self._counted_at(), skus=set().union(*products.values()))
        intended = {row_id: moved.intended(row_id, facts) for row_id, facts in active.items()}
        short = []
        for provisioning_id, keys in products.items():
            names, count = {sku_name(*key) for key in keys}, self._counts[provisioning_id]
            courses = {row_id: course(facts, names, now, BOOK) for row_id, facts in intended.items()}
            in_force = _in_force(count) + moved.since_counted(names)
            first = ProductSeats(count.assigned, in_force, tuple(courses.values())).first_shortage(now)
            if first is not None:
                at, caution = first
                short.append((at, next(row_id for row_id in active if courses[row_id].falls_at(at)), caution))
        return sorted(short, key=lambda found: found[0])

    def _counted_at(self) -> datetime | None:
        return self.refresh.succeeded_at if self.refresh else None


def _in_force(count: LicenceCount) -> int:
    """Return the seats that a tenant has over all channels, without those in their days of grace after a term."""
    return count.total - count.warning
