"""The logs in a browser: details in place, filters, the check of the record, and what axe says in both schemes."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tenantry.jobs import runs
from tenantry.jobs.testing import forget_jobs, run_due_jobs
from tenantry.kernel import clock
from tenantry.people.models import Company, SignInRecord, StaffRole
from tenantry.traffic.models import CallRecord
from tests.browser.portal import enter, findings
from tests.people.house import HARBOUR_TENANT, PARTNER_TENANT, make_house
from tests.support.people import make_person, make_staff
from tests.support.sandbox import SandboxHandle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OWNER = "dana.okafor@kestrel-it.example"
REQUEST_ID = "2f6dd0ae-6b0c-4f0e-8f4b-6d6a0b1a6a01"
LONG = "Gemeinnützige Gesellschaft für integrierte Kinder-, Jugend- und Familienhilfe im Landkreis Oberschwaben mbH"


@pytest.fixture
def office(page: Page, web: LiveServer, sandbox: SandboxHandle) -> tuple[Page, str]:
    """An owner's browser at a house in which something has happened."""
    forget_jobs()
    house = make_house()
    Company.objects.filter(id=house.nordlys).update(name=LONG)
    make_staff(make_person(PARTNER_TENANT, "dana", "Dana Okafor", OWNER), StaffRole.OWNER)
    for company_id in (house.harbour, house.nordlys):
        runs.new_run("refresh_company", company_id=company_id, asked_by="Dana Okafor", now=clock.now())
    for status in (200, 429, None):
        CallRecord.objects.create(
            happened_at=clock.now(),
            customer=HARBOUR_TENANT,
            method="GET",
            path=f"/v1/customers/{HARBOUR_TENANT}/subscriptions",
            status=status,
            milliseconds=80,
            request_id=REQUEST_ID if status == 429 else "",
        )
    SignInRecord.objects.create(
        happened_at=clock.now(), accepted=False, reason="other_name", company_id=house.harbour, name="ليلى الهاشمي"
    )
    enter(page, web.url, OWNER)
    return page, f"{web.url}/office"


def test_a_line_opens_to_its_details_and_the_id_can_be_copied(office: tuple[Page, str]) -> None:
    page, url = office
    page.goto(f"{url}/logs/calls/?show=throttled")
    line = page.locator("details.log-line")
    expect(line).to_have_count(1)
    copy = line.get_by_role("textbox", name="Request id")
    expect(copy).to_be_hidden()
    line.locator("summary").press("Enter")
    expect(copy).to_be_visible()
    expect(copy).to_have_value(REQUEST_ID)
    line.get_by_role("link", name="Only this company").click()
    expect(page.get_by_role("link", name="Harbour & Vale Ltd remove this filter")).to_be_visible()
    expect(page.locator("details.log-line")).to_have_count(3)


def test_filters_stay_together(office: tuple[Page, str]) -> None:
    page, url = office
    page.goto(f"{url}/logs/")
    page.get_by_label("Kind").select_option("Refresh of one company")
    page.get_by_role("searchbox", name="Search who asked").fill("dana")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("details.log-line")).to_have_count(2)
    page.get_by_role("link", name="Under way 2").click()
    page.wait_for_url("**show=open**")
    expect(page.get_by_label("Kind")).to_have_value("refresh_company")
    expect(page.get_by_role("searchbox", name="Search who asked")).to_have_value("dana")
    page.get_by_role("searchbox", name="Search who asked").fill("nobody")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    page.get_by_role("link", name="Show everything").click()
    expect(page.get_by_label("Kind")).to_have_value("")


def test_the_record_is_checked_while_one_looks(office: tuple[Page, str]) -> None:
    page, url = office
    page.goto(f"{url}/logs/audit/")
    page.get_by_role("button", name="Check the record now").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    run_due_jobs()
    expect(page.get_by_text("The record is whole: 4 rows were read.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut_off(office: tuple[Page, str], scheme: str) -> None:
    page, url = office
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    for path in ("/logs/", "/logs/calls/", "/logs/sign-ins/", "/logs/audit/", "/logs/?q=nothing", "/preferences/"):
        page.goto(url + path)
        for line in page.locator("details.log-line > summary").all():
            line.click()
        assert findings(page) == [], path
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        page.set_viewport_size({"width": 1280, "height": 900})


def test_everything_works_without_scripts(office: tuple[Page, str]) -> None:
    page, url = office
    browser = page.context.browser
    assert browser is not None
    bare = browser.new_context(java_script_enabled=False, locale="en-GB")
    bare.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    plain = bare.new_page()
    plain.goto(f"{url}/logs/audit/")
    plain.get_by_role("button", name="Check the record now").click()
    run_due_jobs()
    plain.goto(f"{url}/logs/audit/?what=portal")
    expect(plain.get_by_text("The record is whole: 4 rows were read.")).to_be_visible()
    expect(plain.locator("details.log-line")).to_have_count(2)
    plain.goto(f"{url}/preferences/")
    plain.get_by_label("Your name on these pages").fill("Dana O.")
    plain.get_by_role("button", name="Save the preferences").click()
    expect(plain.get_by_text("Your preferences are saved.")).to_be_visible()
    bare.close()
