"""Reads: customers and paging, catalogue, licences, orders, audit records, profiles, agreements."""

from urllib.parse import quote

import pytest

from tests.sandbox.commerce import ADATUM, BASIC, ENTRA_SKU, FABRIKAM, LEGACY, MONTHLY, Caller, Json, customer, nce, sub
from tests.sandbox.conftest import Play


def pages(caller: Caller, path: str) -> list[list[Json]]:
    """Follow seek paging to its end."""
    found, page = [], caller.api("GET", path).json
    found.append(page["items"])
    while "next" in page["links"]:
        following = page["links"]["next"]
        headers = {header["key"]: header["value"] for header in following["headers"]}
        assert page["continuationToken"] == headers["MS-ContinuationToken"]
        page = caller.api("GET", following["uri"], headers=headers).json
        found.append(page["items"])
    return found


def names(items: list[Json]) -> list[str]:
    return [str(item["companyProfile"]["companyName"]) for item in items]


def test_customers_come_page_by_page_and_only_ours(play: Play) -> None:
    many = [customer(f"c0000000-0000-4000-8000-{number:012}", f"Company{number:02}") for number in range(7)]
    caller = play(customers=[*many, customer(ADATUM, "Gone", relationshipToPartner="none")])
    found = pages(caller, "/customers?size=3")
    assert [names(page) for page in found] == [
        ["Company00", "Company01", "Company02"],
        ["Company03", "Company04", "Company05"],
        ["Company06"],
    ]
    assert found[0][0] == {
        "id": "c0000000-0000-4000-8000-000000000000",
        "companyProfile": {
            "tenantId": "c0000000-0000-4000-8000-000000000000",
            "domain": "company00.onmicrosoft.com",
            "companyName": "Company00",
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": "reseller",
        "attributes": {"objectType": "Customer"},
    }
    assert caller.api("GET", "/customers?size=3").json["links"]["self"]["uri"] == "/v1/customers?size=3"
    everything = caller.api("GET", "/customers").json
    assert (everything["totalCount"], "next" in everything["links"]) == (7, False)


def test_paging_without_its_header_is_an_error(caller: Caller) -> None:
    assert caller.api("GET", "/customers?size=1&seekOperation=Next").refusal == (400, 800002)
    bad = {"MS-ContinuationToken": "bm9uc2Vuc2U="}
    assert caller.api("GET", "/customers?size=1&seekOperation=Next", headers=bad).refusal == (400, 800002)
    assert caller.api("GET", "/customers?size=none").refusal == (400, 800002)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ('{"Field":"CompanyName","Value":"fab","Operator":"starts_with"}', ["Fabrikam"]),
        ('{"field":"domain","value":"ADA","operator":"Starts_With"}', ["Adatum"]),
        ('{"Field":"CompanyName","Value":"brik","Operator":"starts_with"}', []),
        (
            '{"Operator":"or","LeftFilter":{"Field":"Domain","Value":"ad","Operator":"starts_with"},'
            '"RightFilter":{"Field":"Domain","Value":"fa","Operator":"starts_with"}}',
            ["Fabrikam", "Adatum"],
        ),
    ],
)
def test_customers_are_filtered_by_the_beginning(caller: Caller, condition: str, found: list[str]) -> None:
    assert names(caller.api("GET", f"/customers?size=10&filter={quote(condition)}").json["items"]) == found


def test_other_filters_are_refused(caller: Caller) -> None:
    for condition in ('{"Field":"CompanyName","Value":"x","Operator":"equals"}', '{"Field":"Colour"}', "{", "3"):
        assert caller.api("GET", f"/customers?filter={quote(condition)}").refusal == (400, 800002)


def test_one_customer_shows_its_directory_only_with_a_role_there(play: Play) -> None:
    caller = play()
    found = caller.api("GET", f"/customers/{FABRIKAM}").json
    assert found["companyProfile"]["address"]["city"] == "Redmond"
    assert found["customDomains"] == ["fabrikam.onmicrosoft.com"]
    assert found["billingProfile"]["defaultAddress"]["country"] == "US"
    assert found["billingProfile"]["attributes"]["etag"]
    assert "_sandbox" not in found
    caller = play(customers=[customer(FABRIKAM, "Fabrikam", _sandbox={"gdap_roles": []})])
    found = caller.api("GET", f"/customers/{FABRIKAM}").json
    assert "customDomains" not in found
    assert "address" not in found["companyProfile"]
    assert caller.api("GET", f"/customers/{FABRIKAM}/subscribedskus").refusal == (403, 900308)
    assert caller.api("GET", sub() + "/provisioningstatus").refusal == (403, 900308)
    assert caller.api("GET", sub()).status == 200


def test_a_billing_profile_is_replaced_with_its_etag(caller: Caller) -> None:
    path = f"/customers/{FABRIKAM}/profiles/billing"
    profile = caller.api("GET", path).json
    changed = profile | {"email": "bill@fabrikam.example"}
    after = caller.api("PUT", path, changed)
    assert (after.status, after.json["email"]) == (200, "bill@fabrikam.example")
    assert after.json["attributes"]["etag"] != profile["attributes"]["etag"]
    assert caller.api("PUT", path, changed).refusal == (400, 2055)
    company = caller.api("GET", f"/customers/{FABRIKAM}/profiles/company").json
    assert company["attributes"] == {"objectType": "CustomerCompanyProfile"}


def test_a_relationship_ends_only_without_active_subscriptions(caller: Caller) -> None:
    none = {"RelationshipToPartner": "none"}
    assert caller.api("PATCH", f"/customers/{FABRIKAM}", none).refusal == (400, 800002)
    assert caller.api("PATCH", f"/customers/{ADATUM}", none).json["relationshipToPartner"] == "none"
    assert names(caller.api("GET", "/customers?size=9").json["items"]) == ["Fabrikam"]
    assert caller.api("GET", f"/customers/{ADATUM}").refusal == (403, 20002)
    records = caller.api("GET", "/auditrecords?size=9").json["items"]
    assert [one["operationType"] for one in records] == ["remove_partner_customer_relationship"]


def test_only_the_integration_sandbox_deletes_customers(caller: Caller) -> None:
    assert caller.api("DELETE", f"/customers/{ADATUM}").refusal == (403, 2032)
    caller.switch(integration_sandbox=True)
    assert caller.api("DELETE", f"/customers/{ADATUM}").status == 204
    assert caller.api("GET", f"/customers/{ADATUM}").refusal == (403, 20002)


def test_domains_are_taken_or_free(caller: Caller) -> None:
    assert caller.api("HEAD", "/domains/Fabrikam.onmicrosoft.com").status == 200
    assert caller.api("HEAD", "/domains/free.onmicrosoft.com").status == 404


def test_validation_agreements_and_qualifications(play: Play) -> None:
    open_one = customer(ADATUM, "Adatum", _sandbox={"validation_status": None, "agreement": False})
    caller = play(customers=[customer(FABRIKAM, "Fabrikam"), open_one])
    assert caller.api("GET", f"/customers/{FABRIKAM}/validationStatus?type=account").json["status"] == "Allowed"
    missing = caller.api("GET", f"/customers/{ADATUM}/validationStatus?type=account")
    assert (missing.refusal, missing.json["errorName"]) == ((404, 600074), "AccountStatusNotFound")
    path = f"/customers/{ADATUM}/agreements"
    assert caller.api("GET", path + "?agreementType=MicrosoftCustomerAgreement").json["items"] == []
    template = caller.api("GET", "/agreements?agreementType=MicrosoftCustomerAgreement").json["items"][0]["templateId"]
    body = {
        "primaryContact": {"firstName": "Ann", "lastName": "Bee", "email": "ann@adatum.example"},
        "templateId": template,
        "dateAgreed": "2026-06-01T00:00:00",
        "type": "MicrosoftCustomerAgreement",
    }
    assert caller.api("POST", path, body, token="app").refusal == (403, 900329)
    assert caller.api("POST", path, body).status == 201
    assert caller.api("POST", path, body).refusal == (400, 600061)
    assert len(caller.api("GET", path).json["items"]) == 1
    assert len(caller.api("GET", f"/customers/{FABRIKAM}/agreements").json["items"]) == 1
    assert caller.api("GET", f"/customers/{FABRIKAM}/qualifications").json == [{"qualification": "None"}]
    signed = caller.api("GET", f"/customers/{FABRIKAM}/directSignedMicrosoftCustomerAgreementStatus").json
    assert signed == {"isSigned": False}


def test_subscriptions_come_all_at_once_or_by_order(caller: Caller) -> None:
    path = f"/customers/{FABRIKAM}/subscriptions"
    listed = caller.api("GET", path).json
    assert (listed["totalCount"], listed["links"]["self"]["uri"]) == (5, path)
    assert listed["attributes"] == {"objectType": "Collection"}
    assert listed["items"][0] == caller.subscription(BASIC)
    legacy = caller.api("GET", path + "?ORDER_ID=cf3b0e37-be0b-4cdd-b584-d1a97d98a922").json["items"]
    assert [one["id"] for one in legacy] == [LEGACY]
    assert caller.api("GET", f"/customers/{ADATUM}/subscriptions").json["items"] == []


def test_the_provisioning_status_joins_to_the_directory(caller: Caller) -> None:
    assert caller.api("GET", sub() + "/provisioningstatus").json == {
        "skuId": ENTRA_SKU,
        "status": "success",
        "quantity": 15,
        "endDate": "2026-08-31T00:00:00Z",
        "attributes": {"objectType": "SubscriptionProvisioningStatus"},
    }
    assert caller.api("GET", sub(LEGACY) + "/provisioningstatus").refusal == (404, 1000)


def test_the_support_contact_is_the_partner_until_another_one_is_put(caller: Caller) -> None:
    path = sub() + "/supportcontact"
    assert caller.api("GET", path).json["supportMpnId"] == "4847383"
    reseller = {"supportTenantId": ADATUM, "supportMpnId": "9999999", "name": "A reseller"}
    assert caller.api("PUT", path, {}).refusal == (400, 800002)
    assert caller.api("PUT", path, reseller).status == 200
    assert reseller.items() <= caller.api("GET", path).json.items()
    assert caller.api("GET", sub(LEGACY) + "/supportcontact").json["supportMpnId"] == "4847383"


def test_marketplace_subscriptions_have_an_activation_link_and_others_none(play: Play) -> None:
    software = {"productType": {"id": "SaaS", "displayName": "SaaS"}, "isMicrosoftProduct": False}
    caller = play(nce(), nce(MONTHLY, **software))
    assert caller.api("GET", sub() + "/activationlinks").json["items"] == []
    links = caller.api("GET", sub(MONTHLY) + "/activationlinks").json["items"]
    assert links == [{"link": {"uri": f"https://publisher.example/activate/{MONTHLY}", "method": "GET", "headers": []}}]
    caller.control("POST", "change", {"customer": FABRIKAM, "subscription": MONTHLY, "quantity": 16})
    order = caller.api("GET", f"/customers/{FABRIKAM}/orders").json["items"][0]["id"]
    line = f"/customers/{FABRIKAM}/orders/{order}/lineitems"
    assert caller.api("GET", f"{line}/0/activationlinks").json["items"] == links
    assert caller.api("GET", f"{line}/1/activationlinks").refusal == (404, 1000)


def test_the_registration_status_is_as_the_world_says(play: Play) -> None:
    caller = play(nce(), nce(MONTHLY, _sandbox={"registration": "notregistered"}))
    assert caller.api("GET", sub() + "/registrationstatus").json == {
        "subscriptionId": BASIC,
        "status": "registered",
        "attributes": {"objectType": "SubscriptionRegistrationStatus"},
    }
    assert caller.api("GET", sub(MONTHLY) + "/registrationstatus").json["status"] == "notregistered"


def test_a_new_customer_has_a_tenant_and_is_made_once(caller: Caller) -> None:
    wish = {
        "CompanyProfile": {"Domain": "northwind.onmicrosoft.com"},
        "BillingProfile": {"CompanyName": "Northwind", "Culture": "en-US"},
    }
    once = {"MS-RequestId": "0b6c1f7e-0000-4000-8000-000000000001"}
    made = [caller.api("POST", "/customers", wish, headers=once) for _ in range(2)]
    assert [reply.status for reply in made] == [201, 201]
    assert made[0].json == made[1].json
    assert made[0].json["userCredentials"]["password"]
    tenant = made[0].json["id"]
    assert "userCredentials" not in caller.api("GET", f"/customers/{tenant}").json
    found = caller.send("GET", "/northwind.onmicrosoft.com/v2.0/.well-known/openid-configuration").json
    assert found["issuer"] == f"{caller.url}/{tenant}/v2.0"
    assert caller.api("POST", "/customers", wish).refusal == (400, 800002)
    taken = wish | {"CompanyProfile": {"Domain": "Contoso.example"}}  # of a tenant that is nobody's customer
    assert caller.api("POST", "/customers", taken).refusal == (400, 800002)
    assert caller.api("HEAD", "/domains/contoso.example").status == 200
    assert caller.api("GET", "/auditrecords?size=9").json["items"][0]["operationType"] == "add_customer"


def test_end_dates_that_a_term_may_be_aligned_to(play: Play) -> None:
    other = nce(MONTHLY, commitmentEndDate="2026-06-30T00:00:00Z", commitmentEndDateTime="2026-06-30T23:59:59Z")
    caller = play(nce(commitmentEndDate="2026-07-05T00:00:00Z"), other)
    path = f"/customers/{FABRIKAM}/subscriptions/customTermEndDates"
    found = caller.api("GET", path + "?term_duration=P1M").json["items"]
    assert found == [
        {"allowedCustomTermEndDateType": "calendarMonthAligned", "allowedCustomTermEndDate": "2026-06-30T00:00:00"},
        {
            "allowedCustomTermEndDateType": "subscriptionAligned",
            "cotermSubscriptionIds": [MONTHLY],
            "allowedCustomTermEndDate": "2026-06-30T00:00:00",
        },
        {
            "allowedCustomTermEndDateType": "subscriptionAligned",
            "cotermSubscriptionIds": [BASIC],
            "allowedCustomTermEndDate": "2026-07-05T00:00:00",
        },
    ]
    assert caller.api("GET", path).refusal == (400, 800002)
    assert caller.api("GET", path + "?term_duration=P1M&term_start_date=2026-01-01").refusal == (400, 800002)


def test_orders_of_seat_changes_show_after_their_lag(play: Play) -> None:
    caller = play(switches={"orders_lag_seconds": 60})
    caller.patch(quantity=18)
    path = f"/customers/{FABRIKAM}/orders"
    assert caller.api("GET", path).json["items"] == []
    caller = play()
    caller.patch(quantity=18)
    order = caller.api("GET", path).json["items"][0]
    assert (order["referenceCustomerId"], order["status"], order["currencyCode"]) == (FABRIKAM, "completed", "USD")
    assert caller.api("GET", f"{path}/{order['id'].upper()}").json == order
    status = caller.api("GET", f"{path}/{order['id']}/provisioningstatus").json["items"]
    assert [(line["status"], line["lineItemNumber"]) for line in status] == [("fulfilled", 0)]
    assert caller.api("GET", f"{path}/nothing").refusal == (404, 20000)


def test_prices_of_orders_only_where_asked_for(play: Play) -> None:
    order = {"id": "abc", "totalPrice": 36.48, "lineItems": [{"lineItemNumber": 0, "pricing": {"price": 36.48}}]}
    caller = play(orders={FABRIKAM: [order]})
    path = f"/customers/{FABRIKAM}/orders/abc"
    assert caller.api("GET", path).json == {"id": "abc", "lineItems": [{"lineItemNumber": 0}]}
    assert caller.api("GET", path + "?include_price=true").json == order


def test_the_catalogue_for_everybody_and_for_a_customer(caller: Caller) -> None:
    listed = caller.api("GET", "/products?country=US&targetView=OnlineServices").json
    assert [one["id"] for one in listed["items"]] == ["CFQ7TTC0LH18", "CFQ7TTC0LCHC"]
    assert caller.api("GET", "/products?country=DE&targetview=onlineservices").json["items"] == []
    assert caller.api("GET", "/products?country=US&targetView=Everything").refusal == (403, 400036)
    assert caller.api("GET", "/products?targetView=OnlineServices").refusal == (400, 800002)
    mine = caller.api("GET", f"/customers/{FABRIKAM}/products?targetView=OnlineServices").json
    assert [one["id"] for one in mine["items"]] == ["CFQ7TTC0LH18", "CFQ7TTC0LCHC"]
    sku = caller.api("GET", "/products/cfq7ttc0lh18/skus/0001?country=US").json
    assert (sku["maximumQuantity"], sku["dynamicAttributes"]["provisioningId"]) == (300, ENTRA_SKU)
    assert len(caller.api("GET", "/products/CFQ7TTC0LH18/skus?country=US").json["items"]) == 1
    path = "/products/CFQ7TTC0LH18/skus/0001/availabilities"
    assert [one["id"] for one in caller.api("GET", path + "?country=US").json["items"]] == ["CFQ7TTC0K971"]
    charity = caller.api("GET", path + "?country=US&targetSegment=nonprofit").json["items"]
    assert [one["id"] for one in charity] == ["CFQ7TTC0K972"]
    assert (
        caller.api("GET", path + "/CFQ7TTC0K971?country=US").json["catalogItemId"] == "CFQ7TTC0LH18:0001:CFQ7TTC0K971"
    )
    assert caller.api("GET", path + "/CFQ7TTC0ZZZZ?country=US").refusal == (404, 400019)
    assert caller.api("GET", "/products/CFQ7TTC0LH18/skus/0009?country=US").refusal == (404, 400018)
    assert caller.api("GET", "/products/CFQ7TTC0ZZZZ?country=US").refusal == (404, 400013)


def test_the_directory_says_what_it_still_does_with_a_product(play: Play) -> None:
    caller = play(nce())

    def told() -> tuple[int, int, str]:
        [row] = caller.api("GET", f"/customers/{FABRIKAM}/subscribedskus").json["items"]
        return row["activeUnits"], row["totalUnits"], row["capabilityStatus"]

    caller.patch(status="suspended")
    assert told() == (0, 0, "Suspended")
    caller.patch(status="active")
    assert told() == (15, 15, "Enabled")
    caller.patch(autoRenewEnabled=False, scheduledActions=[{"scheduleType": "TermEnd", "actionType": "Cancel"}])
    caller.move(set="2026-09-01T00:00:00Z")
    assert told() == (0, 15, "Warning")


def test_licences_of_a_tenant_by_group(caller: Caller) -> None:
    path = f"/customers/{FABRIKAM}/subscribedskus"
    assert caller.api("GET", path).json["items"][0]["productSku"]["id"] == ENTRA_SKU
    assert len(caller.api("GET", path + "?licenseGroupIds=Group1&licenseGroupIds=Group2").json["items"]) == 1
    assert caller.api("GET", path + "?licenseGroupIds=Group2").json["items"] == []


def test_audit_records_by_day_customer_and_page(caller: Caller) -> None:
    for quantity in (16, 17, 18):
        caller.patch(quantity=quantity)
    caller.move(advance="P2D")
    caller.patch(quantity=19)
    found = pages(caller, "/auditrecords?startDate=2026-06-10&size=3")
    assert [len(page) for page in found] == [3, 1]
    assert [one["operationDate"][:10] for one in found[0]] == ["2026-06-12", "2026-06-10", "2026-06-10"]
    first_day = caller.api("GET", "/auditrecords?startDate=2026-06-10&endDate=2026-06-10&size=9").json
    assert first_day["totalCount"] == 3
    for value, count in ((FABRIKAM, 4), (ADATUM, 0)):
        condition = quote(f'{{"Field":"CustomerId","Value":"{value}","Operator":"equals"}}')
        assert caller.api("GET", f"/auditrecords?size=9&filter={condition}").json["totalCount"] == count
    record = found[0][0]
    assert caller.api("GET", f"/auditrecords/{record['id']}").json == record
    assert caller.api("GET", "/auditrecords?startDate=2026-01-01").refusal == (400, 800002)
    assert caller.api("GET", "/auditrecords?startDate=2026-06-12&endDate=2026-06-11").refusal == (400, 800002)
    assert caller.api("GET", "/auditrecords?startDate=soon").refusal == (400, 800002)
    documented = caller.api("GET", "/auditrecords?startDate=6/10/2026%2012:00:00%20AM&endDate=6/10/2026&size=9").json
    assert documented["items"] == first_day["items"]


def test_audit_records_lag_as_long_as_the_switch_says(play: Play) -> None:
    caller = play(switches={"audit_lag_seconds": 60})
    caller.patch(quantity=16)
    assert caller.api("GET", "/auditrecords?size=9").json["items"] == []
    caller.switch(audit_lag_seconds=0)
    assert len(caller.api("GET", "/auditrecords?size=9").json["items"]) == 1


@pytest.mark.parametrize("name", ["mpn", "legalbusiness", "organization", "billing", "support"])
def test_the_partners_own_profiles(caller: Caller, name: str) -> None:
    found = caller.api("GET", f"/profiles/{name}").json
    assert found["profileType"] == found["attributes"]["objectType"]
    assert found["links"]["self"]["uri"] == f"/profiles/{name}"


def test_invitations_and_addresses(caller: Caller) -> None:
    assert "invType=ResellerRelationship" in caller.api("GET", "/customers/relationshiprequests").json["url"]
    address = {"Country": "US", "City": "Redmond", "AddressLine1": "1 Way"}
    assert caller.api("POST", "/validations/address", address).json["status"] == "VerifiedShippable"
    assert caller.api("POST", "/validations/address", {"Country": "US"}).refusal == (400, 800002)
    assert caller.api("GET", f"/customers/{FABRIKAM}/relationships").json["items"] == []
