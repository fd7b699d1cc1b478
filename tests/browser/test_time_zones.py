"""The time zone of the device is proposed where none is chosen."""

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tenantry.people.models import Company, Person
from tests.browser.portal import enter
from tests.web.portal.visitors import ANNA, BEN, at

pytestmark = pytest.mark.browser
PROPOSED = "Your device shows the time of Berlin."


def test_a_person_takes_the_zone_of_the_device(harbour: Company, web: LiveServer, browser: Browser) -> None:
    page = browser.new_context(timezone_id="Europe/Berlin").new_page()
    enter(page, web.url, BEN)
    page.goto(f"{web.url}/preferences/")
    expect(page.get_by_text(PROPOSED)).to_be_visible()
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    expect(page.get_by_label("Time zone")).to_be_focused()
    page.get_by_role("button", name="Save the preferences").click()
    expect(page.get_by_text("Your preferences are saved.")).to_be_visible()
    expect(page.get_by_text(PROPOSED)).to_be_hidden()
    assert Person.objects.get(username=BEN).time_zone == "Europe/Berlin"


def test_an_admin_takes_it_for_the_company(harbour: Company, web: LiveServer, browser: Browser) -> None:
    page = browser.new_context(timezone_id="Europe/Berlin").new_page()
    enter(page, web.url, ANNA)
    page.goto(web.url + at(harbour, "people/"))
    page.get_by_role("button", name="Use it").click()
    page.get_by_role("button", name="Save the time zone").click()
    expect(page.get_by_text("is saved.")).to_be_visible()
    harbour.refresh_from_db()
    assert harbour.time_zone == "Europe/Berlin"


def test_without_scripts_the_list_is_there_and_nothing_is_proposed(
    harbour: Company, web: LiveServer, browser: Browser
) -> None:
    page = browser.new_context(timezone_id="Europe/Berlin", java_script_enabled=False).new_page()
    enter(page, web.url, BEN)
    page.goto(f"{web.url}/preferences/")
    expect(page.get_by_text(PROPOSED)).to_be_hidden()
    page.get_by_label("Time zone").select_option("Asia/Kolkata")
    page.get_by_role("button", name="Save the preferences").click()
    expect(page.get_by_text("Your preferences are saved.")).to_be_visible()
