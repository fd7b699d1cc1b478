"""Requests that no sensible client sends are refused in the service's own words, and never bring the sandbox down."""

import base64
from urllib.parse import quote, urlencode

import pytest

from tests.sandbox.commerce import APP_ID, FABRIKAM, PARTNER, Caller, Json, nce, sub
from tests.sandbox.conftest import Play

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NO_OBJECTS: tuple[object, ...] = ("text", 5, True, [1], [{"product": {}}])


@pytest.mark.parametrize("value", NO_OBJECTS)
@pytest.mark.parametrize("name", ["nextChargeInstructions", "scheduledNextTermInstructions"])
def test_instructions_that_are_no_object(caller: Caller, name: str, value: object) -> None:
    for instructions in (value, {"product": value}):
        body = caller.subscription() | {name: instructions}
        assert caller.api("PATCH", sub(), body).refusal == (400, 800002)
    assert "nextChargeInstructions" not in caller.subscription()


@pytest.mark.parametrize("value", NO_OBJECTS)
def test_profiles_that_are_no_object(caller: Caller, value: object) -> None:
    good = {"companyProfile": {"domain": "new.example"}, "billingProfile": {"companyName": "New"}}
    for wish in (
        good | {"companyProfile": value},
        good | {"billingProfile": value},
        good | {"billingProfile": {"companyName": "New", "defaultAddress": value}},
    ):
        assert caller.api("POST", "/customers", wish).refusal == (400, 800002)
    billing = f"/customers/{FABRIKAM}/profiles/billing"
    assert caller.api("PUT", billing, {"attributes": value}).refusal == (400, 800002)
    profile = caller.api("GET", billing).json
    assert caller.api("PUT", billing, profile | {"defaultAddress": value}).refusal == (400, 800002)
    assert caller.api("GET", billing).json == profile


@pytest.mark.parametrize(
    "query",
    [
        "size=%C2%B2",
        "size=-1",
        f"size={'9' * 5000}",
        "filter=%7B%22Operator%22%3A%22and%22%7D",
        "filter=%7B%22Operator%22%3A%22and%22%2C%22LeftFilter%22%3A1%2C%22RightFilter%22%3A2%7D",
        f"filter={'%5B' * 4000}",
    ],
)
@pytest.mark.parametrize("path", ["/customers", "/auditrecords"])
def test_sizes_and_filters_that_cannot_be_read(caller: Caller, path: str, query: str) -> None:
    assert caller.api("GET", f"{path}?{query}").refusal == (400, 800002)


@pytest.mark.parametrize("text", ["", "null", "[1]", '{"n": 1e999}', '{"n": "a"}', "[" * 3000])
def test_continuation_tokens_that_nobody_gave_out(caller: Caller, text: str) -> None:
    headers = {"MS-ContinuationToken": base64.b64encode(text.encode()).decode()}
    assert caller.api("GET", "/customers?size=1&seekOperation=Next", headers=headers).refusal == (400, 800002)


def test_size_0_asks_for_as_many_as_without_a_size_as_microsofts_own_example_does(caller: Caller) -> None:
    wanted = quote('{"Field":"CompanyName","Value":"Fab","Operator":"starts_with"}')
    reply = caller.api("GET", f"/customers?size=0&filter={wanted}")
    assert [one["id"] for one in reply.json["items"]] == [FABRIKAM]
    assert caller.api("GET", "/customers?size=0").json["totalCount"] == 2


def test_a_term_that_starts_after_the_end_of_time(caller: Caller) -> None:
    path = f"/customers/{FABRIKAM}/subscriptions/customTermEndDates?term_duration=P3Y&term_start_date=9999-12-01"
    assert caller.api("GET", path).refusal == (400, 800002)


@pytest.mark.parametrize(
    "fields",
    [
        {"scope": "http://["},
        {"client_secret": "é"},
        {"refresh_token": "é"},
        {"client_assertion": "é.é.é"},
        {"client_assertion": "e30.e30.e30"},
        {"client_assertion": "bnVsbA.bnVsbA.bnVsbA"},
    ],
)
def test_token_requests_that_cannot_be_read(caller: Caller, fields: dict[str, str]) -> None:
    usual = {
        "client_id": APP_ID,
        "client_secret": "rehearsal-secret",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "grant_type": "refresh_token",
        "refresh_token": "rt-mfa",
    }
    reply = caller.send("POST", f"/{PARTNER}/oauth2/v2.0/token", headers=FORM, raw=urlencode(usual | fields).encode())
    assert reply.status in {400, 401}
    assert reply.json["error_description"].startswith("AADSTS")


def test_basic_credentials_that_cannot_be_read(caller: Caller) -> None:
    for value in ("Basic x", "Basic w6k", "Basic \xe9", "Basic"):
        headers = FORM | {"Authorization": value}
        reply = caller.send("POST", f"/{PARTNER}/oauth2/v2.0/token", headers=headers, raw=b"grant_type=refresh_token")
        assert reply.status in {400, 401}
        assert reply.json["error_codes"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"max_age": "soon"}, 302),
        ({"scope": "openid http://["}, 302),
        ({"redirect_uri": "http://["}, 400),
        ({"redirect_uri": "http://[::1"}, 400),
    ],
)
def test_authorize_requests_that_cannot_be_read(caller: Caller, query: dict[str, str], status: int) -> None:
    usual = {"client_id": APP_ID, "response_type": "code", "redirect_uri": "http://localhost/x", "scope": "openid"}
    address = f"/{PARTNER}/oauth2/v2.0/authorize?{urlencode(usual | query)}"
    chosen = urlencode({"account": "dana@contoso.example", "consent": "accept"}).encode()
    for reply in (caller.send("GET", address), caller.send("POST", address, headers=FORM, raw=chosen)):
        assert reply.status == status
        assert status == 400 or "error=" in reply.headers["location"]
    if "redirect_uri" in query:
        assert caller.send("GET", f"/{PARTNER}/v2.0/adminconsent?{urlencode(usual | query)}").status == 400


def test_a_verifier_and_a_challenge_beyond_ascii_do_not_match(caller: Caller) -> None:
    usual = {"client_id": APP_ID, "response_type": "code", "redirect_uri": "http://localhost/x", "scope": "openid"}
    address = f"/{PARTNER}/oauth2/v2.0/authorize?{urlencode(usual | {'code_challenge': 'é'})}"
    chosen = urlencode({"account": "dana@contoso.example", "consent": "accept"}).encode()
    code = caller.send("POST", address, headers=FORM, raw=chosen).headers["location"].partition("code=")[2]
    fields = {
        "client_id": APP_ID,
        "client_secret": "rehearsal-secret",
        "grant_type": "authorization_code",
        "redirect_uri": "http://localhost/x",
        "code_verifier": "e",
    }
    raw = f"{urlencode(fields)}&code={code.partition('&')[0]}".encode()
    reply = caller.send("POST", f"/{PARTNER}/oauth2/v2.0/token", headers=FORM, raw=raw)
    assert (reply.status, reply.json["error_codes"]) == (400, [501481])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "clock", {"advance": 1e30}),
        ("POST", "clock", {"advance": "P99999999999D"}),
        ("POST", "clock", {"set": "9999-12-31T23:59:59Z"}),
        ("POST", "clock", {"set": "1066-10-14"}),
        ("POST", "faults", {"kind": "status", "status": 0}),
        ("POST", "faults", {"kind": "status", "status": 99999}),
        ("POST", "faults", {"kind": "slow", "seconds": "nan"}),
        ("POST", "faults", {"kind": "throttle", "retry_after": -1}),
        ("PUT", "switches", {"extended_since": "soon"}),
        ("PUT", "switches", {"return_window_hours": -1}),
        ("PUT", "switches", {"return_window_hours": "99999999999999"}),
        ("PUT", "switches", {"patch_status": 204}),
        ("POST", "change", {"customer": FABRIKAM, "hidden": 5}),
        ("POST", "change", {"customer": FABRIKAM, "subscription": nce()["id"], "body": 5}),
        ("POST", "change", {"customer": FABRIKAM, "subscription": nce()["id"], "body": {"commitmentEndDate": "soon"}}),
        ("POST", "change", {"customer": FABRIKAM, "subscription": nce()["id"], "hidden": {"kind": "odd"}}),
    ],
)
def test_controls_refuse_what_would_break_the_world(play: Play, method: str, path: str, body: Json) -> None:
    caller = play()
    before = caller.subscription()
    reply = caller.send(method, f"/_sandbox/{path}", body)
    assert reply.status == 400
    assert reply.json["error"]
    assert caller.control("GET", "faults")["faults"] == []
    assert caller.control("GET", "clock")["now"] == "2026-06-10T12:00:00Z"
    caller.move(advance="P1D")
    assert caller.api("GET", sub()).json == before
    assert caller.send("GET", "/").status == 200
