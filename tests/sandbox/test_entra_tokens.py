"""The token endpoints: grants, client credentials, rotation, revocation, and what Partner Center makes of a token."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from tenantry.sandbox.app import Sandbox
from tenantry.sandbox.entra.tokens import Bearer, BearerProblem, verify_bearer
from tenantry.sandbox.worlds import partner, small_msp
from tests.sandbox.entra_kit import ANNA, ASSERTION_TYPE, CALLBACK, PARTNER, Answer, Browser, assertion

HARBOUR = small_msp.tenant_id("harbour-vale")
PARTNER_CENTER = "https://api.partnercenter.microsoft.com"
TOKEN = f"/{partner.PARTNER_TENANT}/oauth2/v2.0/token"


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def refused(answer: Answer) -> tuple[int, str, int]:
    body = answer.json()
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    assert "\r\nTrace ID: " in body["error_description"]
    return answer.status, body["error"], body["error_codes"][0]


# -- authorization codes -------------------------------------------------------------------------------------------


def test_a_code_gives_the_answer_of_the_v2_endpoint(browser: Browser) -> None:
    body = browser.redeem(browser.authorize(ANNA).sent_back["code"]).json()
    assert sorted(body) == [
        "access_token", "expires_in", "ext_expires_in", "id_token", "refresh_token", "scope", "token_type",
    ]  # fmt: skip
    assert (body["expires_in"], body["token_type"]) == (3599, "Bearer")
    assert body["scope"] == "openid profile email https://graph.microsoft.com/User.Read"
    assert claims_of(body["access_token"])["aud"] == "https://graph.microsoft.com"


def test_without_offline_access_and_openid_there_is_neither_refresh_nor_id_token(browser: Browser) -> None:
    code = browser.authorize(ANNA, scope="User.Read").sent_back["code"]
    assert sorted(browser.redeem(code).json()) == [
        "access_token", "expires_in", "ext_expires_in", "scope", "token_type",
    ]  # fmt: skip


def test_a_code_works_once(browser: Browser) -> None:
    code = browser.authorize(ANNA).sent_back["code"]
    assert browser.redeem(code).status == 200
    assert refused(browser.redeem(code)) == (400, "invalid_grant", 54005)


def test_a_code_lives_ten_minutes(browser: Browser, app: Sandbox) -> None:
    code = browser.authorize(ANNA).sent_back["code"]
    assert 590 < app.ctx.directory.codes[code].expires - time.time() <= 600
    app.ctx.directory.codes[code].expires -= 601
    assert refused(browser.redeem(code)) == (400, "invalid_grant", 70008)


@pytest.mark.parametrize(
    ("changes", "authority", "expected"),
    [
        ({"redirect_uri": "http://127.0.0.1:8000/other"}, "organizations", (400, "invalid_grant", 500112)),
        ({}, partner.PARTNER_TENANT, (400, "invalid_grant", 700005)),
        ({"code": "nonsense"}, "organizations", (400, "invalid_grant", 70000)),
        ({"code": ""}, "organizations", (400, "invalid_request", 900144)),
        (PARTNER, "organizations", (400, "invalid_grant", 70000)),
        ({"client_secret": "wrong"}, "organizations", (401, "invalid_client", 7000215)),
        ({"client_secret": ""}, "organizations", (401, "invalid_client", 7000218)),
        ({"client_id": "nobody"}, "organizations", (400, "unauthorized_client", 700016)),
        ({"grant_type": "password"}, "organizations", (400, "unsupported_grant_type", 70003)),
        ({"grant_type": ""}, "organizations", (400, "invalid_request", 900144)),
        ({}, "nowhere.example", (400, "invalid_tenant", 90002)),
    ],
)
def test_a_code_is_refused(
    browser: Browser, changes: dict[str, str], authority: str, expected: tuple[int, str, int]
) -> None:
    code = browser.authorize(ANNA).sent_back["code"]
    assert refused(browser.redeem(code, authority, **changes)) == expected
    assert browser.redeem(code).status == 200  # a refused attempt does not use the code up


# -- refresh tokens ------------------------------------------------------------------------------------------------


def test_refreshing_rotates_and_the_old_token_stays_good(browser: Browser) -> None:
    first = browser.refresh(partner.REFRESH_TOKEN).json()
    second = browser.refresh(first["refresh_token"]).json()
    assert len({partner.REFRESH_TOKEN, first["refresh_token"], second["refresh_token"]}) == 3
    assert browser.refresh(partner.REFRESH_TOKEN).status == 200
    assert browser.refresh(first["refresh_token"]).status == 200


def test_a_partner_center_token_says_who_how_and_with_what(browser: Browser) -> None:
    body = browser.refresh(partner.REFRESH_TOKEN).json()
    claims = claims_of(body["access_token"])
    wanted = {
        "aud": PARTNER_CENTER,
        "iss": f"https://sts.windows.net/{partner.PARTNER_TENANT}/",
        "tid": partner.PARTNER_TENANT,
        "appid": partner.PARTNER_APPLICATION,
        "appidacr": "1",
        "amr": ["pwd", "mfa"],
        "scp": "user_impersonation",
        "upn": partner.CONSENT_ACCOUNT,
        "unique_name": partner.CONSENT_ACCOUNT,
        "ver": "1.0",
    }
    assert {name: claims[name] for name in wanted} == wanted
    assert "62e90394-69f5-4237-9190-012177145e10" in claims["wids"]
    assert claims["exp"] - claims["iat"] == 3599


def test_without_mfa_the_claim_is_missing_for_good(browser: Browser) -> None:
    body = browser.refresh(partner.REFRESH_TOKEN_WITHOUT_MFA).json()
    assert claims_of(body["access_token"])["amr"] == ["pwd"]
    again = browser.refresh(body["refresh_token"]).json()
    assert claims_of(again["access_token"])["amr"] == ["pwd"]


def test_the_first_resource_of_the_scope_wins(browser: Browser) -> None:
    scope = "https://graph.microsoft.com/User.Read https://api.partnercenter.microsoft.com/user_impersonation"
    assert claims_of(browser.refresh(partner.REFRESH_TOKEN, scope=scope).json()["access_token"])["aud"] == (
        "https://graph.microsoft.com"
    )
    assert refused(browser.refresh(partner.REFRESH_TOKEN, scope="https://x.example/read"))[1:] == (
        "invalid_scope", 70011,
    )  # fmt: skip


@pytest.mark.parametrize(("code", "error"), [(50173, "invalid_grant"), (50076, "interaction_required")])
def test_grants_can_be_revoked(browser: Browser, code: int, error: str) -> None:
    hit = browser.knob("POST", "entra/refresh-tokens/revoke", {"code": code, "person": partner.CONSENT_ACCOUNT})
    assert hit.json() == {"refused": 2, "code": code}
    assert refused(browser.refresh(partner.REFRESH_TOKEN)) == (400, error, code)
    assert browser.knob("POST", "entra/refresh-tokens/revoke", {"code": 1}).status == 400


def test_a_token_unused_for_ninety_days_is_gone(browser: Browser, app: Sandbox) -> None:
    token = app.ctx.directory.refresh_tokens[partner.REFRESH_TOKEN]
    assert round((token.expires - time.time()) / 86400) == 90
    token.expires = time.time() - 1
    assert refused(browser.refresh(partner.REFRESH_TOKEN)) == (400, "invalid_grant", 700082)


def test_a_disabled_account_and_a_withdrawn_consent_end_it(browser: Browser) -> None:
    browser.knob("PATCH", f"entra/people/{partner.CONSENT_ACCOUNT}", {"disabled": True})
    assert refused(browser.refresh(partner.REFRESH_TOKEN)) == (400, "invalid_grant", 50057)
    browser.knob("PATCH", f"entra/people/{partner.CONSENT_ACCOUNT}", {"disabled": False})
    browser.send("POST", "/_sandbox/faults", '{"kind": "consent_revoked", "count": 1}')
    code = browser.authorize(ANNA).sent_back["code"]
    assert browser.redeem(code).status == 200  # whoever has just signed in is not meant
    assert refused(browser.refresh(partner.REFRESH_TOKEN)) == (400, "invalid_grant", 50173)
    assert browser.refresh(partner.REFRESH_TOKEN).status == 200


def test_a_planned_refusal_hits_what_it_names(browser: Browser) -> None:
    plan = {"code": 90055, "grant_type": "refresh_token", "person": partner.CONSENT_ACCOUNT, "count": 2}
    browser.knob("POST", "entra/refusals", plan)
    code = browser.authorize(ANNA).sent_back["code"]
    assert browser.redeem(code).status == 200
    for _ in range(2):
        assert refused(browser.refresh(partner.REFRESH_TOKEN)) == (400, "temporarily_unavailable", 90055)
    assert browser.refresh(partner.REFRESH_TOKEN).status == 200
    browser.knob("POST", "entra/refusals", {"code": 53003, "count": None})
    assert refused(browser.refresh(partner.REFRESH_TOKEN))[2] == 53003
    assert browser.knob("DELETE", "entra/refusals").json() == {"removed": 1}
    assert browser.refresh(partner.REFRESH_TOKEN).status == 200


@pytest.mark.parametrize("number", [700016, 500011])
def test_what_one_tenant_does_not_know_names_that_tenant(browser: Browser, number: int) -> None:
    browser.knob("POST", "entra/refusals", {"code": number})
    answer = browser.redeem(browser.authorize(ANNA).sent_back["code"])
    assert refused(answer)[2] == number
    assert f"directory '{HARBOUR}'." in answer.json()["error_description"]


NUMBERS = """
50076 50079 50074 50078 50173 700082 70008 70043 70000 54005 501481 65001 90099 7000215 7000222 70002 700016 7000112
90002 50011 50020 50034 51004 50105 50194 53003 530034 53000 65004 90094 90095 700005 900144 90055
"""  # every one that the reference's section 2.3 has


@pytest.mark.parametrize("code", [int(number) for number in NUMBERS.split()])
def test_any_number_that_a_portal_meets_can_be_planned(browser: Browser, code: int) -> None:
    assert browser.knob("POST", "entra/refusals", {"code": code, "count": 1}).status == 200
    assert refused(browser.refresh(partner.REFRESH_TOKEN))[2] == code


def test_customer_tenants_need_consent_and_delegated_rights(browser: Browser) -> None:
    scope = "https://graph.microsoft.com/.default"
    assert refused(browser.refresh(partner.REFRESH_TOKEN, HARBOUR, scope=scope)) == (400, "invalid_grant", 90099)
    both = [partner.PORTAL_APPLICATION, partner.PARTNER_APPLICATION]
    browser.knob("PATCH", f"entra/tenants/{HARBOUR}", {"consented": both})
    claims = claims_of(browser.refresh(partner.REFRESH_TOKEN, HARBOUR, scope=scope).json()["access_token"])
    assert (claims["tid"], claims["aud"]) == (HARBOUR, "https://graph.microsoft.com")
    granite = small_msp.tenant_id("granite-state")
    assert refused(browser.refresh(partner.REFRESH_TOKEN, granite, scope=scope)) == (400, "invalid_grant", 50020)


# -- client credentials ----------------------------------------------------------------------------------------------


def app_only(browser: Browser, tenant: str = partner.PARTNER_TENANT, **more: str) -> Answer:
    fields = PARTNER | {"grant_type": "client_credentials", "scope": f"{PARTNER_CENTER}/.default"} | more
    return browser.form(f"/{tenant}/oauth2/v2.0/token", {k: v for k, v in fields.items() if v})


def test_an_application_alone_gets_an_app_only_token(browser: Browser) -> None:
    body = app_only(browser).json()
    assert sorted(body) == ["access_token", "expires_in", "ext_expires_in", "token_type"]
    claims = claims_of(body["access_token"])
    assert (claims["idtyp"], claims["appidacr"], claims["aud"]) == ("app", "1", PARTNER_CENTER)
    assert "upn" not in claims
    assert "scp" not in claims


def test_basic_authentication_is_accepted(browser: Browser) -> None:
    pair = base64.b64encode(f"{PARTNER['client_id']}:{PARTNER['client_secret']}".encode()).decode()
    fields = {"grant_type": "client_credentials", "scope": f"{PARTNER_CENTER}/.default"}
    assert browser.form(TOKEN, fields, Authorization=f"Basic {pair}").status == 200


@pytest.mark.parametrize("thumbprint", ["x5t", "x5t#S256"])
def test_a_certificate_proves_the_application(browser: Browser, thumbprint: str) -> None:
    world = browser.get("/_sandbox/world").json()
    made = assertion(world, browser.url + TOKEN, thumbprint=thumbprint)
    answer = app_only(browser, client_secret="", client_assertion_type=ASSERTION_TYPE, client_assertion=made)
    assert claims_of(answer.json()["access_token"])["appidacr"] == "2"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "https://login.microsoftonline.com/common/oauth2/v2.0/token"}, 700023),
        ({"exp": 1_700_000_000}, 700024),
        ({"nbf": 4_000_000_000, "exp": 4_000_000_100}, 700024),
        ({"iss": partner.PORTAL_APPLICATION}, 700021),
        ({"sub": partner.PORTAL_APPLICATION}, 700021),
    ],
)
def test_a_wrong_assertion_is_refused(browser: Browser, changes: dict[str, Any], code: int) -> None:
    made = assertion(browser.get("/_sandbox/world").json(), browser.url + TOKEN, **changes)
    answer = app_only(browser, client_secret="", client_assertion_type=ASSERTION_TYPE, client_assertion=made)
    assert refused(answer) == (401, "invalid_client", code)


def test_an_unknown_or_broken_certificate_is_refused(browser: Browser) -> None:
    world = browser.get("/_sandbox/world").json()
    made = assertion(world, browser.url + TOKEN)
    for broken in (made[:-8] + "AAAAAAAA", "no.jwt"):
        answer = app_only(browser, client_secret="", client_assertion_type=ASSERTION_TYPE, client_assertion=broken)
        assert refused(answer) == (401, "invalid_client", 700027)
    assert browser.knob(
        "POST", f"entra/applications/{partner.PARTNER_APPLICATION}/certificates", {"pem": "x"}
    ).status == 400  # fmt: skip


def test_a_certificate_can_be_uploaded(browser: Browser, app: Sandbox) -> None:
    world = browser.get("/_sandbox/world").json()
    path = f"entra/applications/{partner.PARTNER_APPLICATION}"
    application = app.ctx.directory.applications[partner.PARTNER_APPLICATION]
    pem = application.certificates.pop()
    made = assertion(world, browser.url + TOKEN)
    send = {"client_secret": "", "client_assertion_type": ASSERTION_TYPE, "client_assertion": made}
    assert refused(app_only(browser, **send))[2] == 700027
    assert browser.knob("POST", f"{path}/certificates", {"pem": pem}).status == 200
    assert app_only(browser, **send).status == 200


@pytest.mark.parametrize(
    ("tenant", "changes", "expected"),
    [
        ("common", {}, (400, "invalid_request", 9001023)),
        ("consumers", {}, (400, "invalid_request", 9001023)),
        ("organizations", {}, (400, "invalid_request", 50059)),
        (HARBOUR, {}, (400, "unauthorized_client", 700016)),
        (partner.PARTNER_TENANT, {"scope": f"{PARTNER_CENTER}/user_impersonation"}, (400, "invalid_scope", 1002012)),
        (
            partner.PARTNER_TENANT,
            {"scope": f"{PARTNER_CENTER}/.default https://graph.microsoft.com/.default"},
            (400, "invalid_scope", 70011),
        ),
        (partner.PARTNER_TENANT, {"scope": ""}, (400, "invalid_request", 900144)),
        (
            partner.PARTNER_TENANT,
            {"client_id": partner.SINGLE_TENANT_APPLICATION, "client_secret": "rehearsal-expired-secret"},
            (401, "invalid_client", 7000222),
        ),
    ],
)
def test_app_only_tokens_are_refused(
    browser: Browser, tenant: str, changes: dict[str, str], expected: tuple[int, str, int]
) -> None:
    assert refused(app_only(browser, tenant, **changes)) == expected


def test_a_disabled_application_gets_nothing(browser: Browser) -> None:
    browser.knob("PATCH", f"entra/applications/{partner.PARTNER_APPLICATION}", {"disabled": True})
    assert refused(app_only(browser)) == (401, "invalid_client", 7000112)


# -- the v1 endpoint ---------------------------------------------------------------------------------------------------


def test_the_v1_endpoint_writes_numbers_as_strings(browser: Browser) -> None:
    query = f"client_id={partner.PARTNER_APPLICATION}&response_type=code&redirect_uri={CALLBACK}"
    picked = browser.form(f"/common/oauth2/authorize?{query}", {"account": partner.CONSENT_ACCOUNT})
    fields = PARTNER | {
        "grant_type": "authorization_code",
        "code": picked.sent_back["code"],
        "redirect_uri": CALLBACK,
        "resource": PARTNER_CENTER,
    }
    body = browser.form(f"/{partner.PARTNER_TENANT}/oauth2/token", fields).json()
    assert (body["expires_in"], body["ext_expires_in"], body["resource"]) == ("3599", "3599", PARTNER_CENTER)
    assert body["scope"] == "user_impersonation"
    assert int(body["expires_on"]) - int(body["not_before"]) == 3899
    assert claims_of(body["id_token"])["iss"] == f"https://sts.windows.net/{partner.PARTNER_TENANT}/"
    refresh = PARTNER | {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
    again = browser.form("/common/oauth2/token", refresh | {"resource": PARTNER_CENTER + "/"}).json()
    assert claims_of(again["access_token"])["aud"] == PARTNER_CENTER


def test_v1_app_only_needs_a_known_resource(browser: Browser) -> None:
    fields = PARTNER | {"grant_type": "client_credentials"}
    path = f"/{partner.PARTNER_TENANT}/oauth2/token"
    assert browser.form(path, fields | {"resource": PARTNER_CENTER}).json()["resource"] == PARTNER_CENTER
    assert refused(browser.form(path, fields | {"resource": "https://x.example"}))[1:] == ("invalid_resource", 500011)
    assert refused(browser.form(path, fields))[1:] == ("invalid_request", 900144)


# -- bearer tokens ---------------------------------------------------------------------------------------------------


def test_a_good_bearer_token_says_who_calls(browser: Browser, app: Sandbox) -> None:
    directory = app.ctx.directory
    token = browser.refresh(partner.REFRESH_TOKEN).json()["access_token"]
    bearer = verify_bearer(directory, f"Bearer {token}", PARTNER_CENTER, time.time())
    assert isinstance(bearer, Bearer)
    assert (bearer.tid, bearer.upn, bearer.appid) == (
        partner.PARTNER_TENANT, partner.CONSENT_ACCOUNT, partner.PARTNER_APPLICATION,
    )  # fmt: skip
    assert (bearer.app_only, bearer.mfa, bearer.scopes) == (False, True, frozenset({"user_impersonation"}))
    later = verify_bearer(directory, f"Bearer {token}", PARTNER_CENTER, time.time() + 3600)
    assert isinstance(later, BearerProblem)
    assert later.reason == "expired"


def test_a_bad_bearer_token_is_told_apart(browser: Browser, app: Sandbox) -> None:
    directory, now = app.ctx.directory, time.time()
    token = browser.refresh(partner.REFRESH_TOKEN).json()["access_token"]
    other = browser.refresh(partner.REFRESH_TOKEN, scope="https://graph.windows.net/.default").json()["access_token"]
    header, claims, signature = token.split(".")
    forged = f"{header}.{claims}.{signature[:-8]}AAAAAAAA"
    seen = {
        name: verify_bearer(directory, value, PARTNER_CENTER, now)
        for name, value in {
            "missing": None,
            "basic": "Basic abc",
            "garbage": "Bearer abc",
            "forged": f"Bearer {forged}",
            "audience": f"Bearer {other}",
        }.items()
    }
    assert {name: getattr(problem, "reason", None) for name, problem in seen.items()} == {
        "missing": "missing",
        "basic": "malformed",
        "garbage": "malformed",
        "forged": "signature",
        "audience": "audience",
    }
    assert getattr(seen["audience"], "audience", None) == "https://graph.windows.net"


# -- journal -----------------------------------------------------------------------------------------------------------


def test_the_journal_knows_the_requests_but_no_secret(browser: Browser) -> None:
    picked = browser.authorize(ANNA)
    tokens = browser.redeem(picked.sent_back["code"]).json()
    made = assertion(browser.get("/_sandbox/world").json(), browser.url + TOKEN)
    app_only(browser, client_secret="", client_assertion_type=ASSERTION_TYPE, client_assertion=made)
    journal = browser.get("/_sandbox/journal", path="/oauth2/").text
    paths = [entry["path"] for entry in json.loads(journal)["entries"]]
    assert paths == ["/organizations/oauth2/v2.0/authorize", "/organizations/oauth2/v2.0/token", TOKEN]
    secrets = [picked.sent_back["code"], partner.PORTAL_SECRET, made]
    secrets += [tokens[name] for name in ("access_token", "refresh_token", "id_token")]
    assert [secret for secret in secrets if secret in journal] == []
