"""On paper: facts, picture and history, moments that stay true, and nothing that one could press."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tenantry.jobs.testing import run_due_jobs
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.people.models import Company
from tests.browser.portal import enter
from tests.support.house import House
from tests.support.orders import placed
from tests.web.portal.visitors import ANNA, DANA, PREMIUM, at, of

pytestmark = pytest.mark.browser

_RELATIVE = re.compile(r"\bago\b|\bin \d+ (?:minute|hour|day)s?\b")

# A field to copy from and a word that is explained are text as well.
_CONTROLS = "input:not(.copy-value), select, textarea, button:not(.explain), .button, .filter-chip"


@pytest.fixture
def pages(house: House, harbour: Company) -> dict[str, tuple[str, str, list[str]]]:
    """Who prints which page, and what must be on the paper."""
    view = house.subscription(harbour, PREMIUM)
    order = placed(view, SetQuantity(45))
    run_due_jobs()
    return {
        "overview": (ANNA, at(harbour), ["Harbour & Vale Ltd", "Tue 15 Dec", "Added 3 seats (42 → 45)"]),
        "subscription": (ANNA, of(view), ["Term", "1 year, paid monthly", "Tue 15 Dec", "History", "Anna Lindqvist"]),
        "renewals": (ANNA, at(harbour, "renewals/"), ["December 2026", "Not decided", "Tue 15 Dec"]),
        "order": (ANNA, at(harbour, f"orders/{order.id}/"), ["You now have 45 seats", "Microsoft's request id"]),
        "office company": (DANA, f"/office/c/{harbour.id}/", ["harbourvale.onmicrosoft.com", PREMIUM, "Tue 15 Dec"]),
        "office order": (DANA, f"/office/orders/{order.id}/", ["What the page showed", "Evidence"]),
        "today": (DANA, "/office/", ["Decisions that are due", "Harbour & Vale Ltd"]),
        "connections": (DANA, "/office/delegated-admin/", ["1 partner connection"]),
        "companies": (DANA, "/office/companies/", ["Harbour & Vale Ltd", "· refreshed "]),
        "people": (DANA, "/office/people/", ["Anna Lindqvist"]),
    }


def test_paper_has_what_is_so_and_nothing_to_press(
    house: House, pages: dict[str, tuple[str, str, list[str]]], web: LiveServer, page: Page
) -> None:
    for name, (who, path, said) in pages.items():
        enter(page, web.url, who)
        page.goto(web.url + path)
        page.emulate_media(media="print")
        text = page.locator("body").inner_text()
        assert [one for one in said if one not in text] == [], name
        assert _RELATIVE.findall(text) == [], name
        controls = page.locator(_CONTROLS)
        assert [one.inner_text() for one in controls.all() if one.is_visible()] == [], name
        assert "Printed on " in text, name
        strip = page.locator(".rehearsal")
        assert strip.evaluate("element => getComputedStyle(element).backgroundColor") == "rgba(0, 0, 0, 0)"
        page.emulate_media(media="screen")
        expect(page.get_by_text("Printed on")).to_be_hidden()


def test_the_moment_on_the_paper_is_that_of_printing(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    enter(page, web.url, ANNA)
    page.goto(web.url + at(harbour))
    page.emulate_media(media="print")
    printed = page.locator("time[data-printed]")
    expect(printed).to_have_text(re.compile(r"^\d+ \w+ \d{4}, \d\d:\d\d UTC$"))
    page.clock.set_fixed_time(datetime(2031, 5, 7, 8, 9, tzinfo=UTC))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(printed).to_have_text(re.compile("7 May 2031"))
