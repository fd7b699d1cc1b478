"""Limits of products: each read once in a market, whoever of a refresh's threads comes first."""

from collections import Counter

from tenantry.catalogue.models import Sku
from tenantry.jobs import runs
from tenantry.kernel import clock
from tenantry.licensing.limits import LIMITS_KEPT
from tenantry.licensing.models import CompanyRefresh, Subscription
from tenantry.licensing.refresh import refresh_all
from tenantry.traffic.calls import call_log
from tenantry.traffic.models import CallRecord
from tests.support.house import MERIDIAN, NORDLYS, House


def refreshed() -> Counter[str]:
    """Refresh all companies and count the calls for limits, by path."""
    call_log.flush()
    CallRecord.objects.all().delete()
    refresh_all(runs.new_run("refresh_subscriptions", asked_by="", now=clock.now()).id)
    call_log.flush()
    return Counter(CallRecord.objects.filter(path__contains="/skus/").values_list("path", flat=True))


def known() -> list[tuple[str, str, str, int | None]]:
    rows = Sku.objects.order_by("product_id", "sku_id", "country")
    return list(rows.values_list("product_id", "sku_id", "country", "maximum_quantity"))


def test_a_product_that_many_companies_have_is_read_once_in_a_market(house: House) -> None:
    house.add_company()
    house.add_company(NORDLYS)
    house.add_company(MERIDIAN)
    limits = known()
    assert limits
    assert not refreshed()

    Sku.objects.update(read_at=clock.now() - LIMITS_KEPT)
    calls = refreshed()
    markets = Counter((product, sku) for product, sku, _, _ in limits)
    assert {path: count for path, count in calls.items() if not path.endswith("/availabilities")} == {
        f"/v1/products/{product}/skus/{sku}": count for (product, sku), count in markets.items()
    }
    assert known() == limits
    assert not refreshed()


def test_limits_that_cannot_be_read_are_left_for_the_next_refresh(house: House) -> None:
    company = house.add_company()
    limits = known()
    Sku.objects.all().delete()
    Subscription.objects.filter(company=company).delete()
    house.sandbox.fault("status", path="*/products/*", status=400, code=2000)

    assert sum(refreshed().values()) == len(limits)
    assert not Sku.objects.exists()
    assert Subscription.objects.filter(company=company).exists()
    assert CompanyRefresh.objects.get(company=company).advice == ""

    house.sandbox.clear_faults()
    refreshed()
    assert known() == limits
