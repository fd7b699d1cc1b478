"""The sandbox's own pages in a browser: axe in both schemes, nothing that scrolls sideways, nothing that is missing."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, Response, expect

from tenantry.sandbox.worlds import partner
from tests.browser.portal import findings
from tests.support.sandbox import SandboxHandle

pytestmark = pytest.mark.browser


def _sign_in_address(**more: str) -> str:
    query = {
        "client_id": partner.PORTAL_APPLICATION,
        "redirect_uri": "http://127.0.0.1/back",
        "response_type": "code",
        "scope": "openid profile",
        "nonce": "one",
    }
    return "/organizations/oauth2/v2.0/authorize?" + urlencode(query | more)


def _looked_over(page: Page, name: str) -> list[str]:
    """Say what is wrong with the page that is open, by day on a desk and by night on a small phone."""
    wrong = []
    for scheme, width in (("light", 1280), ("dark", 320)):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 800})
        wrong += [f"{name} {scheme}: {one}" for one in findings(page)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{name} scrolls sideways at {width}")
    return wrong


def test_axe_finds_nothing_on_the_sandboxes_pages(sandbox: SandboxHandle, page: Page) -> None:
    missing: list[str] = []

    def heard(answer: Response) -> None:
        if answer.status >= 400:
            missing.append(f"{answer.status} {answer.url}")

    page.on("response", heard)
    sandbox.fault("slow", seconds=0.01, path="/v1/*", count=1)
    page.goto(sandbox.url + "/")
    page.get_by_text("What each kind does").click()
    wrong = _looked_over(page, "home")
    page.goto(sandbox.url + _sign_in_address(login_hint="anna.lindqvist@harbourvale.example"))
    page.get_by_text("Use another account").click()
    wrong += _looked_over(page, "picker")
    page.goto(sandbox.url + _sign_in_address(prompt="consent"))
    page.get_by_role("button", name="Anna Lindqvist", exact=False).first.click()
    expect(page.get_by_role("heading", name="Permissions requested")).to_be_visible()
    wrong += _looked_over(page, "consent")
    page.goto(f"{sandbox.url}/organizations/v2.0/adminconsent?" + _sign_in_address().partition("?")[2])
    wrong += _looked_over(page, "admin consent")
    assert (wrong, missing) == ([], [])


def test_a_fault_is_set_and_removed_on_the_page(sandbox: SandboxHandle, page: Page) -> None:
    page.goto(sandbox.url + "/")
    faults = page.locator("#faults")
    faults.get_by_label("Kind").select_option("consent_revoked")
    faults.get_by_role("button", name="Add fault").click()
    expect(faults.get_by_role("row", name="f1 consent_revoked any * any 0")).to_be_visible()
    faults.get_by_role("button", name="Remove", exact=True).click()
    expect(faults.get_by_text("Everything works as it should.")).to_be_visible()
