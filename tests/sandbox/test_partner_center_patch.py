"""PATCH of a subscription: seats, status, names, in every kind and state."""

from typing import Any

import pytest

from tests.sandbox.commerce import AZURE, BASIC, FABRIKAM, LEGACY, SOFTWARE, TRIAL, Caller, Json, customer, nce, sub
from tests.sandbox.conftest import Play

LICENCES = f"/customers/{FABRIKAM}/subscribedskus"


def test_added_seats_are_at_once_there_and_open_a_window_of_their_own(caller: Caller) -> None:
    reply = caller.patch(quantity=18)
    assert reply.status == 200
    assert reply.json["quantity"] == 18
    assert reply.json["refundableQuantity"] == {
        "totalQuantity": 8,
        "details": [
            {"quantity": 5, "allowedUntilDateTime": "2026-06-16T08:30:00.250000Z"},
            {"quantity": 3, "allowedUntilDateTime": "2026-06-17T12:00:00Z"},
        ],
    }
    assert caller.subscription() == reply.json
    entry = caller.journal(method="PATCH")[0]
    assert (entry["acted"], entry["before_quantity"], entry["after_quantity"]) == (True, 15, 18)
    assert entry["doubts"] == []
    row = caller.api("GET", LICENCES).json["items"][0]
    assert (row["activeUnits"], row["totalUnits"], row["availableUnits"], row["consumedUnits"]) == (18, 18, 6, 12)
    orders = caller.api("GET", f"/customers/{FABRIKAM}/orders").json["items"]
    assert [(o["lineItems"][0]["transactionType"], o["lineItems"][0]["quantity"]) for o in orders] == [
        ("addQuantity", 3)
    ]


@pytest.mark.parametrize(("order", "left"), [("newest", [(4, "16")]), ("oldest", [(1, "16"), (3, "17")])])
def test_seats_go_back_out_of_the_lots_in_the_order_of_the_switch(play: Play, order: str, left: list[Any]) -> None:
    caller = play(switches={"lot_order": order})
    caller.patch(quantity=18)
    reply = caller.patch(quantity=14)
    assert reply.status == 200
    details = reply.json["refundableQuantity"]["details"]
    assert [(lot["quantity"], lot["allowedUntilDateTime"][8:10]) for lot in details] == left


def test_no_more_seats_go_back_than_are_refundable(caller: Caller) -> None:
    refused = caller.patch(quantity=9)
    assert refused.status == 400
    assert refused.json == {
        "code": 800090,
        "description": "Subscription quantity cannot be decreased.",
        "data": [],
        "source": "PartnerFD",
    }
    entry = caller.journal(method="PATCH")[0]
    assert (entry["acted"], entry["before_quantity"], entry["after_quantity"]) == (False, 15, 15)
    assert entry["after"] is None
    assert caller.patch(quantity=10).json["quantity"] == 10
    assert "refundableQuantity" not in caller.subscription()


def test_a_window_closes_to_the_fraction_of_a_second(caller: Caller) -> None:
    caller.move(set="2026-06-16T08:30:00.249999Z")
    assert caller.subscription()["refundableQuantity"]["totalQuantity"] == 5
    caller.move(set="2026-06-16T08:30:00.25Z")
    assert "refundableQuantity" not in caller.subscription()
    assert caller.patch(quantity=14).refusal == (400, 800090)
    caller.switch(seats_down_closed_code=900214)
    refused = caller.patch(quantity=14)
    assert (
        refused.json["description"] == "You have passed your 168-hour window for reducing seats for this subscription."
    )


Hidden = dict[str, Any]
STEADY: Hidden = {"lots": []}


@pytest.mark.parametrize(
    ("changes", "wish", "refusal"),
    [
        ({}, {"quantity": 301}, (400, 2002)),
        ({}, {"quantity": 0}, (400, 2002)),
        ({}, {"quantity": -1}, (400, 2002)),
        ({"_sandbox": {"promotion": True, "maximum": 20}}, {"quantity": 21}, (400, 2002)),
        ({"_sandbox": {"seats_fixed": True}}, {"quantity": 16}, (403, 800027)),
        ({"_sandbox": {"updates": 1200}}, {"quantity": 16}, (400, 900311)),
        (
            {"_sandbox": {"pending": {"until": "2026-06-11T00:00:00Z", "why": "operation"}}},
            {"quantity": 16},
            (409, 900278),
        ),
        (
            {"_sandbox": {"pending": {"until": "2026-06-11T00:00:00Z", "why": "transfer"}}},
            {"quantity": 16},
            (409, 900104),
        ),
        ({"status": "pending"}, {"quantity": 16}, (409, 800082)),
        (
            {"status": "suspended", "_sandbox": {"pending": {"until": "2026-06-11T00:00:00Z", "why": "operation"}}},
            {"quantity": 16},
            (400, 2001),
        ),
        ({"status": "suspended", "autoRenewEnabled": False}, {"quantity": 16}, (400, 2001)),
        ({"status": "suspended", "autoRenewEnabled": False}, {"friendlyName": "New"}, (400, 800091)),
        ({"status": "expired", "autoRenewEnabled": False}, {"quantity": 16}, (400, 900279)),
        ({"status": "disabled", "autoRenewEnabled": False}, {"status": "active"}, (400, 900279)),
        ({"status": "deleted", "autoRenewEnabled": False}, {"status": "active"}, (400, 2011)),
        ({"_sandbox": {"expiring_until": "2026-06-11T00:00:00Z"}}, {"quantity": 16}, (400, 900277)),
        ({"_sandbox": {"renewal_until": "2026-06-11T00:00:00Z"}}, {"quantity": 16}, (409, 800082)),
        ({"_sandbox": {"renewal_until": "2026-06-11T00:00:00Z"}}, {"friendlyName": "New"}, (409, 800082)),
        ({"_sandbox": {"renewal_until": "2026-06-11T00:00:00Z"}}, {"status": "deleted"}, (409, 800082)),
        ({"_sandbox": {"renewal_until": "2026-06-11T00:00:00Z"}}, {"autoRenewEnabled": False}, (400, 900280)),
        ({"_sandbox": {"renewal_until": "2026-06-11T00:00:00Z"}}, {"status": "suspended"}, (400, 900280)),
        ({"_sandbox": {"renewable": False}, "autoRenewEnabled": False}, {"autoRenewEnabled": True}, (400, 800093)),
        ({}, {"billingCycle": "annual"}, (400, 800097)),
        ({}, {"termDuration": "P3Y"}, (400, 800097)),
        ({}, {"status": "expired"}, (400, 800040)),
        ({}, {"status": "deleted"}, (400, 900213)),
        ({}, {"status": "asleep"}, (400, 800002)),
        ({}, {"quantity": 15.5}, (400, 800002)),
        ({}, {"id": LEGACY}, (400, 800002)),
        ({"isTrial": True}, {"quantity": 16}, (400, 800095)),
        ({"isTrial": True}, {"status": "suspended"}, (400, 800096)),
    ],
)
def test_refusals_of_new_commerce(play: Play, changes: Json, wish: Json, refusal: tuple[int, int]) -> None:
    caller = play(nce(**changes))
    before = caller.subscription()
    assert caller.patch(**wish).refusal == refusal
    assert caller.subscription() == before
    assert not any(entry["acted"] for entry in caller.journal())
    assert caller.api("GET", "/auditrecords?size=10").json["totalCount"] == 0


@pytest.mark.parametrize(
    ("subscription_id", "wish", "refusal"),
    [
        (SOFTWARE, {"quantity": 1}, (400, 800095)),
        (SOFTWARE, {"quantity": 3}, (400, 800095)),
        (SOFTWARE, {"status": "deleted"}, (400, 800096)),
        (AZURE, {"quantity": 2}, (400, 800095)),
        (AZURE, {"status": "suspended"}, (403, 900115)),
        (AZURE, {"status": "deleted"}, (403, 900115)),
        (TRIAL, {"quantity": 26}, (400, 800095)),
        (LEGACY, {"quantity": 0}, (400, 2002)),
        (LEGACY, {"status": "deleted"}, (400, 800040)),
        (LEGACY, {"billingCycle": "annual"}, (400, 2054)),
    ],
)
def test_refusals_of_the_other_kinds(
    caller: Caller, subscription_id: str, wish: Json, refusal: tuple[int, int]
) -> None:
    before = caller.subscription(subscription_id)
    assert caller.patch(subscription_id, **wish).refusal == refusal
    assert caller.subscription(subscription_id) == before


@pytest.mark.parametrize(
    ("hidden", "refusal"),
    [
        ({"credit": False}, (403, 800023)),
        ({"validation_status": "UnderReview"}, (403, 800073)),
        ({"validation_status": "Unknown"}, (403, 800073)),
        ({"validation_status": "NotAllowed"}, (403, 800075)),
        ({"agreement": False}, (403, 13605)),
        ({"locked": True}, (403, 900416)),
        ({"validation_status": None}, None),
    ],
)
def test_a_customer_who_may_not_buy_cannot_add_but_can_give_back(
    play: Play, hidden: Json, refusal: tuple[int, int] | None
) -> None:
    caller = play(customers=[customer(FABRIKAM, "Fabrikam", _sandbox=hidden)])
    reply = caller.patch(quantity=16)
    assert (reply.refusal if reply.status != 200 else None) == refusal
    assert caller.patch(quantity=14).status == 200


def test_software_grows_only_where_a_switch_says_so(caller: Caller) -> None:
    caller.switch(software_seats_up="allow")
    assert caller.patch(SOFTWARE, quantity=3).json["quantity"] == 3
    assert caller.patch(SOFTWARE, quantity=2).refusal == (400, 800095)


def test_legacy_goes_both_ways_and_is_suspended_rather_than_deleted(caller: Caller) -> None:
    first = caller.subscription(LEGACY)["attributes"]["etag"]
    assert caller.patch(LEGACY, quantity=9).json["quantity"] == 9
    assert caller.patch(LEGACY, quantity=2).json["quantity"] == 2
    assert caller.patch(LEGACY, status="suspended").json["status"] == "suspended"
    assert caller.patch(LEGACY, status="active").json["status"] == "active"
    assert caller.subscription(LEGACY)["attributes"]["etag"] != first


def test_a_stale_etag_is_refused_where_there_are_etags(caller: Caller) -> None:
    etag = caller.subscription(LEGACY)["attributes"]["etag"]
    assert caller.patch(LEGACY, quantity=5, headers={"If-Match": f'"{etag}"'}).status == 200
    assert caller.patch(LEGACY, quantity=6, headers={"If-Match": f'"{etag}"'}).refusal == (400, 2055)
    assert caller.patch(BASIC, quantity=16, headers={"If-Match": '"anything"'}).status == 200
    assert caller.journal(method="PATCH")[-1]["doubts"] == ["If-Match on a subscription without etag: not looked at"]


def test_an_add_on_cannot_be_woken_while_its_parent_sleeps(play: Play) -> None:
    legacy = {"productType": None, "offerId": "2828BE95-46BA-4F91-B2FD-0BEF192ECF60", "isMicrosoftProduct": None}
    parent = nce(LEGACY, **legacy, status="suspended", autoRenewEnabled=False)
    child = nce(BASIC, **legacy, status="suspended", autoRenewEnabled=False, parentSubscriptionId=LEGACY)
    caller = play(parent, child)
    assert caller.patch(BASIC, status="active").refusal == (409, 27009)
    assert caller.patch(LEGACY, status="active").status == 200
    assert caller.patch(BASIC, status="active").json["status"] == "active"
    assert [one["id"] for one in caller.api("GET", sub(LEGACY) + "/addons").json["items"]] == [BASIC]


def test_cancelling_inside_the_window_is_final(play: Play) -> None:
    lots = {"lots": [{"quantity": 15, "until": "2026-06-16T08:00:00Z"}]}
    caller = play(nce(cancellationAllowedUntilDate="2026-06-16T08:00:00Z", _sandbox=lots))
    reply = caller.patch(status="deleted")
    assert (reply.status, reply.json["status"], reply.json["autoRenewEnabled"]) == (200, "deleted", False)
    assert "refundableQuantity" not in reply.json
    assert caller.patch(status="active").refusal == (400, 2011)
    assert caller.api("GET", LICENCES).json["items"][0]["activeUnits"] == 0


def test_after_the_window_cancelling_is_refused_in_hours_or_days(play: Play) -> None:
    caller = play(nce(cancellationAllowedUntilDate="2026-06-10T12:00:00.5Z"))
    caller.move(advance=1)
    assert "cancellationAllowedUntilDate" not in caller.subscription()
    refused = caller.patch(status="deleted")
    words = "You have passed your 168-hour cancellation window. We are unable to cancel your purchase"
    assert (refused.refusal, refused.json["description"]) == ((400, 900213), words)
    caller.switch(cancel_closed_code=900117)
    assert "7-day" in caller.patch(status="deleted").json["description"]


def test_suspending_switches_auto_renew_off_and_hides_what_is_refundable(caller: Caller) -> None:
    suspended = caller.patch(status="suspended").json
    assert (suspended["status"], suspended["autoRenewEnabled"]) == ("suspended", False)
    assert "refundableQuantity" not in suspended
    row = caller.api("GET", LICENCES).json["items"][0]
    assert (row["activeUnits"], row["suspendedUnits"]) == (0, 15)
    woken = caller.patch(status="active").json
    assert (woken["status"], woken["autoRenewEnabled"]) == ("active", False)
    assert woken["refundableQuantity"]["totalQuantity"] == 5


def test_what_changes_nothing_acts_on_nothing(caller: Caller) -> None:
    reply = caller.patch()
    assert reply.status == 200
    assert not caller.journal(method="PATCH")[0]["acted"]
    assert caller.api("GET", "/auditrecords?size=10").json["totalCount"] == 0


def test_a_partial_body_works_and_destroys_what_it_leaves_out(play: Play) -> None:
    schedule = {"product": {}, "quantity": 8}
    caller = play(nce(scheduledNextTermInstructions=schedule))
    reply = caller.api("PATCH", sub(), {"friendlyName": "Office"})
    assert reply.status == 200
    after = caller.subscription()
    assert (after["friendlyName"], after["quantity"], after["autoRenewEnabled"]) == ("Office", 15, False)
    assert "scheduledNextTermInstructions" not in after
    assert caller.journal(method="PATCH")[0]["doubts"] == [
        "partial body, left out: id, offerId, quantity, status, autoRenewEnabled, billingCycle, termDuration",
        "autoRenewEnabled left out: it becomes false",
        "scheduledNextTermInstructions left out: deleted",
    ]


def test_names_in_any_case_enums_in_any_case_and_unknown_fields(caller: Caller) -> None:
    body = {key[0].upper() + key[1:]: value for key, value in caller.subscription().items()}
    body |= {"Quantity": 17, "Status": "Active", "BillingCycle": "MONTHLY", "Colour": "blue"}
    reply = caller.api("PATCH", sub(), body)
    assert (reply.status, reply.json["quantity"], reply.json["autoRenewEnabled"]) == (200, 17, True)
    assert caller.journal(method="PATCH")[0]["doubts"] == ["unknown fields ignored: colour"]
    caller.switch(strict=True)
    assert caller.api("PATCH", sub(), body | {"Quantity": 18}).refusal == (400, 800002)
    assert caller.subscription()["quantity"] == 17


def test_an_answer_of_202_shows_its_outcome_later(caller: Caller) -> None:
    caller.switch(patch_status=202, patch_202_seconds=0, patch_202_looks=2)
    reply = caller.patch(quantity=18)
    assert (reply.status, reply.raw) == (202, b"")
    assert reply.headers["location"] == sub()
    assert caller.journal(method="PATCH")[0]["acted"]
    assert [caller.subscription()["quantity"] for _ in range(3)] == [15, 15, 18]
    caller.switch(patch_202_body=True, patch_202_looks=0, patch_202_seconds=0.2)
    assert caller.patch(quantity=19).json["quantity"] == 19
    assert caller.api("PATCH", sub(), caller.subscription() | {"quantity": 20}).refusal == (409, 800082)


def test_microsofts_integration_sandbox_has_twenty_five_seats(caller: Caller) -> None:
    caller.switch(integration_sandbox=True)
    assert caller.patch(quantity=26).refusal == (400, 800018)
    assert caller.patch(quantity=25).status == 200


def test_each_change_leaves_an_audit_record_with_the_callers_correlation(caller: Caller) -> None:
    caller.patch(quantity=18, headers={"MS-CorrelationId": "c0ffee00-0000-4000-8000-000000000000"})
    records = caller.api("GET", "/auditrecords?size=10").json["items"]
    assert len(records) == 1
    record = records[0]
    assert record["operationType"] == "update_subscription"
    assert record["originalCorrelationId"] == "c0ffee00-0000-4000-8000-000000000000"
    assert (record["customerId"], record["customerName"]) == (FABRIKAM, "Fabrikam")
    assert (record["userPrincipalName"], record["operationStatus"]) == ("dana@contoso.example", "succeeded")
    assert record["operationDate"] == "2026-06-10T12:00:00Z"
    assert '"Quantity": 15' in record["resourceOldValue"]
    assert '"Quantity": 18' in record["resourceNewValue"]
    assert {"key": "SubscriptionId", "value": BASIC} in record["customizedData"]
    caller.switch(audit_echo_correlation=False, audit_failed=True)
    caller.patch(quantity=19, headers={"MS-CorrelationId": "mine"})
    caller.patch(quantity=1)
    newest = caller.api("GET", "/auditrecords?size=10").json["items"][:2]
    assert sorted(one["operationStatus"] for one in newest) == ["failed", "succeeded"]
    assert all(one["originalCorrelationId"] != "mine" for one in newest)
