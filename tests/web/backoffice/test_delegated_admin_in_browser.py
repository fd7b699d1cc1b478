"""Partner connections in a real browser: consent and Direct CSP by clicks, progress without a reload, and axe."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tenantry.connection.models import ConnectionState, DirectCsp, PartnerConnection
from tenantry.jobs.testing import forget_jobs, run_due_jobs
from tenantry.kernel import clock
from tenantry.people.models import StaffRole
from tenantry.people.sessions import SessionStore
from tenantry.web.sign_in import session
from tests.support.house import HARBOUR, House, leave_house, make_house
from tests.support.sandbox import SandboxHandle
from tests.web.backoffice.visitors import DANA

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SERVICE = "partnercenter@kestrel-it.example"


@pytest.fixture
def owners_page(page: Page, web: LiveServer, sandbox: SandboxHandle) -> "tuple[Page, House]":
    """Dana the owner's browser at a house whose connection has never been tested."""
    forget_jobs()
    house = make_house(sandbox)
    PartnerConnection.objects.update(direct_csp=DirectCsp.UNSET)
    person, now, store = house.staff(DANA, StaffRole.OWNER), clock.now(), SessionStore()
    session.begin(store, person_id=person.id, proved_at=now, now=now)
    store.save()
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": str(store.session_key), "url": web.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(f"{web.url}/office/delegated-admin/")
    return page, house


def looks_well(page: Page) -> None:
    """Expect that axe finds nothing, in light and in dark, and that nothing needs sideways scrolling on a phone."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        answer = Axe().run(page).response
        found = [f"{one['id']}: {node['html'][:120]}" for one in answer["violations"] for node in one["nodes"]]
        assert found == [], f"{page.url} in {scheme}"
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 900})


def test_direct_csp_is_enabled_from_the_cog(owners_page: "tuple[Page, House]") -> None:
    page, house = owners_page
    looks_well(page)
    page.get_by_role("button", name="Actions for Kestrel IT Services").click()
    page.locator("[popover]").get_by_role("link", name="Enable Direct CSP").click()
    page.get_by_role("searchbox", name="Search tenants").fill("harbour")
    page.get_by_role("button", name="Search").click()
    looks_well(page)
    page.get_by_role("link", name="Choose Harbour & Vale Ltd").click()
    looks_well(page)
    page.get_by_role("button", name="Yes, test now").click()
    expect(page.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    looks_well(page)

    run_due_jobs()

    # The page asks every half second: the end comes without a reload, and the focus is on it.
    ended = page.get_by_role("heading", name="Direct CSP status has been set")
    expect(ended).to_be_visible()
    expect(ended).to_be_focused()
    looks_well(page)
    house.connection.refresh_from_db()
    assert (house.connection.direct_csp, house.connection.direct_csp_tenant_id) == (DirectCsp.SET, HARBOUR)
    leave_house()


def test_a_broken_connection_is_mended_by_consenting_again(owners_page: "tuple[Page, House]") -> None:
    page, house = owners_page
    PartnerConnection.objects.update(
        state=ConnectionState.BROKEN,
        last_error_at=clock.now() - timedelta(hours=1),
        last_error_code="AADSTS50173",
        last_error_words="The grant was revoked.",
        last_error_advice="consent_revoked",
    )
    page.reload()
    expect(page.get_by_text("Does not work", exact=True)).to_be_visible()
    looks_well(page)
    page.get_by_role("link", name="Grant Partner Center Consent again").click()
    page.locator(f'button[name="account"][value="{SERVICE}"]').first.click()
    page.wait_for_url("**/office/delegated-admin/runs/**")

    run_due_jobs()

    expect(page.get_by_role("heading", name="Partner Center consent has been granted.")).to_be_visible()
    looks_well(page)
    page.get_by_role("link", name="Go to the connection").click()
    expect(page.get_by_role("heading", name="Health")).to_be_visible()
    looks_well(page)
    house.connection.refresh_from_db()
    assert house.connection.state == ConnectionState.WORKING
    leave_house()


def test_a_connection_is_removed_in_a_dialog_that_asks_for_its_name(owners_page: "tuple[Page, House]") -> None:
    page, house = owners_page
    page.get_by_role("link", name="Add", exact=True).click()
    expect(page.get_by_role("link", name="Grant Partner Center Consent")).to_be_visible()
    looks_well(page)
    page.goto(page.url.replace("add/", f"{house.connection.id}/"))
    page.get_by_role("link", name="Remove …").click()
    asked = page.get_by_role("dialog", name="Remove the connection")
    expect(asked.get_by_role("textbox")).to_be_focused()
    looks_well(page)
    asked.get_by_role("textbox").fill("Kestrel")
    asked.get_by_role("button", name="Remove the connection").click()
    expect(page.get_by_role("link", name="Name of the connection")).to_be_visible()
    looks_well(page)
    page.get_by_role("textbox").fill("Kestrel IT Services")
    page.get_by_role("button", name="Remove the connection").click()
    expect(page.get_by_text("There is no partner connection yet.")).to_be_visible()
    looks_well(page)
    house.connection.refresh_from_db()
    assert house.connection.sealed_refresh_token is None
    leave_house()
