"""Assigned seats of a tenant, stored by two refreshes at the same time."""

import threading

from django.db import connection, transaction

from tenantry.connection.models import PartnerConnection
from tenantry.kernel import clock
from tenantry.licensing.mirror import LicenceReading, store_licences
from tenantry.licensing.models import LicenceCount
from tenantry.people.models import Company
from tests.support.waiting import FAR_TOO_LONG, until_somebody_waits_for_us

SKU = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"


def reading(assigned: int) -> LicenceReading:
    return LicenceReading(SKU, "Business Premium", "SPB", assigned, 42, 0, 0)


def test_two_refreshes_that_store_new_seats_at_once_do_not_get_in_each_others_way(transactional_db: None) -> None:
    partner = PartnerConnection.objects.create(name="Kestrel", mode="consent", created_at=clock.now())
    company = Company.objects.create(connection=partner, tenant_id="t", name="Harbour", added_at=clock.now())
    stored = threading.Event()

    def first() -> None:
        with transaction.atomic():
            assert store_licences(company, [reading(10)]) == 1
            stored.set()
            # The other one reads nothing, and then waits at its insert for the end of this transaction.
            until_somebody_waits_for_us()
        connection.close()

    other = threading.Thread(target=first)
    other.start()
    assert stored.wait(FAR_TOO_LONG)
    store_licences(company, [reading(11)])
    other.join()

    assert list(LicenceCount.objects.values_list("company_id", "entra_sku_id")) == [(company.id, SKU)]
    assert store_licences(company, [reading(11)]) in (0, 1)
    assert LicenceCount.objects.get().assigned == 11
    assert store_licences(company, [reading(11)]) == 0
    assert store_licences(company, []) == 1
    assert not LicenceCount.objects.exists()
