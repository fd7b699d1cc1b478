"""The sign-in pages in a real browser: what a person clicks, and what axe finds."""

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tenantry.branding.actions import Look, set_brand
from tenantry.kernel import clock
from tenantry.people import actions
from tenantry.people.sessions import SessionStore
from tests.people.house import DANA
from tests.support.sandbox import SandboxHandle
from tests.web.sign_in.cast import make_cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ANNA = "anna.lindqvist@harbourvale.example"
EDWARD = "edward.finch@harbourvale.example"


def looks_well(page: Page) -> None:
    """Expect that axe finds nothing, in light and in dark, and that nothing needs sideways scrolling on a phone."""
    for scheme in ("light", "dark"):
        # Without motion: a colour on its way from one scheme to the other is no finding.
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        answer = Axe().run(page).response
        found = [f"{one['id']}: {node['html'][:120]}" for one in answer["violations"] for node in one["nodes"]]
        assert found == [], f"{page.url} in {scheme}"
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 900})


def choose(page: Page, account: str) -> None:
    """Press the one button and choose an account on Microsoft's page."""
    page.get_by_role("link", name="Sign in with Microsoft").click()
    page.locator(f'button[name="account"][value="{account}"]').first.click()


def test_somebody_without_access_is_told_calmly_and_may_try_another_account(
    page: Page, web: LiveServer, sandbox: SandboxHandle
) -> None:
    make_cast()
    page.goto(f"{web.url}/sign-in/?next=/sign-out/")
    looks_well(page)
    choose(page, EDWARD)
    expect(page.get_by_role("heading", name="This account is not known here yet")).to_be_visible()
    looks_well(page)
    page.get_by_role("link", name="Use another account").click()
    page.locator('button[name="account"][value="anna.lindqvist@harbourvale.example"]').first.click()
    page.wait_for_url(f"{web.url}/**")
    page.goto(f"{web.url}/sign-out/")
    expect(page.get_by_text("You are signed in as Anna Lindqvist.")).to_be_visible()
    looks_well(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    looks_well(page)


def test_the_way_in_has_microsofts_mark_a_title_in_one_line_and_help_below(
    page: Page, web: LiveServer, sandbox: SandboxHandle
) -> None:
    make_cast()
    set_brand(acting_as=DANA, look=Look(support_email="help@kestrel-it.example"), now=clock.now())
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{web.url}/sign-in/")
    fills = page.locator(".button-microsoft rect").evaluate_all("all => all.map(one => getComputedStyle(one).fill)")
    assert fills == ["rgb(242, 80, 34)", "rgb(127, 186, 0)", "rgb(0, 164, 239)", "rgb(255, 185, 0)"]
    title = page.locator("h1")
    lines = title.evaluate("one => one.getClientRects()[0].height / parseFloat(getComputedStyle(one).lineHeight)")
    assert round(lines) == 1
    button, help_ = page.locator(".button-microsoft").bounding_box(), page.locator(".support").bounding_box()
    assert button is not None
    assert help_ is not None
    assert 0 < help_["y"] - (button["y"] + button["height"]) <= 64


def test_signing_in_by_keyboard_alone(page: Page, web: LiveServer, sandbox: SandboxHandle) -> None:
    make_cast()
    page.goto(f"{web.url}/sign-in/?next=/sign-out/")
    button = page.get_by_role("link", name="Sign in with Microsoft")
    for _ in range(12):  # past the strip of the rehearsal
        if button.evaluate("link => link === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator('button[value="anna.lindqvist@harbourvale.example"]').first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("You are signed in as Anna Lindqvist.")).to_be_visible()


def test_an_administrator_approves_for_everybody(page: Page, web: LiveServer, sandbox: SandboxHandle) -> None:
    make_cast()
    page.goto(f"{web.url}/sign-in/")
    choose(page, "daan.visser@vandenberg-logistiek.example")
    page.get_by_role("button", name="Return to the application").click()
    expect(page.get_by_role("heading", name="An administrator must approve first")).to_be_visible()
    looks_well(page)
    page.get_by_role("link", name="I am that administrator").click()
    page.locator('button[value="sanne.berg@vandenberg-logistiek.example"]').first.click()
    expect(page.get_by_role("heading", name="Approved")).to_be_visible()
    looks_well(page)


def test_the_first_owner_comes_by_the_link(page: Page, web: LiveServer, sandbox: SandboxHandle) -> None:
    link = urlsplit(actions.make_owner_link(clock.now())).path
    page.goto(web.url + link)
    looks_well(page)
    choose(page, "dana.okafor@kestrel-it.example")
    page.wait_for_url(f"{web.url}/office/**")
    page.goto(web.url + link)
    expect(page.get_by_role("heading", name="This link cannot be used any more")).to_be_visible()
    looks_well(page)


def test_a_confirmation_that_needs_a_fresh_sign_in_leads_there_and_back(
    page: Page, web: LiveServer, sandbox: SandboxHandle, settings: Settings
) -> None:
    """A browser follows no form to Microsoft: the policy of our own pages forbids it."""
    settings.ROOT_URLCONF = "tests.web.sign_in.doors"
    house = make_cast()
    page.goto(f"{web.url}/sign-in/?next=/c/{house.harbour}/confirm/")
    choose(page, ANNA)
    [key] = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == settings.SESSION_COOKIE_NAME]
    session = SessionStore(key)
    session["proved_at"] -= 61 * 60
    session.save()
    page.get_by_role("button", name="Cancel now").click()
    expect(page.get_by_role("heading", name="Sign in once more")).to_be_visible()
    looks_well(page)
    choose(page, ANNA)
    page.get_by_role("button", name="Cancel now").click()
    expect(page.get_by_text("It is cancelled.")).to_be_visible()
