"""Faults: each kind, and which requests they hit."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tenantry.sandbox.faults import Faults
from tests.sandbox.commerce import ADATUM, APP_ID, FABRIKAM, LEGACY, PARTNER, Caller, sub
from tests.support.waiting import until

LIST = f"/customers/{FABRIKAM}/subscriptions"
CUT = (http.client.RemoteDisconnected, http.client.IncompleteRead, ConnectionResetError)


def test_throttling_says_when_to_come_back(caller: Caller) -> None:
    caller.fault("throttle", method="PATCH", retry_after=7, count=1)
    refused = caller.patch(quantity=16)
    assert (refused.status, refused.headers["retry-after"]) == (429, "7")
    assert refused.json == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 7 seconds."}
    assert caller.subscription()["quantity"] == 15
    assert caller.patch(quantity=16).status == 200


def test_a_status_is_answered_before_or_after_acting(caller: Caller) -> None:
    caller.fault("status", method="PATCH", status=503, count=1)
    refused = caller.patch(quantity=16)
    assert (refused.status, refused.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert caller.subscription()["quantity"] == 15
    caller.fault("status_after", method="PATCH", status=500, code=800003, count=1)
    assert caller.patch(quantity=16).refusal == (500, 800003)
    assert caller.subscription()["quantity"] == 16
    assert [entry["acted"] for entry in caller.journal(method="PATCH")] == [False, True]


def test_the_line_is_cut_before_or_after_acting(caller: Caller) -> None:
    caller.fault("cut_before", method="PATCH", count=1)
    with pytest.raises(CUT):
        caller.patch(quantity=16)
    assert caller.subscription()["quantity"] == 15
    caller.fault("cut_after", method="PATCH", count=1)
    with pytest.raises(CUT):
        caller.patch(quantity=17)
    assert caller.subscription()["quantity"] == 17
    entries = caller.journal(method="PATCH")
    assert [(entry["status"], entry["acted"], entry["faults"]) for entry in entries] == [
        (None, False, ["f1 cut_before"]),
        (None, True, ["f2 cut_after"]),
    ]
    assert (entries[1]["before_quantity"], entries[1]["after_quantity"]) == (15, 17)


def test_the_line_is_cut_in_the_middle_of_the_answer(caller: Caller) -> None:
    caller.fault("cut_midway", method="PATCH", count=1)
    with pytest.raises(CUT):
        caller.patch(quantity=16)
    assert caller.subscription()["quantity"] == 16


def test_a_slow_answer_holds_nobody_else_up(caller: Caller) -> None:
    slow = caller.fault("slow", path=f"*{LEGACY}", seconds=600, count=1)
    caller.token()
    with ThreadPoolExecutor() as beside:
        held = beside.submit(lambda: caller.api("GET", sub(LEGACY)).status)
        until(lambda: caller.control("GET", "faults")["faults"][0]["struck"] == 1, 20)
        assert caller.api("GET", sub()).status == 200
        assert not held.done()
        caller.control("DELETE", f"faults/{slow['id']}")  # which ends the waiting
        assert held.result() == 200


@pytest.mark.parametrize("kind", ["slow", "slow_after"])
def test_a_slow_answer_takes_its_time(caller: Caller, kind: str) -> None:
    caller.fault(kind, path=f"*{LEGACY}", seconds=0.3, count=1)
    started = time.monotonic()
    assert caller.api("GET", sub(LEGACY)).status == 200
    assert time.monotonic() - started >= 0.3


def test_a_broken_body_is_no_json(caller: Caller) -> None:
    caller.fault("malformed", method="PATCH", count=1)
    reply = caller.patch(quantity=16)
    assert reply.status == 200
    with pytest.raises(json.JSONDecodeError):
        assert reply.json
    assert caller.subscription()["quantity"] == 16


def test_stale_reads_show_the_state_before_the_last_writes(caller: Caller) -> None:
    caller.patch(quantity=16)
    caller.patch(quantity=17)
    caller.fault("stale", count=1)
    assert caller.subscription()["quantity"] == 16
    caller.fault("stale", count=1, writes=2)
    assert caller.api("GET", LIST).json["items"][0]["quantity"] == 15
    assert caller.subscription()["quantity"] == 17


def test_seats_change_behind_ones_back_before_or_after(caller: Caller) -> None:
    body = caller.subscription()
    caller.fault("seats_changed", method="PATCH", delta=2, count=1)
    assert caller.api("PATCH", sub(), body | {"quantity": 16}).json["quantity"] == 16
    records = caller.api("GET", "/auditrecords?size=9").json["items"]
    assert {one["userPrincipalName"] for one in records} == {"dana@contoso.example", "somebody.else@contoso.example"}
    caller.fault("seats_changed", method="PATCH", quantity=30, when="after", count=1)
    assert caller.api("PATCH", sub(), body | {"quantity": 18}).json["quantity"] == 18
    assert caller.subscription()["quantity"] == 30


def test_an_accepted_change_that_never_comes(caller: Caller) -> None:
    caller.fault("accept_and_drop", count=1)
    assert caller.patch(quantity=16).status == 202
    assert caller.subscription()["quantity"] == 15
    assert not caller.journal(method="PATCH")[0]["acted"]


def test_a_conflict_and_missing_rights(caller: Caller) -> None:
    caller.fault("conflict", count=1)
    assert caller.patch(quantity=16).refusal == (409, 800082)
    caller.fault("mfa_missing", count=1)
    assert caller.api("GET", sub()).status == 401
    caller.fault("gdap_missing", count=1)
    assert caller.api("GET", f"/customers/{FABRIKAM}/subscribedskus").refusal == (403, 900308)
    assert caller.api("GET", f"/customers/{FABRIKAM}/subscribedskus").status == 200


def test_revoked_consent_shows_at_once_and_at_the_token_endpoint(caller: Caller) -> None:
    assert caller.api("GET", sub()).status == 200
    caller.fault("consent_revoked", count=1)
    for _ in range(2):  # the tokens that are out are refused until somebody has tried to renew one
        reply = caller.api("GET", sub())
        assert (reply.status, "consent_revoked" in reply.headers["www-authenticate"]) == (401, True)
    fields = f"grant_type=refresh_token&client_id={APP_ID}&client_secret=rehearsal-secret&refresh_token=rt-mfa"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = caller.send("POST", f"/{PARTNER}/oauth2/v2.0/token", headers=form, raw=fields.encode())
    assert (reply.status, reply.json["error"], reply.json["error_codes"]) == (400, "invalid_grant", [50173])
    assert caller.api("GET", sub()).status == 200
    reply = caller.send("POST", f"/{PARTNER}/oauth2/v2.0/token", headers=form, raw=fields.encode())
    assert reply.status == 200


def test_without_a_second_factor_the_service_says_so_while_the_switch_lets_it_pass(caller: Caller) -> None:
    caller.switch(mfa_enforced=False)
    caller.fault("mfa_missing", count=1)
    validate = {"ValidateMfa": "true"}
    told = [caller.api("GET", sub(), headers=validate).headers["ismfacompliant"] for _ in range(2)]
    assert told == ["false", "true"]


def test_a_fault_hits_by_path_method_customer_and_count(caller: Caller) -> None:
    caller.fault("status", path="*/SUBSCRIPTIONS", method="get", customer=FABRIKAM.upper(), status=500, count=2)
    assert caller.api("GET", f"/customers/{ADATUM}/subscriptions").status == 200
    assert caller.api("GET", sub()).status == 200
    assert [caller.api("GET", LIST).status for _ in range(3)] == [500, 500, 200]
    assert caller.control("GET", "faults")["faults"][0]["struck"] == 2
    caller.fault("status", path=r"re:/subscriptions/[0-9a-f-]{36}$", status=502)
    assert (caller.api("GET", sub()).status, caller.api("GET", LIST).status) == (502, 200)


def test_chance_comes_from_the_seed(caller: Caller) -> None:
    caller.token()
    seen = []
    for _ in range(2):
        found = caller.fault("status", probability=0.5, seed=42)
        seen.append([caller.api("GET", LIST).status for _ in range(12)])
        caller.control("DELETE", f"faults/{found['id']}")
    assert seen[0] == seen[1]
    assert set(seen[0]) == {200, 503}


def test_faults_are_listed_and_removed(caller: Caller) -> None:
    first, second = caller.fault("slow", seconds=1), caller.fault("throttle")
    listed = caller.control("GET", "faults")["faults"]
    assert [(one["id"], one["kind"]) for one in listed] == [(first["id"], "slow"), (second["id"], "throttle")]
    caller.control("DELETE", f"faults/{first['id']}")
    assert len(caller.control("GET", "faults")["faults"]) == 1
    assert caller.send("DELETE", "/_sandbox/faults/f99").status == 404
    caller.control("DELETE", "faults")
    assert caller.control("GET", "faults")["faults"] == []


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"kind": "explode"},
        {"kind": "slow", "colour": "red"},
        {"kind": "slow", "seconds": "long"},
        {"kind": "stale", "probability": 2},
        {"kind": "seats_changed", "when": "later"},
        {"kind": "slow", "path": "re:("},
        {"kind": "slow", "count": 0},
        {"kind": "slow", "count": -1},
        {"kind": "stale", "writes": 0},
        *({"kind": "slow", "count": odd} for odd in ("1_0", "1.0", "+1", "١", "1e1", True, 1.5)),
        *({"kind": "slow", "seconds": odd} for odd in ("1_0", "+1", "١", "1e1", "nan", "inf")),
    ],
)
def test_wrong_descriptions_are_refused_with_a_sentence(caller: Caller, spec: dict[str, object]) -> None:
    reply = caller.send("POST", "/_sandbox/faults", spec)
    assert reply.status == 400
    assert reply.json["error"]
    assert caller.control("GET", "faults")["faults"] == []


def test_kept_faults_strike_as_often_as_they_still_may() -> None:
    faults = Faults()
    faults.add({"kind": "throttle", "count": 3, "path": "/v1/*"}).struck = 2
    again = Faults.load(faults.dump())
    assert again.dump() == faults.dump()
