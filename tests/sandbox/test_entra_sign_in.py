"""The sign-in page: who can sign in how, and what the application hears of it."""

from __future__ import annotations

import html
import re
import time

import pytest
from joserfc.errors import InvalidKeyIdError

from tenantry.sandbox.app import Sandbox
from tenantry.sandbox.entra.keys import CONSUMER_TENANT
from tenantry.sandbox.worlds import partner, small_msp
from tenantry.sandbox.worlds.resources import guid
from tests.sandbox.entra_kit import ANNA, CALLBACK, VERIFIER, Answer, Browser

HARBOUR = small_msp.tenant_id("harbour-vale")
DAAN = "daan.visser@vandenberg-logistiek.example"
SANNE = "sanne.berg@vandenberg-logistiek.example"
VAN_DEN_BERG = small_msp.tenant_id("van-den-berg")


def open_page(browser: Browser, authority: str = "organizations", **query: str) -> Answer:
    query = {
        "client_id": partner.PORTAL_APPLICATION,
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "s",
    } | query
    return browser.get(f"/{authority}/oauth2/v2.0/authorize", **{k: v for k, v in query.items() if v})


# -- the usual way ------------------------------------------------------------------------------------------------


def test_an_ordinary_sign_in_gives_the_claims_of_the_person(browser: Browser) -> None:
    before = int(time.time())
    claims = browser.sign_in(ANNA)
    oid = guid("person", HARBOUR, ANNA)
    fixed = {name: claims[name] for name in ("aud", "iss", "tid", "oid", "name", "preferred_username", "email", "ver")}
    assert fixed == {
        "aud": partner.PORTAL_APPLICATION,
        "iss": f"{browser.url}/{HARBOUR}/v2.0",
        "tid": HARBOUR,
        "oid": oid,
        "name": "Anna Lindqvist",
        "preferred_username": ANNA,
        "email": ANNA,
        "ver": "2.0",
    }
    assert claims["nonce"] == "nonce-1"
    assert claims["acct"] == 0
    assert claims["xms_edov"] is True
    assert "idp" not in claims
    assert before <= claims["auth_time"] <= time.time()
    assert claims["exp"] - claims["iat"] == 3900
    assert claims["sub"] != oid


def test_the_page_lists_people_and_suggests_the_hinted_one(browser: Browser) -> None:
    page = open_page(browser, login_hint="ben.carter@harbourvale.example")
    assert page.status == 200
    assert "Rehearsal: this page stands in for Microsoft." in page.text
    assert page.text.index("Suggested") < page.text.index('value="ben.carter@harbourvale.example"')
    assert page.text.count('value="ben.carter@harbourvale.example"') == 2  # a button, and the typed-in account
    assert f'value="{ANNA}"' in page.text
    assert "O&#x27;Connell &amp; Daughters &lt;Solicitors&gt;" in page.text
    assert 'value="anna.lindqvist@outlook.com"' not in page.text


def test_a_long_list_is_searched_and_shown_in_part(browser: Browser) -> None:
    for number in range(100):
        person = {"tenant": HARBOUR, "upn": f"p{number:03}@harbourvale.example", "name": f"Person {number:03}"}
        assert browser.knob("POST", "entra/people", person).status < 300
    page = open_page(browser)
    assert 'name="find"' in page.text
    assert "The first 100 are shown." in page.text
    assert page.text.count('class="person"') == 100
    assert 'type="hidden" name="client_id"' in page.text
    found = open_page(browser, find="PERSON 09")
    assert found.text.count('class="person"') == 10
    assert "10 accounts." in found.text
    assert browser.sign_in("p099@harbourvale.example")["tid"] == HARBOUR  # scripts need no page


def test_a_tenants_own_page_lists_its_people_only(browser: Browser) -> None:
    page = open_page(browser, HARBOUR)
    keys = [html.unescape(key) for key in re.findall(r'name="account" value="([^"]+)"', page.text)]
    assert keys == [
        ANNA,
        "ben.carter@harbourvale.example",
        "chloe.adeyemi@harbourvale.example",
        "edward.finch@harbourvale.example",
        "ingrid.solberg_nordlys-shipping.example#EXT#@harbourvale.onmicrosoft.com",
        "jamie.fox_outlook.com#EXT#@harbourvale.onmicrosoft.com",
        "another",
    ]


@pytest.mark.parametrize(("mode", "mark"), [("query", "?"), ("fragment", "#"), ("", "?")])
def test_the_code_comes_back_in_the_mode_that_was_asked_for(browser: Browser, mode: str, mark: str) -> None:
    picked = browser.authorize(ANNA, response_mode=mode)
    assert picked.headers["location"].startswith(f"{CALLBACK}{mark}code=")
    assert picked.sent_back["state"] == "state-1"


def test_form_post_sends_a_page_that_posts_code_and_state(browser: Browser) -> None:
    picked = browser.authorize(ANNA, response_mode="form_post")
    assert picked.status == 200
    assert f'<form method="post" action="{CALLBACK}">' in picked.text
    assert sorted(re.findall(r'name="(\w+)"', picked.text)) == ["code", "session_state", "state"]


def test_a_code_with_an_id_token_comes_at_once_by_form_post(browser: Browser) -> None:
    picked = browser.authorize(ANNA, "common", response_type="code id_token", response_mode="form_post")
    token = re.findall(r'name="id_token" value="([^"]+)"', picked.text)[0]
    assert browser.claims(token)["nonce"] == "nonce-1"
    refused = browser.authorize(ANNA, response_type="id_token", nonce="", response_mode="fragment").sent_back
    assert refused["error"] == "invalid_request"


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"client_id": "7d1c6a40-4f0e-4c57-9a41-000000000000"}, 700016),
        ({"client_id": ""}, 900144),
        ({"redirect_uri": "https://evil.example/sign-in"}, 50011),
        ({"redirect_uri": "http://127.0.0.1.evil.example/sign-in"}, 50011),
        ({"redirect_uri": "https://127.0.0.1/sign-in"}, 50011),
        ({"client_id": partner.SINGLE_TENANT_APPLICATION}, 50194),
        ({"response_mode": "carrier pigeon"}, 9002313),
    ],
)
def test_a_doubtful_request_stays_on_the_page(browser: Browser, changes: dict[str, str], number: int) -> None:
    page = open_page(browser, **changes)
    assert page.status == 400
    assert f"AADSTS{number}: " in page.text
    assert "location" not in page.headers


@pytest.mark.parametrize(
    ("changes", "error", "number"),
    [
        ({"response_type": "token"}, "unsupported_response_type", 700054),
        ({"scope": ""}, "invalid_request", 900144),
        ({"scope": "openid https://unknown.example/read"}, "invalid_scope", 70011),
        ({"code_challenge": "x", "code_challenge_method": "S512"}, "invalid_request", 9002313),
        ({"prompt": "none"}, "login_required", 50058),
    ],
)
def test_the_application_hears_of_its_own_mistakes(
    browser: Browser, changes: dict[str, str], error: str, number: int
) -> None:
    refused = open_page(browser, **changes).sent_back
    assert refused["error"] == error
    assert refused["error_description"].startswith(f"AADSTS{number}: ")
    assert refused["state"] == "s"


def test_loopback_addresses_may_have_any_port(browser: Browser) -> None:
    for address in ("http://127.0.0.1:54321/callback", "http://localhost:1/a/b", "http://localhost/x?y=1"):
        assert open_page(browser, redirect_uri=address).status == 200


def test_cancelling_says_access_denied(browser: Browser) -> None:
    refused = browser.authorize(ANNA, form_action="cancel").sent_back
    assert (refused["error"], refused["error_subcode"]) == ("access_denied", "cancel")
    assert refused["error_description"].startswith("AADSTS65004")


@pytest.mark.parametrize(
    ("account", "authority", "number"),
    [
        ("peter.marsh@greenfield-schools.example", "organizations", 50057),
        ("nobody@harbourvale.example", "organizations", 50034),
        ("ingrid.solberg@nordlys-shipping.example", HARBOUR, 50020),
    ],
)
def test_some_accounts_cannot_sign_in(browser: Browser, account: str, authority: str, number: int) -> None:
    page = browser.authorize(account, authority)
    assert page.status == 400
    assert f"AADSTS{number}: " in page.text


# -- consent ------------------------------------------------------------------------------------------------------


def test_a_person_who_may_not_consent_is_sent_to_an_administrator(browser: Browser) -> None:
    page = browser.authorize(DAAN)
    assert page.status == 200
    assert "Need admin approval" in page.text
    refused = browser.authorize(DAAN, form_consent="approval_wanted").sent_back
    assert refused["error"] == "access_denied"
    assert refused["error_description"].startswith("AADSTS90094: ")


def test_an_administrator_lets_everybody_in(browser: Browser) -> None:
    assert browser.authorize(SANNE, form_consent="organisation").status == 302
    assert browser.sign_in(DAAN)["tid"] == VAN_DEN_BERG


def test_admin_consent_has_a_page_of_its_own(browser: Browser) -> None:
    query = f"client_id={partner.PORTAL_APPLICATION}&redirect_uri={CALLBACK}&state=x&scope=openid"
    address = f"/{VAN_DEN_BERG}/v2.0/adminconsent?{query}"
    page = browser.get(address)
    assert re.findall(r'name="account" value="([^"]+)"', page.text) == [SANNE]
    assert browser.form(address, {"consent": "decline"}).sent_back["error"] == "access_denied"
    assert browser.form(address, {"consent": "accept", "account": DAAN}).status == 400
    accepted = browser.form(address, {"consent": "accept", "account": SANNE})
    assert accepted.sent_back == {"admin_consent": "True", "tenant": VAN_DEN_BERG, "scope": "openid", "state": "x"}
    assert browser.sign_in(DAAN)["tid"] == VAN_DEN_BERG


def test_the_consent_page_comes_where_people_may_decide_themselves(browser: Browser) -> None:
    account = "kristjan.tamm@tallinnpuit.example"
    page = browser.authorize(account, form_consent="")
    assert "Permissions requested" in page.text
    carried = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    assert carried["account"] == account
    assert browser.authorize(account, form_consent="decline").sent_back["error"] == "access_denied"
    assert "code" in browser.authorize(account).sent_back
    assert "code" in browser.authorize(account, form_consent="").sent_back


# -- sessions --------------------------------------------------------------------------------------------------------


def test_prompt_none_works_while_one_account_is_signed_in(browser: Browser) -> None:
    browser.authorize(ANNA)
    silent = open_page(browser, prompt="none")
    assert "code" in silent.sent_back
    browser.authorize("ben.carter@harbourvale.example")
    assert open_page(browser, prompt="none").sent_back["error"] == "interaction_required"
    assert "code" in open_page(browser, prompt="none", login_hint=ANNA).sent_back


def test_a_fresh_sign_in_has_a_new_time_and_a_known_account_keeps_its_own(browser: Browser, app: Sandbox) -> None:
    first = browser.sign_in(ANNA)
    for accounts in app.ctx.directory.sessions.values():
        accounts[0].auth_time -= 7200
    again = browser.sign_in(ANNA, prompt="select_account")
    assert (again["auth_time"], again["sid"]) == (first["auth_time"] - 7200, first["sid"])
    assert browser.sign_in(ANNA, max_age="300")["auth_time"] >= first["auth_time"]
    for accounts in app.ctx.directory.sessions.values():
        accounts[0].auth_time -= 7200
    fresh = browser.sign_in(ANNA, prompt="login")
    assert fresh["auth_time"] >= first["auth_time"]
    assert fresh["sid"] != first["sid"]


def test_single_sign_on_can_be_switched_on(browser: Browser) -> None:
    browser.authorize(ANNA)
    assert open_page(browser).status == 200
    browser.knob("PATCH", "entra/settings", {"single_sign_on": True})
    assert "code" in open_page(browser).sent_back
    assert open_page(browser, prompt="select_account").status == 200


def test_signing_out_ends_the_session_and_goes_to_registered_addresses_only(browser: Browser) -> None:
    browser.authorize(ANNA)
    away = browser.get("/common/oauth2/v2.0/logout", post_logout_redirect_uri="https://evil.example/")
    assert (away.status, "location" in away.headers) == (200, False)
    assert open_page(browser, prompt="none").sent_back["error"] == "login_required"
    home = browser.get("/common/oauth2/v2.0/logout", post_logout_redirect_uri="http://127.0.0.1:8000/bye")
    assert (home.status, home.headers["location"]) == (302, "http://127.0.0.1:8000/bye")


# -- people who are not who they seem --------------------------------------------------------------------------------


def test_a_guest_carries_the_inviting_tenant_and_an_identity_provider(browser: Browser) -> None:
    guest = "ingrid.solberg_nordlys-shipping.example#EXT#@harbourvale.onmicrosoft.com"
    claims = browser.sign_in(guest, HARBOUR)
    assert (claims["tid"], claims["acct"]) == (HARBOUR, 1)
    assert claims["idp"] == f"https://sts.windows.net/{small_msp.tenant_id('nordlys')}/"
    assert claims["preferred_username"] == "ingrid.solberg@nordlys-shipping.example"
    home = browser.sign_in("ingrid.solberg@nordlys-shipping.example")
    assert (home["tid"], home["oid"] == claims["oid"]) == (small_msp.tenant_id("nordlys"), False)


def test_guests_at_organizations_are_noted_as_a_doubt_and_refused_when_strict(browser: Browser) -> None:
    guest = "oskar.lind_freelance-lind.example#EXT#@kestrelit.onmicrosoft.com"
    assert browser.sign_in(guest)["acct"] == 1
    entry = browser.get("/_sandbox/journal", path="/organizations/oauth2/v2.0/authorize").json()["entries"][0]
    assert entry["doubts"] == ["/organizations would sign a guest in at home, and no personal account at all"]
    browser.send("PUT", "/_sandbox/switches", '{"strict": true}', **{"Content-Type": "application/json"})
    assert "AADSTS50020: " in browser.authorize(guest).text


def test_a_personal_account_has_the_consumer_tenant_and_key(browser: Browser) -> None:
    claims = browser.sign_in("anna.lindqvist@outlook.com", "common")
    assert claims["tid"] == CONSUMER_TENANT
    assert claims["iss"] == f"{browser.url}/{CONSUMER_TENANT}/v2.0"
    assert claims["name"] == "Anna Lindqvist"


def test_a_hostile_administrator_can_put_any_address_into_the_email_claim(browser: Browser) -> None:
    claims = browser.sign_in("mallory: anna@mallory.example")
    assert claims["email"] == ANNA
    assert claims["xms_edov"] is False
    assert claims["tid"] == guid("tenant", "mallory")


def test_a_recreated_account_has_the_same_name_and_another_object_id(browser: Browser) -> None:
    old = browser.sign_in("quinn.avery@greenfield-schools.example")
    new = browser.sign_in("quinn.avery (recreated)")
    assert old["preferred_username"] == new["preferred_username"]
    assert old["oid"] != new["oid"]


def test_another_account_can_say_anything(browser: Browser) -> None:
    claims = browser.sign_in(
        "another",
        form_tenant=HARBOUR,
        form_upn="eve@harbourvale.example",
        form_oid="00000000-0000-4000-8000-00000000abcd",
        form_claims='{"tid": "11111111-2222-4333-8444-555555555555", "aud": "somebody-else"}',
    )
    assert claims["tid"] == "11111111-2222-4333-8444-555555555555"
    assert claims["aud"] == "somebody-else"
    assert claims["oid"] == "00000000-0000-4000-8000-00000000abcd"
    assert "email" not in claims


@pytest.mark.parametrize("signed_with", ["other", "unknown"])
def test_another_account_can_be_signed_with_a_wrong_key(browser: Browser, signed_with: str) -> None:
    picked = browser.authorize("another", form_tenant=HARBOUR, form_upn="eve@x.example", form_signed_with=signed_with)
    token = browser.redeem(picked.sent_back["code"]).json()["id_token"]
    published = browser.get("/organizations/discovery/v2.0/keys").json()["keys"]
    if signed_with == "other":
        assert browser.claims(token)["tid"] == HARBOUR
        assert published[1]["issuer"] == f"{browser.url}/{CONSUMER_TENANT}/v2.0"
    else:
        with pytest.raises(InvalidKeyIdError):
            browser.claims(token)


def test_renaming_and_recreating_happen_behind_the_applications_back(browser: Browser) -> None:
    before = browser.sign_in(ANNA)
    path = f"entra/people/{ANNA}"
    assert browser.knob("PATCH", path, {"upn": "anna.berg@harbourvale.example"}).status == 200
    renamed = browser.sign_in(ANNA)
    assert (renamed["oid"], renamed["preferred_username"]) == (before["oid"], "anna.berg@harbourvale.example")
    browser.knob("PATCH", path, {"recreate": True})
    assert browser.sign_in(ANNA)["oid"] != before["oid"]
    assert browser.knob("PATCH", path, {"oid": "x"}).status == 400
    assert browser.knob("PATCH", "entra/people/nobody", {}).status == 404


def test_a_planned_refusal_comes_once(browser: Browser) -> None:
    plan = {"code": 53003, "at": "authorize", "person": ANNA, "client_id": partner.PORTAL_APPLICATION}
    browser.knob("POST", "entra/refusals", plan)
    assert "code" in browser.authorize("ben.carter@harbourvale.example").sent_back
    refused = browser.authorize(ANNA).sent_back
    assert refused["error"] == "interaction_required"
    assert "AADSTS53003" in refused["error_description"]
    assert "code" in browser.authorize(ANNA).sent_back


def test_the_verifier_has_to_fit_the_challenge(browser: Browser) -> None:
    plain = browser.authorize(ANNA, code_challenge=VERIFIER, code_challenge_method="plain").sent_back["code"]
    assert browser.redeem(plain).status == 200
    for verifier in ("", "another-verifier-that-is-long-enough-to-be-one"):
        code = browser.authorize(ANNA).sent_back["code"]
        refused = browser.redeem(code, code_verifier=verifier).json()
        assert (refused["error"], refused["error_codes"]) == ("invalid_grant", [501481])
