"""What the gateway does with every call: tokens, headers, paths, limits, request ids."""

import uuid

import pytest

from tests.sandbox.commerce import BASIC, FABRIKAM, STRANGER, Caller, small_world, sub
from tests.sandbox.conftest import Play

SUBSCRIPTIONS = f"/customers/{FABRIKAM}/subscriptions"


def test_every_json_body_starts_with_a_byte_order_mark_unless_switched_off(caller: Caller) -> None:
    assert caller.api("GET", sub()).raw.startswith(b"\xef\xbb\xbf{")
    assert caller.api("GET", sub("nothing")).raw.startswith(b"\xef\xbb\xbf{")
    caller.switch(bom=False)
    assert caller.api("GET", sub()).raw.startswith(b"{")


def test_ids_are_echoed_and_the_service_leaves_its_marks(caller: Caller) -> None:
    reply = caller.api("GET", sub(), headers={"MS-RequestId": "r-1", "MS-CorrelationId": "c-1"})
    assert (reply.headers["ms-requestid"], reply.headers["ms-correlationid"]) == ("r-1", "c-1")
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert {"ms-cv", "ms-serverid", "request-context", "date"} <= set(reply.headers)
    assert int(reply.headers["content-length"]) == len(reply.raw)


def test_a_call_without_a_request_id_works_and_is_noted(caller: Caller) -> None:
    reply = caller.send("GET", "/v1" + sub(), headers={"Authorization": f"Bearer {caller.token()}"})
    assert reply.status == 200
    assert uuid.UUID(reply.headers["ms-requestid"])
    assert caller.journal()[-1]["doubts"] == ["no MS-RequestId"]
    caller.switch(strict=True)
    refused = caller.send("GET", "/v1" + sub(), headers={"Authorization": f"Bearer {caller.token()}"})
    assert refused.refusal == (400, 800002)


@pytest.mark.parametrize(
    "path",
    [
        f"/v1//customers/{FABRIKAM}//subscriptions/",
        f"/V1/Customers/{FABRIKAM.upper()}/SUBSCRIPTIONS",
    ],
)
def test_paths_are_compared_without_case_and_without_superfluous_slashes(caller: Caller, path: str) -> None:
    reply = caller.send("GET", path, headers={"Authorization": f"Bearer {caller.token()}", "MS-RequestId": "1"})
    assert reply.status == 200
    assert reply.json["totalCount"] == 5


def test_calls_without_a_good_token_are_turned_away_without_a_body(caller: Caller) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic abc"}):
        reply = caller.send("GET", "/v1" + sub(), headers=headers)
        assert (reply.status, reply.raw) == (401, b"")
        assert reply.headers["www-authenticate"].startswith("Bearer")


def test_a_user_without_mfa_is_turned_away_since_it_is_enforced(caller: Caller) -> None:
    validate = {"ValidateMfa": "true"}
    reply = caller.api("GET", sub(), token="rt-no-mfa", headers=validate)
    assert (reply.refusal, reply.headers["ismfacompliant"]) == ((401, 900421), "false")
    assert caller.api("GET", sub(), headers=validate).headers["ismfacompliant"] == "true"
    assert "ismfacompliant" not in caller.api("GET", sub()).headers
    caller.switch(mfa_enforced=False)
    assert caller.api("GET", sub(), token="rt-no-mfa").status == 200


def test_only_admin_agents_make_commerce_calls_where_the_world_names_them(play: Play) -> None:
    partner = small_world()["partner"]
    caller = play(partner=partner | {"admin_agents": ["somebody.else@contoso.example"]})
    assert caller.api("GET", sub()).refusal == (403, 2032)
    assert caller.api("GET", sub(), token="app").status == 200
    caller = play(partner=partner | {"admin_agents": ["dana@contoso.example"]})
    assert caller.api("GET", sub()).status == 200


def test_an_application_alone_may_read_subscriptions_but_not_licences(caller: Caller) -> None:
    assert caller.api("GET", SUBSCRIPTIONS, token="app").status == 200
    assert caller.api("GET", f"/customers/{FABRIKAM}/subscribedskus", token="app").refusal == (403, 900329)


def test_errors_come_in_the_envelope_with_the_code_as_the_switch_says(caller: Caller) -> None:
    reply = caller.api("GET", sub("b0000000-0000-4000-8000-000000000009"))
    assert reply.status == 404
    assert reply.json == {
        "code": 20003,
        "description": "Subscription with ID b0000000-0000-4000-8000-000000000009 not found.",
        "data": [],
        "source": "PartnerFD",
    }
    caller.switch(error_code_type="string")
    assert caller.api("GET", sub("nothing")).json["code"] == "20003"


def test_customers_of_others_unknown_paths_and_wrong_methods(caller: Caller) -> None:
    assert caller.api("GET", f"/customers/{STRANGER}/subscriptions").refusal == (403, 20002)
    assert caller.api("GET", f"/customers/{uuid.uuid4()}").refusal == (403, 20002)
    assert caller.api("GET", "/customers/nobody").refusal == (400, 900118)
    assert caller.api("GET", "/nothing/here").refusal == (404, 1000)
    assert caller.api("PUT", sub()).refusal == (405, 1000)


def test_limits_are_kept_by_partner_and_by_customer_and_say_when_to_come_back(play: Play) -> None:
    caller = play(switches={"throttle_partner_per_minute": 3, "throttle_customer_per_minute": 60})
    replies = [caller.api("GET", sub()) for _ in range(5)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429, 429]
    wait = int(replies[-1].headers["retry-after"])
    assert 1 <= wait <= 20
    assert replies[-1].json == {"statusCode": 429, "message": f"Rate limit is exceeded. Try again in {wait} seconds."}
    assert not replies[-1].raw.startswith(b"\xef\xbb\xbf")
    assert caller.api("GET", "/products?country=US&targetView=OnlineServices").status == 200
    caller = play(switches={"throttle_partner_per_minute": 100, "throttle_customer_per_minute": 1})
    assert [caller.api("GET", sub()).status for _ in range(2)] == [200, 429]
    caller.switch(throttle=False)
    assert caller.api("GET", sub()).status == 200


def test_a_repeated_request_id_repeats_the_answer_of_a_post_only(caller: Caller) -> None:
    again = {"MS-RequestId": str(uuid.uuid4())}
    body = {
        "CompanyProfile": {"Domain": "northwind.onmicrosoft.com"},
        "BillingProfile": {"CompanyName": "Northwind", "DefaultAddress": {"Country": "US"}},
    }
    first = caller.api("POST", "/customers", body, headers=again)
    second = caller.api("POST", "/customers", body, headers=again)
    assert (first.status, second.status) == (201, 201)
    assert second.json == first.json
    assert caller.api("GET", "/customers?size=50").json["totalCount"] == 3
    assert caller.patch(quantity=16, headers=again).json["quantity"] == 16
    assert caller.patch(quantity=17, headers=again).json["quantity"] == 17
    assert caller.subscription(BASIC)["quantity"] == 17


def test_bodies_that_are_no_json_are_refused(caller: Caller) -> None:
    assert caller.api("PATCH", sub(), raw=b"{").refusal == (400, 800002)
    assert caller.api("PATCH", sub(), raw=b"[1]").refusal == (400, 800002)
    assert caller.api("PATCH", sub()).refusal == (400, 800002)
    assert caller.subscription()["quantity"] == 15
