"""Worlds: complete, consistent, the same each time, and readable through the door."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tenantry.sandbox import worlds
from tenantry.sandbox.app import create_app
from tenantry.sandbox.server import RunningSandbox
from tenantry.sandbox.wire import parse_moment
from tenantry.sandbox.worlds import partner, small_msp
from tests.sandbox.entra_kit import Browser

Json = dict[str, Any]
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def subscriptions_of(world: Json) -> list[Json]:
    return [body for many in world["subscriptions"].values() for body in many]


@pytest.fixture(scope="module")
def small() -> Json:
    return worlds.load("small-msp")


# -- small-msp ------------------------------------------------------------------------------------------------------


def test_small_msp_has_something_of_everything(small: Json) -> None:
    bodies = subscriptions_of(small)
    assert (len(small["customers"]), len(bodies), small["clock"]) == (26, 150, "2026-11-22T09:30:00Z")
    assert Counter(len(many) for many in small["subscriptions"].values())[60] == 1
    assert {body["status"] for body in bodies} == {"active", "suspended", "expired", "disabled", "deleted"}
    products = {body.get("productType", {}).get("id", "legacy") for body in bodies}
    assert products == {"OnlineServicesNCE", "Software", "Azure", "SaaS", "legacy"}
    assert {body.get("termDuration", "") for body in bodies} == {"", "P1M", "P1Y", "P3Y"}
    assert sum(body["isTrial"] for body in bodies) == 2
    assert any("parentSubscriptionId" in body for body in bodies)
    assert any("extended" in body["_sandbox"] for body in bodies)
    assert any("pending" in body["_sandbox"] for body in bodies)
    assert any(body.get("scheduledNextTermInstructions") and not body["isTrial"] for body in bodies)
    actions = {action["actionType"] for body in bodies for action in body.get("scheduledActions", [])}
    assert actions == {"Cancel", "RenewToNewTerm", "RenewToExtendedServiceTerm"}
    assert len(small["audit"]) == 2


def test_small_msp_has_names_that_break_pages(small: Json) -> None:
    names = [customer["companyProfile"]["companyName"] for customer in small["customers"]]
    assert max(len(name) for name in names) >= 120
    assert any("\u0600" <= name[0] <= "\u06ff" for name in names)
    assert "O'Connell & Daughters <Solicitors>" in names


@pytest.mark.parametrize("spec", ["small-msp", "messy", "large:tenants=30,subscriptions=600,seed=3"])
def test_nothing_is_overdue_when_a_world_begins(spec: str) -> None:
    world = worlds.load(spec)
    written = {body["id"].lower(): body["status"] for body in subscriptions_of(world)}
    shown = {one.id.lower(): one.body["status"] for one in create_app(world).ctx.store.all_subscriptions()}
    assert shown == written


def test_something_happens_in_the_next_days(small: Json) -> None:
    closing = sorted(
        parse_moment(lot["until"]) for body in subscriptions_of(small) for lot in body["_sandbox"].get("lots", [])
    )
    assert closing[0] == datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
    assert all(moment > NOW for moment in closing)
    assert sum((moment - NOW).days < 7 for moment in closing) == len(closing) >= 12
    ends = [
        parse_moment(body["commitmentEndDate"])
        for body in subscriptions_of(small)
        if body["status"] == "active" and "commitmentEndDate" in body
    ]
    assert sum(0 <= (end - NOW).days <= 40 for end in ends) >= 25
    assert {end.month for end in ends} == set(range(1, 13))


def test_ids_are_unique_and_people_belong_to_known_tenants(small: Json) -> None:
    ids = [body["id"].lower() for body in subscriptions_of(small)]
    assert len(ids) == len(set(ids))
    tenants = {tenant["id"] for tenant in small["directory"]["tenants"]}
    people = small["directory"]["people"]
    keys = [person["key"] for person in people]
    assert len(keys) == len(set(keys))
    assert {person["tenant"] for person in people} - tenants == {"9188040d-6c67-4c5b-b112-36a304b66dad"}
    assert {customer["id"] for customer in small["customers"]} <= tenants
    domains = [domain for tenant in small["directory"]["tenants"] for domain in tenant["domains"]]
    assert len(domains) == len(set(domains))


@pytest.mark.parametrize("spec", ["small-msp", "large:tenants=20,subscriptions=300,seed=3"])
def test_quantities_lots_and_dates_agree(spec: str) -> None:
    world = worlds.load(spec)
    skus = {(sku["productId"], sku["id"]): sku for sku in world["catalogue"]["skus"]}
    for body in subscriptions_of(world):
        lots = body["_sandbox"].get("lots", [])
        assert sum(lot["quantity"] for lot in lots) <= body["quantity"], body
        if body["status"] != "active":
            assert (lots, body["autoRenewEnabled"]) == ([], False), body
        if body.get("productType", {}).get("id") == "OnlineServicesNCE":
            product, sku, _ = body["offerId"].split(":")
            limits = skus[(product, sku)]
            assert limits["minimumQuantity"] <= body["quantity"] <= limits["maximumQuantity"], body
            start, end = parse_moment(body["effectiveStartDate"]), parse_moment(body["commitmentEndDateTime"])
            assert start < end, body
            if body["status"] == "active":
                assert start <= NOW < end, body
                assert parse_moment(body["billingCycleEndDateTime"]) <= end, body


def test_the_directory_counts_what_was_sold_and_more(small: Json) -> None:
    provisioning = {
        f"{sku['productId']}:{sku['id']}": sku["dynamicAttributes"].get("provisioningId")
        for sku in small["catalogue"]["skus"]
    }
    harbour = small_msp.tenant_id("harbour-vale")
    rows = {row["productSku"]["skuPartNumber"]: row for row in small["subscribed_skus"][harbour]}
    assert (rows["SPB"]["activeUnits"], rows["SPB"]["consumedUnits"], rows["SPB"]["availableUnits"]) == (42, 41, 1)
    assert rows["POWER_BI_PRO"]["activeUnits"] == 10  # six of ours, four bought elsewhere
    for customer, rows_of in small["subscribed_skus"].items():
        sold: Counter[str] = Counter()
        for body in small["subscriptions"][customer]:
            directory_id = provisioning.get(":".join(body["offerId"].split(":")[:2]))
            if directory_id and body["status"] == "active":
                sold[directory_id] += body["quantity"]
        counted = {row["productSku"]["id"]: row["activeUnits"] for row in rows_of}
        assert all(counted[directory_id] >= seats for directory_id, seats in sold.items())
        for row in rows_of:
            assert row["totalUnits"] == row["activeUnits"] + row["warningUnits"]
            assert row["availableUnits"] == row["totalUnits"] - row["consumedUnits"]


def test_a_world_is_the_same_each_time() -> None:
    for spec in ("small-msp", "messy", "large:tenants=30,subscriptions=200,seed=5"):
        assert json.dumps(worlds.load(spec)) == json.dumps(worlds.load(spec))
    other = worlds.load("large:tenants=30,subscriptions=200,seed=6")
    assert json.dumps(other["subscriptions"]) != json.dumps(
        worlds.load("large:tenants=30,subscriptions=200,seed=5")["subscriptions"]
    )


# -- large ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tenants", "subscriptions"), [(1, 0), (1, 100), (40, 10), (200, 1500)])
def test_large_has_the_size_that_was_asked_for(tenants: int, subscriptions: int) -> None:
    world = worlds.load(f"large:tenants={tenants},subscriptions={subscriptions},seed=1")
    assert len(world["customers"]) == tenants
    assert len(subscriptions_of(world)) == subscriptions
    if tenants > 1:
        assert len(next(iter(world["subscriptions"].values()))) == min(60, subscriptions)
    names = [customer["companyProfile"]["companyName"] for customer in world["customers"]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("atlantis", "there is no world 'atlantis'"),
        ("small-msp:tenants=3", "takes no options"),
        ("large:tenants=many", "'tenants=many' is not one of"),
        ("large:tenants=0", "tenants have to be 1 to"),
        ("large:moons=1", "'moons=1' is not one of"),
    ],
)
def test_a_world_that_is_not_there_is_named(spec: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        worlds.load(spec)


# -- through the door ------------------------------------------------------------------------------------------------


@pytest.fixture(params=["small-msp", "messy", "large:tenants=5,subscriptions=90,seed=2"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Json, Browser]]:
    world = worlds.load(request.param)
    with RunningSandbox(create_app(world)) as running:
        yield world, Browser(running.url)


def test_everything_can_be_read(served: tuple[Json, Browser]) -> None:
    world, browser = served
    token = browser.refresh(partner.REFRESH_TOKEN).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def read(path: str) -> Any:
        answer = browser.send("GET", f"/v1{path}", **headers)
        assert answer.status == 200, (path, answer.text)
        return answer.json()

    listed = read("/customers?size=500")["items"]
    shown = [customer["id"] for customer in world["customers"]]
    assert {customer["id"] for customer in listed} <= set(shown)
    for customer in world["customers"]:
        if customer["relationshipToPartner"] != "reseller":
            continue
        path = f"/customers/{customer['id']}"
        assert read(path)["id"] == customer["id"]
        found = [body["id"] for body in read(f"{path}/subscriptions")["items"]]
        assert found == [body["id"] for body in world["subscriptions"][customer["companyProfile"]["tenantId"]]]
        for identity in found[:3]:
            assert read(f"{path}/subscriptions/{identity}")["id"] == identity
        counted = browser.send("GET", f"/v1{path}/subscribedskus", **headers)
        assert counted.status == (403 if customer.get("_sandbox", {}).get("gdap_roles") == [] else 200)
        if counted.status == 403:
            assert str(counted.json()["code"]) == "900308"
    assert len(read("/products?country=DE&targetView=OnlineServices")["items"]) > 20
    assert len(read("/auditrecords?startDate=2026-11-01")["items"]) >= len(world["audit"])


def test_the_links_of_a_subscription_lead_to_its_customers_market(served: tuple[Json, Browser]) -> None:
    world, browser = served
    token = browser.refresh(partner.REFRESH_TOKEN).json()["access_token"]
    sold = {one["catalogItemId"] for one in world["catalogue"]["availabilities"]}
    countries = set()
    for customer in world["customers"]:
        bodies = world["subscriptions"].get(customer["companyProfile"]["tenantId"], [])
        for body in [one for one in bodies if one.get("offerId") in sold and one.get("links")][:2]:
            answer = browser.send("GET", f"/v1{body['links']['availability']['uri']}", Authorization=f"Bearer {token}")
            assert answer.status == 200, (body["links"], answer.text)
            there, country = answer.json(), customer["billingProfile"]["defaultAddress"]["country"]
            assert (there["country"], there["catalogItemId"]) == (country, body["offerId"])
            assert there["links"]["self"]["uri"].endswith(f"?country={country}")
            countries.add(country)
    assert countries


def test_whoever_sends_back_what_they_read_is_refused_for_the_state_only(served: tuple[Json, Browser]) -> None:
    ended_or_busy = {"2011", "900279", "900278", "800082"}
    world, browser = served
    browser.knob("PUT", "switches", {"throttle": False})
    token = browser.refresh(partner.REFRESH_TOKEN).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for customer in [one for one in world["customers"] if one["relationshipToPartner"] == "reseller"]:
        listed = browser.send("GET", f"/v1/customers/{customer['id']}/subscriptions", **headers).json()
        for body in listed["items"]:
            path = f"/v1/customers/{customer['id']}/subscriptions/{body['id']}"
            answer = browser.send("PATCH", path, json.dumps(body), **headers)
            refused = answer.status != 200 and str(answer.json()["code"])
            assert not refused or refused in ended_or_busy, (body["friendlyName"], answer.text)


def test_a_month_of_time_can_pass(served: tuple[Json, Browser]) -> None:
    _, browser = served
    answer = browser.knob("POST", "clock", {"advance": "P31D"})
    assert answer.status == 200, answer.text
    assert answer.json()["now"].startswith("2026-12-23")
    token = browser.refresh(partner.REFRESH_TOKEN).json()["access_token"]
    assert browser.send("GET", "/v1/customers", Authorization=f"Bearer {token}").status == 200
