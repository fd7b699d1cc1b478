"""The portal as a person meets it: by click, by keyboard, without scripts, on a phone, in the dark."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tenantry.licensing import actions
from tenantry.licensing.models import ChangeOrder
from tenantry.licensing.moment import Moment
from tenantry.licensing.refresh import refresh_company
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.people.models import Company, EndUserRole, Person
from tests.browser.portal import enter, findings, tab_to
from tests.support.house import MERIDIAN, OWNER, House, finish
from tests.support.orders import placed
from tests.support.people import make_end_user
from tests.web.portal.visitors import ANNA, BEN, PREMIUM, TEAMS, at, of

pytestmark = pytest.mark.browser


def test_a_long_name_from_right_to_left_loses_its_end_and_not_its_beginning(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    Company.objects.filter(id=harbour.id).update(name="شركة النخيل للتجارة العامة والمقاولات ذ.م.م " * 3)
    page.set_viewport_size({"width": 390, "height": 800})
    enter(page, web.url, ANNA)
    page.goto(f"{web.url}/c/{harbour.id}/")
    beginning = page.locator(".company-name").evaluate("""element => {
      const range = document.createRange();
      range.setStart(element.firstChild, 0);
      range.setEnd(element.firstChild, 1);
      const [letter, box] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
      return letter.left >= box.left - 1 && letter.right <= box.right + 1;
    }""")
    assert beginning


def test_on_a_phone_the_head_says_the_whole_name_of_the_company_once(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    meridian = house.add_company(MERIDIAN)
    make_end_user(meridian.id, Person.objects.get(username=BEN), EndUserRole.VIEW)
    page.set_viewport_size({"width": 390, "height": 844})
    name = page.locator(".topbar .company-name")
    whole = "element => element.scrollWidth <= element.clientWidth && element.scrollHeight <= element.clientHeight"
    enter(page, web.url, ANNA)  # who has one company
    page.goto(f"{web.url}/c/{harbour.id}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour & Vale Ltd")
    expect(name).to_be_hidden()
    page.goto(f"{web.url}/c/{harbour.id}/subscriptions/")
    expect(name).to_have_text("Harbour & Vale Ltd")
    assert name.evaluate(whole)
    enter(page, web.url, BEN)  # who has two, and a way from each to the other
    page.goto(f"{web.url}/c/{meridian.id}/")
    expect(name).to_have_text("Meridian Group Holdings plc")
    assert name.evaluate(whole)
    page.get_by_role("button", name="Company: Meridian Group Holdings plc").click()
    page.get_by_role("link", name="Harbour & Vale Ltd").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour & Vale Ltd")


def test_a_seat_count_is_changed_by_clicking(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    enter(page, web.url, BEN)
    page.goto(f"{web.url}/")
    page.get_by_role("link", name="Subscriptions").first.click()
    page.get_by_role("link", name=PREMIUM).click()
    planned, as_it_stands = page.locator("#planned"), page.get_by_text("As it stands:")
    expect(as_it_stands).to_be_hidden()
    for _ in range(3):
        page.get_by_role("button", name="One more").click()
    expect(planned.get_by_text("You get 3 seats more: 45 instead of 42.")).to_be_visible()
    expect(as_it_stands).to_be_visible()  # of the end of the term, which the plan says anew
    expect(page.locator("#live")).to_contain_text("You get 3 seats more")
    page.get_by_role("button", name="Add 3 seats").dblclick()
    page.wait_for_url(re.compile("/orders/"))
    expect(page.get_by_text("Your change is saved and on its way.")).to_be_visible()
    assert ChangeOrder.objects.count() == 1

    finish(ChangeOrder.objects.get().id)

    expect(page.locator("#order").get_by_text("You now have 45 seats.")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("Done.")
    expect(page.locator("#order")).not_to_have_attribute("hx-get", re.compile("."))
    page.get_by_role("link", name="Back to the subscription").click()
    expect(page.locator("#id_seats")).to_have_value("45")


def test_a_seat_count_is_changed_by_keyboard_alone(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    enter(page, web.url, BEN)
    page.goto(web.url + of(house.subscription(harbour, TEAMS)))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#id_seats").first)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("On Wed 25 Nov you go down to 8. Keep that?")).to_be_visible()
    tab_to(page, page.locator("#schedule-keep").first)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("On Wed 25 Nov it renews with a change: 10 seats")).to_be_visible()
    tab_to(page, page.locator("#planned form[method=post] button").first)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/orders/"))
    assert ChangeOrder.objects.get().wish == {"type": "SetQuantity", "quantity": 14, "schedule": "shift"}


def test_buttons_and_arrows_count_only_what_is_a_number(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    enter(page, web.url, BEN)
    page.goto(web.url + of(house.subscription(harbour, PREMIUM)))
    seats, more = page.locator("#id_seats"), page.get_by_role("button", name="One more")
    for typed in ("1.000", "1,000", "1e3", "+45", "٤٥"):
        seats.fill(typed)
        expect(page.locator("#planned").get_by_text("without points or commas, such as 1000.")).to_be_visible()
        more.click()
        seats.press("ArrowUp")
        expect(seats).to_have_value(typed)
    for typed, after in (("45", "46"), (" 45 ", "46"), ("300", "301"), ("", "0")):
        seats.fill(typed)
        more.click()
        expect(seats).to_have_value(after)
    seats.fill("0")
    seats.press("ArrowDown")
    expect(seats).to_have_value("0")


def test_a_seat_count_is_changed_without_scripts(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    enter(plain, web.url, ANNA)
    plain.goto(f"{web.url}{at(harbour, 'subscriptions/')}")
    plain.get_by_label("Search subscriptions").fill("premium")
    plain.get_by_role("button", name="Search").click()
    plain.get_by_role("link", name=PREMIUM).click()
    plain.get_by_role("textbox", name="Seats").fill("45")
    card = plain.locator(".choices").first.bounding_box()
    see = plain.get_by_role("button", name="See what happens").bounding_box()
    assert card is not None and see is not None and see["y"] - card["y"] - card["height"] >= 12
    plain.get_by_role("button", name="See what happens").click()
    expect(plain.get_by_role("textbox", name="Seats")).to_have_value("45")
    plain.get_by_role("button", name="Add 3 seats").click()
    expect(plain.get_by_text("Your change is saved and on its way.")).to_be_visible()
    finish(ChangeOrder.objects.get().id)
    expect(plain.get_by_text("You now have 45 seats.")).to_be_visible()  # the page loads itself again

    plain.get_by_role("link", name="Back to the subscription").click()
    plain.get_by_role("link", name="Decide what happens").click()
    plain.locator("label", has_text=re.compile("^End$")).click()
    plain.get_by_role("button", name="See what happens").click()
    plain.get_by_role("checkbox", name="I am sure").check()
    plain.get_by_role("button", name="End on Tue 15 Dec").click()
    plain.get_by_role("button", name="Withdraw the order").click()
    expect(plain.get_by_text("Nothing was sent to Microsoft.").first).to_be_visible()
    assert [order.state for order in ChangeOrder.objects.order_by("number")] == ["applied", "withdrawn"]
    context.close()


def test_progress_leaves_the_hands_where_they_are(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    order = placed(house.subscription(harbour, PREMIUM), SetQuantity(45))
    actions.stop(acting_as=OWNER, reason="Price list", moment=Moment.current())
    enter(page, web.url, ANNA)
    with page.expect_request(re.compile("seen=")) as asked:
        page.goto(f"{web.url}{at(harbour, f'orders/{order.id}/')}")
    assert asked.value.headers["x-by-itself"] == "true"
    withdraw = page.get_by_role("button", name="Withdraw the order")
    withdraw.focus()

    finish(order.id)
    expect(page.get_by_text("Waits until your partner lets changes go on")).to_be_visible()
    expect(withdraw).to_be_focused()

    actions.go(acting_as=OWNER, moment=Moment.current())
    finish(order.id)
    expect(page.locator("#order").get_by_text("You now have 45 seats.")).to_be_visible()
    expect(page.locator("#order")).to_be_focused()


def test_progress_says_once_that_there_is_no_connection(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    order = placed(house.subscription(harbour, PREMIUM), SetQuantity(45))
    enter(page, web.url, BEN)
    page.goto(f"{web.url}{at(harbour, f'orders/{order.id}/')}")
    page.context.set_offline(True)
    toast = page.locator("#live .toast")
    expect(toast).to_have_count(1)
    with page.expect_event("requestfailed"), page.expect_event("requestfailed"):
        pass
    expect(toast).to_have_count(1)
    page.context.set_offline(False)
    finish(order.id)
    expect(page.locator("#order").get_by_text("You now have 45 seats.")).to_be_visible()


def test_a_click_is_not_taken_for_progress(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    enter(page, web.url, BEN)
    page.goto(web.url + of(house.subscription(harbour, PREMIUM)))
    with page.expect_request(re.compile("seats=43")) as asked:
        page.get_by_role("button", name="One more").click()
    assert "x-by-itself" not in asked.value.headers


def test_the_list_is_searched_while_typing(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    enter(page, web.url, ANNA)
    page.goto(f"{web.url}{at(harbour, 'subscriptions/')}")
    page.get_by_label("Search subscriptions").press_sequentially("visio")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    assert "q=visio" in page.url
    expect(page.get_by_label("Search subscriptions")).to_be_focused()


@pytest.mark.parametrize("width", [390, 1440])
def test_every_mark_of_the_year_is_a_link_for_hand_and_keyboard(
    house: House, harbour: Company, web: LiveServer, page: Page, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    enter(page, web.url, ANNA)
    page.goto(web.url + at(harbour))
    marks = page.get_by_role("figure").get_by_role("listitem").get_by_role("link")
    boxes = [mark.bounding_box() for mark in marks.all()]
    assert len(boxes) >= 6
    assert all(box and min(box["width"], box["height"]) >= 24 for box in boxes)
    assert all(one and other and one["x"] + one["width"] <= other["x"] for one, other in pairwise(boxes))
    last = marks.last
    tab_to(page, last)
    name = (last.get_attribute("aria-label") or "").split(":")[0]
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name=name).wait_for()


def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    enter(page, web.url, ANNA)
    view, teams = house.subscription(harbour, PREMIUM), house.subscription(harbour, TEAMS)
    done = finish(placed(house.subscription(harbour, "Power BI"), SetQuantity(7)).id)
    under_way = placed(house.subscription(harbour, "Exchange"), SetQuantity(10))
    pages = [
        at(harbour),
        at(harbour, "subscriptions/"),
        at(harbour, "subscriptions/?q=nothing"),
        of(view),
        of(view, "change/?seats=45&when=now"),
        of(view, "change/?seats=1&when=now"),
        of(teams, "change/?seats=14&when=now"),
        of(view, "end-of-term/?choice=end"),
        of(house.subscription(harbour, "Microsoft Teams Premium")),
        at(harbour, f"orders/{done.id}/"),
        at(harbour, f"orders/{under_way.id}/"),
        at(harbour, "renewals/"),
        at(harbour, "activity/"),
        at(harbour, "people/"),
        "/companies/",
        "/preferences/",
        "/rehearsal/mailbox/",
    ]
    found: dict[str, list[str]] = {}
    for number, address in enumerate(pages):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(web.url + address)
        wrong = findings(page)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        if number % 2:
            page.set_viewport_size({"width": 390, "height": 844})
        wrong += findings(page)
        for width in (320, 390, 820, 1440):
            page.set_viewport_size({"width": width, "height": 700})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"scrolls sideways at {width}")
        if wrong:
            found[address] = wrong
    assert found == {}


def test_the_longest_name_leaves_the_page_its_width(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    view = house.subscription(harbour, PREMIUM)
    about = {"customer": harbour.tenant_id, "subscription": view.row.upstream_id}
    house.sandbox.post("/_sandbox/change", {**about, "body": {"friendlyName": "N" * 400}})
    refresh_company(harbour.id)
    enter(page, web.url, ANNA)
    for address in (at(harbour), at(harbour, "subscriptions/"), of(view), of(view, "end-of-term/")):
        page.goto(web.url + address)
        for width in (320, 1440):
            page.set_viewport_size({"width": width, "height": 700})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
            for table in page.locator(".table-scroll").all():
                assert table.evaluate("one => one.scrollWidth <= one.clientWidth"), f"{address} at {width}"


def test_the_largest_number_of_seats_can_be_read_in_its_field(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    enter(page, web.url, ANNA)
    page.goto(web.url + of(house.subscription(harbour, PREMIUM), "change/?seats=100000&when=renewal"))
    assert page.get_by_role("textbox", name="Seats").evaluate("field => field.scrollWidth <= field.clientWidth")


def test_a_dangerous_change_waits_for_the_tick(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    enter(page, web.url, ANNA)
    page.goto(web.url + of(house.subscription(harbour, PREMIUM), "end-of-term/?choice=end"))
    sure = page.get_by_role("checkbox", name="I am sure")
    assert findings(page) == []
    page.get_by_role("button", name="End on Tue 15 Dec").click()
    expect(sure).to_be_focused()  # the browser says what is missing
    assert not ChangeOrder.objects.exists()
    sure.check()
    page.get_by_role("button", name="End on Tue 15 Dec").click()
    page.wait_for_url(re.compile("/orders/"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_going_back_to_what_was_confirmed_neither_fails_nor_orders_again(
    house: House, harbour: Company, web: LiveServer, page: Page, scripts: bool
) -> None:
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=scripts) as context:
        here = context.new_page()
        enter(here, web.url, ANNA)
        here.goto(web.url + of(house.subscription(harbour, PREMIUM), "end-of-term/?choice=end"))
        here.get_by_role("checkbox", name="I am sure").check()
        here.get_by_role("button", name="End on Tue 15 Dec").dblclick()
        here.wait_for_url(re.compile("/orders/"))

        here.go_back()
        expect(here.get_by_text("is still under way, and there is one at a time.")).to_be_visible()
        here.get_by_role("link", name="Look at the order").click()
        finish(ChangeOrder.objects.get().id)
        expect(here.locator("#order").get_by_text("Decided. On Tue 15 Dec")).to_be_visible()
        here.go_back()
        here.reload()
        expect(here.get_by_text("This stands already: there is nothing to confirm.")).to_be_visible()
    assert ChangeOrder.objects.count() == 1


def test_the_strip_moves_the_world(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    enter(page, web.url, ANNA)
    page.goto(f"{web.url}{at(harbour, 'renewals/')}")
    page.get_by_role("button", name="+1 week").click()
    expect(page.get_by_text("Sandbox date: Sun 29 Nov,")).to_be_visible()
    expect(page.get_by_text("The sandbox is at Sun 29 Nov")).to_be_visible()
    assert page.url.endswith("/renewals/")
