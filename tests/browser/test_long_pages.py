"""Long lists: the heads stay in sight, and nothing that stays in sight covers what has the focus."""

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tenantry.people.models import Company, StaffRole
from tests.browser.portal import enter
from tests.support.house import MERIDIAN, House
from tests.web.portal.visitors import DANA, at

pytestmark = pytest.mark.browser

# What has the focus, numbered, and whether its upper and its lower edge can be seen.
_FOCUSED = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  element.dataset.stop ??= document.querySelectorAll("[data-stop]").length;
  const box = element.getClientRects()[0];
  const seen = [box.top + 2, box.bottom - 2].every((y) => {
    const top = document.elementFromPoint(box.left + Math.min(box.width / 2, 12), y);
    return top !== null && (element.contains(top) || top.contains(element) && top.closest("label"));
  });
  return { stop: element.dataset.stop, seen, markup: element.outerHTML.slice(0, 120) };
}"""
_HEAD = """() => {
  const box = document.querySelector(".table-scroll thead th").getBoundingClientRect();
  const top = document.elementFromPoint(box.left + 20, 12);
  return [Math.round(box.top), top.closest("thead") !== null];
}"""


@pytest.fixture
def meridian(house: House) -> Company:
    """A company with sixty subscriptions, and Dana, who may do everything."""
    house.staff(DANA, StaffRole.OWNER)
    return house.add_company(MERIDIAN)


def pages(company: Company) -> dict[str, str]:
    return {
        "subscriptions": at(company, "subscriptions/"),
        "renewals": at(company, "renewals/"),
        "renewals of all": "/office/renewals/?month=year",
        "subscriptions in the office": f"/office/c/{company.id}/",
    }


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("name", ["subscriptions", "renewals", "renewals of all"])
def test_nothing_covers_what_has_the_focus(
    house: House, meridian: Company, web: LiveServer, page: Page, name: str, width: int
) -> None:
    enter(page, web.url, DANA)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(web.url + pages(meridian)[name])
    covered = []
    for key in ("Tab", "Shift+Tab"):
        stops = set()
        for _ in range(500):
            page.keyboard.press(key)
            focused = page.evaluate(_FOCUSED)
            if focused is None or focused["stop"] in stops:
                break
            stops.add(focused["stop"])
            if not focused["seen"]:
                covered.append(f"{key}: {focused['markup']}")
        assert len(stops) > 50, key
    assert covered == []


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("subscriptions", 1440),
        ("subscriptions", 700),
        ("renewals of all", 1440),
        ("subscriptions in the office", 1440),
    ],
)
def test_the_head_of_a_long_table_stays_in_sight(
    house: House, meridian: Company, web: LiveServer, page: Page, name: str, width: int
) -> None:
    enter(page, web.url, DANA)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(web.url + pages(meridian)[name])
    page.locator(".table-fits").wait_for()
    page.mouse.wheel(0, 1500)
    page.wait_for_function("scrollY > 1000")
    assert page.evaluate(_HEAD) == [0, True]
    assert page.locator(".table-fits").get_attribute("tabindex") is None  # nothing scrolls there


def test_a_table_that_does_not_fit_keeps_its_frame(
    house: House, meridian: Company, web: LiveServer, page: Page
) -> None:
    enter(page, web.url, DANA)
    page.set_viewport_size({"width": 1440, "height": 844})
    page.goto(f"{web.url}/office/c/{meridian.id}/")
    table = page.locator(".table-scroll")
    page.locator(".table-fits").wait_for()
    page.set_viewport_size({"width": 700, "height": 844})
    page.locator(".table-scroll:not(.table-fits)").wait_for()
    assert table.get_attribute("tabindex") == "0"
    assert page.evaluate("document.documentElement.scrollWidth") == 700
    assert table.evaluate("element => element.scrollWidth > element.clientWidth")
    page.set_viewport_size({"width": 1440, "height": 844})
    page.locator(".table-fits").wait_for()


def test_on_a_phone_the_heads_that_sort_and_explain_stay_in_reach(
    house: House, meridian: Company, web: LiveServer, page: Page
) -> None:
    enter(page, web.url, DANA)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(web.url + at(meridian, "subscriptions/"))
    page.get_by_role("button", name="What does “NCE” mean?").click()
    page.get_by_text("New Commerce Experience: the way Microsoft sells").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Seats", exact=True).click()
    page.wait_for_url("**/?sort=quantity")
