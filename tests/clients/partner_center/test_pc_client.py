"""Partner Center's calls over a real socket."""

import json
from datetime import date

import pytest

from tenantry.clients.http import (
    Call,
    JsonObject,
    LocalQuota,
    Malformed,
    Refused,
    Throttled,
    Timeouts,
    Unsure,
    UpstreamError,
)
from tenantry.clients.partner_center import (
    AvailabilityId,
    CustomerId,
    OrderId,
    PartnerCenter,
    ProductId,
    SkuId,
    Subscription,
    SubscriptionId,
    intents,
)
from tests.clients.vendor import BOM, Cut, Reply, Vendor

ALFA = CustomerId("AAAAAAAA-0000-4000-8000-000000000001")
SEATS = SubscriptionId("s-1")
RAW: JsonObject = {
    "id": "s-1",
    "offerId": "CFQ7TTC0LH18:0001:CFQ7TTC0K971",
    "status": "active",
    "quantity": 15,
    "attributes": {"objectType": "Subscription"},
}
WHERE = f"/v1/customers/{ALFA}/subscriptions/s-1"


class Token:
    """A token source with one token."""

    def access_token(self, *, renew: bool = False) -> str:
        return "partner-token"

    def refused(self, error: UpstreamError) -> None:
        """Nobody asks."""


def partner_center(url: str, told: list[Call] | None = None, quota: LocalQuota | None = None) -> PartnerCenter:
    steady = Timeouts(connect=10.0, read=10.0, total=20.0, patience=5.0)
    observer = told.append if told is not None else None
    return PartnerCenter(url, Token(), quota_key="p-1", quota=quota, timeouts=steady, observer=observer)


def customer(number: int) -> JsonObject:
    return {"id": f"c-{number}", "companyProfile": {"companyName": f"Company {number}"}}


def with_mark(body: object) -> bytes:
    return BOM + json.dumps(body).encode()


def test_customers_come_page_by_page() -> None:
    following = {
        "uri": "/customers?size=500&seekOperation=Next",
        "headers": [{"key": "MS-ContinuationToken", "value": "t"}],
    }
    first = {
        "totalCount": 2,
        "items": [customer(1), customer(2)],
        "links": {"next": following},
        "continuationToken": "t",
    }
    second = {"totalCount": 1, "items": [customer(3)], "links": {"self": {"uri": "/v1/customers?size=40"}}}
    told: list[Call] = []
    pages = [Reply(200, with_mark(first)), Reply(200, with_mark(second))]
    with Vendor(*pages) as vendor, partner_center(vendor.url, told) as calls:
        listed = calls.customers()
    assert [row.id for row in listed.items] == ["c-1", "c-2", "c-3"]
    assert listed.unreadable == ()
    one, two = vendor.seen
    assert (one.path, one.query, "ms-continuationtoken" in one.headers) == ("/v1/customers", {"size": "500"}, False)
    assert (two.path, two.query) == ("/v1/customers", {"size": "500", "seekOperation": "Next"})
    assert two.headers["ms-continuationtoken"] == "t"
    assert two.headers["authorization"] == "Bearer partner-token"
    assert two.headers["ms-contract-version"] == "v1"
    assert [(call.path, call.template, call.customer_id) for call in told] == [
        ("/v1/customers", "/v1/customers", None)
    ] * 2


def test_customers_can_be_filtered_by_name() -> None:
    with Vendor(Reply(200, {"items": []})) as vendor, partner_center(vendor.url) as calls:
        assert calls.customers(name_starts_with="Bü&co").items == ()
    assert json.loads(vendor.seen[0].query["filter"]) == {
        "Field": "CompanyName",
        "Value": "Bü&co",
        "Operator": "starts_with",
    }


def test_pages_that_do_not_end_are_malformed() -> None:
    page = {
        "items": [customer(1)],
        "links": {"next": {"uri": "/customers?seekOperation=Next"}},
        "continuationToken": "t",
    }
    with Vendor(*[Reply(200, page)] * 3) as vendor, partner_center(vendor.url) as calls, pytest.raises(Malformed):
        calls.customers()
    assert len(vendor.seen) == 2


@pytest.mark.parametrize(
    "uri", ["https://evil.example/v1/customers", "//evil.example/customers", "/v1/../secret", "/a\\..\\b"]
)
def test_a_link_that_leads_elsewhere_is_not_followed(uri: str) -> None:
    page = {"items": [], "links": {"next": {"uri": uri}}}
    with Vendor(Reply(200, page)) as vendor, partner_center(vendor.url) as calls:
        with pytest.raises(Malformed):
            calls.customers()
        with pytest.raises(Malformed):
            calls.follow(ALFA, uri)
    assert len(vendor.seen) == 1


def test_one_row_that_cannot_be_read_does_not_hide_the_others() -> None:
    rows = [RAW, {"id": "s-2", "status": "active"}, "nonsense"]
    with Vendor(Reply(200, {"totalCount": 3, "items": rows})) as vendor, partner_center(vendor.url) as calls:
        listed = calls.subscriptions(ALFA)
    assert [row.id for row in listed.items] == ["s-1"]
    assert [row.id for row in listed.unreadable] == ["s-2", ""]
    assert "offerId: Field required" in listed.unreadable[0].words


@pytest.mark.parametrize("body", [[], {"totalCount": 1}, {"items": "x"}, None])
def test_what_is_no_collection_is_malformed(body: object) -> None:
    with Vendor(Reply(200, body)) as vendor, partner_center(vendor.url) as calls, pytest.raises(Malformed):
        calls.subscriptions(ALFA)


def test_a_change_is_sent_whole_with_the_given_ids() -> None:
    told: list[Call] = []
    patch = intents.set_quantity(Subscription.parse({**RAW, "brandNew": {"x": 1}}), 18)
    with Vendor(Reply(200, with_mark({**RAW, "quantity": 18}))) as vendor, partner_center(vendor.url, told) as calls:
        answer = calls.patch_subscription(ALFA, SEATS, patch, request_id="r-1", correlation_id="c-1")
    (seen,) = vendor.seen
    assert (seen.method, seen.path, seen.json) == ("PATCH", WHERE, {**RAW, "brandNew": {"x": 1}, "quantity": 18})
    assert (seen.headers["ms-requestid"], seen.headers["ms-correlationid"]) == ("r-1", "c-1")
    assert seen.headers["content-type"] == "application/json"
    assert "if-match" not in seen.headers
    assert answer.subscription is not None
    assert (answer.accepted, answer.subscription.quantity, answer.request_id) == (False, 18, "r-1")
    (call,) = told
    assert call.template == "/v1/customers/{customer_id}/subscriptions/{subscription_id}"
    assert (call.customer_id, call.status, call.correlation_id) == (ALFA, 200, "c-1")


def test_an_etag_is_sent_in_quotes() -> None:
    for etag in ("e-1", '"e-1"'):
        patch = intents.suspend(Subscription.parse({**RAW, "attributes": {"etag": etag}}))
        with Vendor(Reply(200, RAW)) as vendor, partner_center(vendor.url) as calls:
            calls.patch_subscription(ALFA, SEATS, patch)
        assert vendor.seen[0].headers["if-match"] == '"e-1"'


def test_an_accepted_change_is_no_outcome_and_its_location_can_be_followed() -> None:
    patch = intents.cancel(Subscription.parse(RAW))
    location = f"/customers/{ALFA}/subscriptions/s-1"
    accepted = Reply(202, None, {"Location": location, "Retry-After": "5"})
    with Vendor(accepted, Reply(200, {**RAW, "status": "deleted"})) as vendor, partner_center(vendor.url) as calls:
        answer = calls.patch_subscription(ALFA, SEATS, patch)
        assert (answer.accepted, answer.subscription, answer.location, answer.retry_after) == (
            True,
            None,
            location,
            5.0,
        )
        assert calls.follow(ALFA, answer.location).status == "deleted"
    assert vendor.seen[1].path == WHERE


def test_a_short_answer_to_a_change_is_an_answer() -> None:
    patch = intents.suspend(Subscription.parse(RAW))
    short = {"Id": "s-1", "Status": "suspended", "Quantity": 15}
    with Vendor(Reply(200, short)) as vendor, partner_center(vendor.url) as calls:
        answer = calls.patch_subscription(ALFA, SEATS, patch)
    assert (answer.accepted, answer.subscription) == (False, None)


@pytest.mark.parametrize("step", [Cut(), Reply(200, b"{"), Reply(200, []), Reply(502, b"<html>")])
def test_a_change_whose_answer_is_lost_is_unsure_and_sent_once(step: Cut | Reply) -> None:
    patch = intents.suspend(Subscription.parse(RAW))
    with Vendor(step) as vendor, partner_center(vendor.url) as calls, pytest.raises(Unsure):
        calls.patch_subscription(ALFA, SEATS, patch)
    assert len(vendor.seen) == 1


def test_a_refused_change_has_their_words_and_is_recorded() -> None:
    told: list[Call] = []
    patch = intents.set_quantity(Subscription.parse(RAW), 1)
    refusal = {"code": 800090, "description": "Seats stay.", "data": [], "source": "PartnerFD"}
    with (
        Vendor(Reply(400, with_mark(refusal))) as vendor,
        partner_center(vendor.url, told) as calls,
        pytest.raises(Refused) as caught,
    ):
        calls.patch_subscription(ALFA, SEATS, patch)
    assert (caught.value.code, caught.value.kind, caught.value.words) == ("800090", "window", "Seats stay.")
    assert [(call.status, call.code, call.words) for call in told] == [(400, "800090", "Seats stay.")]


def test_a_customers_limit_leaves_the_other_customers_alone() -> None:
    bravo = CustomerId("bbbbbbbb-0000-4000-8000-000000000002")
    quota = LocalQuota(per_minute=60000, burst=50)
    throttled = Reply(429, {"statusCode": 429, "message": "Try again in 30 seconds."})
    with Vendor(throttled, Reply(200, {"items": []})) as vendor, partner_center(vendor.url, quota=quota) as calls:
        with pytest.raises(Throttled):
            calls.subscriptions(ALFA)
        with pytest.raises(Throttled):
            calls.subscriptions(CustomerId(ALFA.lower()))
        assert calls.subscriptions(bravo).items == ()
    assert len(vendor.seen) == 2


def test_every_read_asks_where_it_should() -> None:
    product, sku = ProductId("CFQ7TTC0LH18"), SkuId("0001")
    many = Reply(200, {"items": []})
    availability = {"id": "A", "catalogItemId": "CFQ7TTC0LH18:0001:A"}
    steps = [
        Reply(200, customer(1)),
        Reply(200, RAW),
        Reply(200, {"skuId": "g", "status": "pending", "quantity": 3}),
        many,
        many,
        Reply(200, {"id": "o/1"}),
        Reply(200, {"id": product}),
        many,
        Reply(200, {"id": "0001", "productId": product}),
        many,
        Reply(200, availability),
        many,
        Reply(200, {"companyName": "Contoso IT"}),
        Reply(200, {"vettingStatus": "authorized"}),
    ]
    with Vendor(*steps) as vendor, partner_center(vendor.url) as calls:
        assert calls.customer(ALFA).name == "Company 1"
        assert calls.subscription(ALFA, SEATS).quantity == 15
        assert calls.provisioning_status(ALFA, SEATS).status == "pending"
        calls.subscribed_skus(ALFA)
        calls.orders(ALFA)
        calls.order(ALFA, OrderId("o/1"))
        calls.product(product, "CH")
        calls.skus(product, "CH")
        calls.sku(product, sku, "CH")
        calls.availabilities(product, sku, "CH")
        assert calls.availability(product, sku, AvailabilityId("A"), "CH").catalog_item_id.endswith(":A")
        calls.audit_records(date(2026, 11, 1), date(2026, 11, 22), customer_id=ALFA)
        assert calls.organization_profile().company_name == "Contoso IT"
        assert calls.legal_business_profile().vetting_status == "authorized"
    country = {"country": "CH"}
    audit_filter = json.dumps({"Field": "CustomerId", "Value": ALFA, "Operator": "equals"})
    audit = {"startDate": "2026-11-01", "endDate": "2026-11-22", "size": "500", "filter": audit_filter}
    assert [(seen.path, seen.query) for seen in vendor.seen] == [
        (f"/v1/customers/{ALFA}", {}),
        (WHERE, {}),
        (f"{WHERE}/provisioningstatus", {}),
        (f"/v1/customers/{ALFA}/subscribedskus", {}),
        (f"/v1/customers/{ALFA}/orders", {}),
        (f"/v1/customers/{ALFA}/orders/o%2F1", {}),
        ("/v1/products/CFQ7TTC0LH18", country),
        ("/v1/products/CFQ7TTC0LH18/skus", country),
        ("/v1/products/CFQ7TTC0LH18/skus/0001", country),
        ("/v1/products/CFQ7TTC0LH18/skus/0001/availabilities", country),
        ("/v1/products/CFQ7TTC0LH18/skus/0001/availabilities/A", country),
        ("/v1/auditrecords", audit),
        ("/v1/profiles/organization", {}),
        ("/v1/profiles/legalbusiness", {}),
    ]
    assert {seen.method for seen in vendor.seen} == {"GET"}


@pytest.mark.parametrize(("told", "expected"), [("true", True), ("False", False), ("", None)])
def test_microsoft_is_asked_about_the_multi_factor_claim(told: str, expected: bool | None) -> None:
    with Vendor(Reply(200, {}, {"isMfaCompliant": told})) as vendor, partner_center(vendor.url) as calls:
        assert calls.mfa_compliant() is expected
    assert vendor.seen[0].headers["validatemfa"] == "true"


def test_the_live_test_for_direct_csp_reads_one_customer() -> None:
    indirect = {**RAW, "id": "s-2", "partnerId": "4711"}
    steps = [Reply(200, customer(1), {"isMfaCompliant": "true"}), Reply(200, {"items": [RAW, indirect, "x"]})]
    with Vendor(*steps) as vendor, partner_center(vendor.url) as calls:
        check = calls.check_direct_csp(ALFA)
    assert (check.customer.name, check.subscriptions, check.indirect, check.mfa_compliant) == (
        "Company 1",
        3,
        True,
        True,
    )
    assert [seen.method for seen in vendor.seen] == ["GET", "GET"]
