"""What the pages say of trouble with Microsoft: about the connection, its list of tenants, or one company."""

from datetime import timedelta

import pytest

from tenantry.connection.actions import refresh_tenants
from tenantry.connection.models import ConnectionState, PartnerConnection, TroubleAbout
from tenantry.kernel import clock
from tenantry.licensing.refresh import refresh_company
from tenantry.people.models import Company
from tenantry.traffic.calls import call_log
from tests.support.house import HARBOUR, NORDLYS, House
from tests.web.backoffice.visitors import owner, told

STOPS = "Nothing new is read from Microsoft, and no change reaches it."
GOES_ON = "Change orders are still sent to Microsoft, and each one says how it ended."
CONNECTIONS = "/office/delegated-admin/"


@pytest.fixture
def harbour(house: House) -> Company:
    """Harbour & Vale with its mirrored subscriptions."""
    return house.add_company(HARBOUR)


def pages(house: House, company: Company) -> dict[str, str]:
    """Return the pages on which a broken connection is named."""
    dana = owner(house)
    return {
        "companies": told(dana, "/office/companies/"),
        "company": told(dana, f"/office/c/{company.id}/"),
        "connections": told(dana, CONNECTIONS),
    }


def test_a_refused_token_is_said_to_stop_orders(house: House, harbour: Company) -> None:
    house.sandbox.fault("mfa_missing")
    refresh_tenants(house.connection.id)
    call_log.flush()
    seen = pages(house, harbour)
    assert STOPS in seen["companies"]
    assert STOPS in seen["company"]
    assert "No change order reaches Microsoft through this connection until this is fixed." in seen["connections"]
    assert "Sign in again with a second factor" in seen["connections"]
    assert GOES_ON not in " ".join(seen.values())


def test_a_refused_list_is_not_said_to_stop_orders(house: House, harbour: Company) -> None:
    house.sandbox.fault("status", path="/v1/customers", status=403, code=2032)
    refresh_tenants(house.connection.id)
    call_log.flush()
    seen = pages(house, harbour)
    assert "The partner connection Kestrel IT Services does not work." in seen["company"]
    assert all(GOES_ON in shown for shown in seen.values())
    assert "no change" not in " ".join(seen.values()).lower()


def test_a_token_that_microsoft_has_accepted_since_is_not_said_to_stop_orders(house: House, harbour: Company) -> None:
    now = clock.now()
    PartnerConnection.objects.update(
        state=ConnectionState.BROKEN,
        last_error_at=now - timedelta(minutes=5),
        last_error_about=TroubleAbout.TOKEN,
        last_error_advice="consent_revoked",
        last_success_at=now,
    )
    assert all(GOES_ON in shown for shown in pages(house, harbour).values())


def test_an_odd_answer_for_the_list_is_said_of_the_list(house: House, harbour: Company) -> None:
    house.sandbox.fault("status", path="/v1/customers", status=404, code=1000)
    refresh_tenants(house.connection.id)
    call_log.flush()
    seen = pages(house, harbour)
    assert "does not work" not in " ".join(seen.values())
    assert "Works, needs attention" in seen["connections"]
    assert "The list of tenants could not be read. Companies and change orders go on." in seen["connections"]
    assert "Microsoft says that it is not there (any more)." in seen["connections"]


def test_what_one_customer_refuses_is_said_of_that_company_alone(house: House, harbour: Company) -> None:
    nordlys = house.add_company(NORDLYS)
    house.sandbox.fault("status", path=f"/v1/customers/{HARBOUR}/subscriptions", status=403, code=20002)
    refresh_company(harbour.id)
    call_log.flush()
    dana = owner(house)
    seen = told(dana, f"/office/c/{harbour.id}/")
    assert "This company could not be read the last time." in seen
    assert "Microsoft sees no reseller relationship between you and this customer." in seen
    assert "What to do Look the customer up in Partner Center" in seen
    assert "request id" in seen
    assert ": Microsoft refused the last look, showing what we know" in seen
    other = told(dana, f"/office/c/{nordlys.id}/")
    assert "could not be read" not in other
    assert "refused" not in other
    companies = told(dana, "/office/companies/")
    assert "1 could not be read" in companies
    assert companies.count("Could not be read last time") == 1
    assert "does not work" not in companies + told(dana, CONNECTIONS)

    house.sandbox.clear_faults()
    refresh_company(harbour.id)
    assert "could not be read" not in told(dana, f"/office/c/{harbour.id}/")
