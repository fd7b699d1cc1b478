"""Few clicks and short pages: rows open as a whole, and on a phone what one came for is in reach."""

import re
import sys

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tenantry.licensing.models import ChangeOrder
from tenantry.people.models import Company, EndUserRole, StaffRole
from tests.browser.portal import enter
from tests.support.house import MERIDIAN, House
from tests.web.portal.visitors import ANNA, DANA, PREMIUM, at, of

pytestmark = pytest.mark.browser

SONNENSCHEIN = "503a4286-b7ae-5bd8-985c-d88d74134615"
GRETA = "greta.sonnenschein@baeckerei-sonnenschein.example"
_COUNT = """addEventListener("click", (event) => {
  if (event.isTrusted) sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1;
}, true)"""


def clicks(page: Page) -> int:
    """Return how often somebody has pressed anything in this tab."""
    return int(page.evaluate("sessionStorage.clicks ?? 0"))


def tell(capsys: pytest.CaptureFixture[str], figure: str) -> None:
    """Print a figure of the page, for those who compare it."""
    with capsys.disabled():
        sys.stdout.write(f"\n{figure}\n")


def test_three_seats_are_added_with_three_clicks(
    house: House, harbour: Company, web: LiveServer, page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    page.add_init_script(_COUNT)
    enter(page, web.url, ANNA)
    page.goto(web.url + at(harbour))
    page.get_by_role("link", name="Subscriptions", exact=True).click()
    page.get_by_role("cell", name="1 year, paid monthly").filter(visible=True).last.wait_for()
    page.get_by_role("row", name=re.compile(PREMIUM)).get_by_role("cell").nth(2).click()
    page.get_by_label("Seats", exact=True).fill("45")
    page.get_by_role("button", name="Add 3 seats").click()
    page.wait_for_url(re.compile("/orders/"))
    tell(capsys, f"clicks from the overview to 3 more seats: {clicks(page)} (at most 3)")
    assert clicks(page) <= 3
    assert ChangeOrder.objects.get().wish["quantity"] == 45


def test_a_subscription_is_cancelled_with_four_clicks(
    house: House, harbour: Company, web: LiveServer, page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    company = house.add_company(SONNENSCHEIN)
    house.end_user(company, GRETA, EndUserRole.ADMIN)
    page.add_init_script(_COUNT)
    enter(page, web.url, GRETA)
    page.goto(web.url + at(company))
    page.get_by_role("link", name=re.compile("^Microsoft 365 Business Standard: 18 seats")).filter(visible=True).click()
    page.get_by_role("link", name="Cancel this subscription").click()
    button = page.get_by_role("button", name="Cancel the subscription now")
    button.click()
    assert not ChangeOrder.objects.exists(), "it needs the tick"
    page.evaluate("sessionStorage.clicks = sessionStorage.clicks - 1")
    page.get_by_role("checkbox", name="I am sure").check()
    button.click()
    page.wait_for_url(re.compile("/orders/"))
    tell(capsys, f"clicks from the overview to a cancelled subscription: {clicks(page)} (at most 4)")
    assert clicks(page) <= 4
    assert ChangeOrder.objects.get().wish == {"type": "Cancel"}


def test_words_of_a_row_can_be_selected_and_its_focus_is_seen(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    enter(page, web.url, ANNA)
    address = web.url + at(harbour, "subscriptions/")
    page.goto(address)
    row = page.get_by_role("row", name=re.compile(PREMIUM))
    term = row.get_by_text("1 year, paid monthly")
    box = term.bounding_box()
    assert box
    page.mouse.move(box["x"] + 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    assert page.evaluate("String(getSelection())").startswith("1 year")
    assert page.url == address
    page.evaluate("getSelection().empty()")
    row.get_by_role("link").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert row.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    row.get_by_role("cell").last.click()
    page.wait_for_url(re.compile(of(house.subscription(harbour, PREMIUM))))


def test_the_button_of_a_plan_is_in_the_thumbs_reach(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    enter(page, web.url, ANNA)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(web.url + of(house.subscription(harbour, PREMIUM)))
    seats = page.get_by_label("Seats", exact=True)
    expect(seats).to_be_in_viewport()
    seats.fill("45")
    button = page.get_by_role("button", name="Add 3 seats")
    expect(button).to_be_in_viewport(ratio=1)
    box, places = button.bounding_box(), page.get_by_role("navigation").filter(has_text="Overview").bounding_box()
    assert box and places and box["y"] + box["height"] <= places["y"]
    picture = page.get_by_role("region", name="Term", exact=True).bounding_box()
    assert picture and picture["y"] > box["y"]


@pytest.mark.parametrize(("path", "most"), [("subscriptions/", 6000), ("renewals/", 9000)])
def test_sixty_subscriptions_are_a_short_page_on_a_phone(
    house: House, web: LiveServer, page: Page, capsys: pytest.CaptureFixture[str], path: str, most: int
) -> None:
    company = house.add_company(MERIDIAN)
    house.staff(DANA, StaffRole.OWNER)
    enter(page, web.url, DANA)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(web.url + at(company, path))
    height = page.evaluate("document.documentElement.scrollHeight")
    tell(capsys, f"{path} with 60 at 390 px: {height} px high (at most {most})")
    assert height <= most
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
