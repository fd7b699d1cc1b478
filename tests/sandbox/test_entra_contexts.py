"""Authentication contexts at sign-in, as Microsoft's developer guide has them."""

from __future__ import annotations

import json

import pytest

from tenantry.sandbox.worlds.partner import PARTNER_TENANT
from tests.sandbox.entra_kit import Browser

DANA = "dana.okafor@kestrel-it.example"


def claims_for(**wanted: object) -> str:
    return json.dumps({"id_token": {"acrs": {"essential": True, **wanted}}})


@pytest.mark.parametrize(
    ("claims", "mfa", "acrs"),
    [
        ("", "yes", None),
        (claims_for(value="c1"), "yes", ["c1"]),
        (claims_for(value="c2"), "no", ["c2"]),  # no policy is assigned to it, so everybody satisfies it
        (claims_for(values=["c1", "c2"]), "yes", ["c1", "c2"]),
        (json.dumps({"access_token": {"acrs": {"value": "c1"}}}), "yes", None),
    ],
    ids=["not asked for", "policy", "no policy", "several", "for another token"],
)
def test_the_id_token_says_which_contexts_are_satisfied(
    browser: Browser, claims: str, mfa: str, acrs: list[str] | None
) -> None:
    assert browser.sign_in(DANA, PARTNER_TENANT, claims=claims, form_mfa=mfa).get("acrs") == acrs


@pytest.mark.parametrize(
    ("claims", "mfa", "error"),
    [
        (claims_for(value="c1"), "no", ("interaction_required", "AADSTS50076")),
        (claims_for(value="c9"), "yes", ("invalid_request", "AADSTS9002313")),
        ("no json", "yes", ("invalid_request", "AADSTS9002313")),
        ("[1]", "yes", ("invalid_request", "AADSTS9002313")),
    ],
    ids=["policy not satisfied", "no such context", "no JSON", "no object"],
)
def test_what_cannot_be_satisfied_goes_back_as_an_error(
    browser: Browser, claims: str, mfa: str, error: tuple[str, str]
) -> None:
    told = browser.authorize(DANA, PARTNER_TENANT, claims=claims, form_mfa=mfa).sent_back
    assert (told["error"], told["error_description"].partition(":")[0], told["state"]) == (*error, "state-1")
    assert "code" not in told


def test_a_context_is_the_tenants_own_matter(browser: Browser) -> None:
    changed = browser.knob("PATCH", f"entra/tenants/{PARTNER_TENANT}", {"contexts": {"c9": "mfa"}})
    assert changed.json()["contexts"] == {"c9": "mfa"}
    assert browser.sign_in(DANA, PARTNER_TENANT, claims=claims_for(value="c9"))["acrs"] == ["c9"]
    assert "error" in browser.authorize(DANA, PARTNER_TENANT, claims=claims_for(value="c1")).sent_back
