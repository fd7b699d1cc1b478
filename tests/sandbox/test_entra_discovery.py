"""Discovery documents and signing keys."""

from __future__ import annotations

import pytest

from tenantry.sandbox.app import Sandbox
from tenantry.sandbox.entra.keys import CONSUMER_TENANT
from tenantry.sandbox.worlds import partner, small_msp
from tests.sandbox.entra_kit import ANNA, PORTAL, Browser

HARBOUR = small_msp.tenant_id("harbour-vale")


@pytest.mark.parametrize(
    ("authority", "issuer_tenant"),
    [
        (HARBOUR, HARBOUR),
        ("harbourvale.example", HARBOUR),
        ("HarbourVale.onmicrosoft.com", HARBOUR),
        (partner.PARTNER_DOMAIN, partner.PARTNER_TENANT),
        ("common", "{tenantid}"),
        ("organizations", "{tenantid}"),
        ("consumers", CONSUMER_TENANT),
        ("outlook.com", CONSUMER_TENANT),
    ],
)
def test_discovery_names_the_issuer_of_the_authority(browser: Browser, authority: str, issuer_tenant: str) -> None:
    document = browser.get(f"/{authority}/v2.0/.well-known/openid-configuration").json()
    assert document["issuer"] == f"{browser.url}/{issuer_tenant}/v2.0"
    assert document["authorization_endpoint"] == f"{browser.url}/{authority}/oauth2/v2.0/authorize"
    assert document["token_endpoint"] == f"{browser.url}/{authority}/oauth2/v2.0/token"
    assert document["jwks_uri"] == f"{browser.url}/{authority}/discovery/v2.0/keys"


def test_the_v1_document_names_the_other_issuer(browser: Browser) -> None:
    document = browser.get(f"/{HARBOUR}/.well-known/openid-configuration").json()
    assert document["issuer"] == f"https://sts.windows.net/{HARBOUR}/"
    assert document["token_endpoint"] == f"{browser.url}/{HARBOUR}/oauth2/token"


def test_an_unknown_domain_is_refused_with_90002(browser: Browser) -> None:
    answer = browser.get("/nobody.example/v2.0/.well-known/openid-configuration")
    assert answer.status == 400
    assert answer.json()["error"] == "invalid_tenant"
    assert answer.json()["error_codes"] == [90002]
    assert answer.json()["error_description"].startswith("AADSTS90002: ")


@pytest.mark.parametrize(
    ("authority", "issuers"),
    [
        ("common", ["{tenantid}", CONSUMER_TENANT]),
        ("organizations", ["{tenantid}", CONSUMER_TENANT]),
        (HARBOUR, [HARBOUR]),
        ("consumers", [CONSUMER_TENANT]),
    ],
)
def test_every_key_names_the_issuer_that_may_use_it(browser: Browser, authority: str, issuers: list[str]) -> None:
    keys = browser.get(f"/{authority}/discovery/v2.0/keys").json()["keys"]
    assert [key["issuer"] for key in keys] == [f"{browser.url}/{issuer}/v2.0" for issuer in issuers]
    assert all("alg" not in key and "d" not in key for key in keys)


def test_after_a_roll_over_both_keys_are_published_and_the_new_one_signs(browser: Browser) -> None:
    before = browser.get(f"/{HARBOUR}/discovery/v2.0/keys").json()["keys"]
    rolled = browser.knob("POST", "entra/keys/roll").json()
    after = browser.get(f"/{HARBOUR}/discovery/v2.0/keys").json()["keys"]
    assert [key["kid"] for key in after] == [rolled["signing_key"], before[0]["kid"]]
    assert rolled["signing_key"] != before[0]["kid"]
    assert browser.sign_in(ANNA)["tid"] == HARBOUR


def test_a_withdrawn_key_opens_nothing_any_more(browser: Browser) -> None:
    tokens = browser.refresh(partner.REFRESH_TOKEN).json()
    token = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert browser.send("GET", "/v1/customers", **token).status == 200
    browser.knob("POST", "entra/keys/roll", {"keep_old": False})
    assert browser.send("GET", "/v1/customers", **token).status == 401


def test_the_state_keeps_keys_people_and_grants(browser: Browser, app: Sandbox) -> None:
    browser.knob("POST", "entra/keys/roll")
    code = browser.authorize(ANNA).sent_back["code"]
    token = browser.refresh(partner.REFRESH_TOKEN).json()["refresh_token"]
    document = app.ctx.directory.dump()
    fresh = type(app.ctx.directory).load(document)
    assert fresh.dump() == document
    assert code in fresh.codes
    assert token in fresh.refresh_tokens
    assert fresh.applications[PORTAL["client_id"]].redirect_uris
