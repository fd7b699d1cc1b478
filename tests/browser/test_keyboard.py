"""By keyboard alone: every journey from the first Tab to the outcome, with the focus in sight all the way."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tenantry.jobs.testing import run_due_jobs
from tenantry.licensing.ledger import current_limits
from tenantry.licensing.models import ChangeOrder
from tenantry.people.models import Company, EndUser, EndUserRole, Person
from tests.browser.portal import enter, findings, tab_to
from tests.support.house import House
from tests.web.portal.visitors import ANNA, DANA, PREMIUM, of

pytestmark = pytest.mark.browser

SONNENSCHEIN = "503a4286-b7ae-5bd8-985c-d88d74134615"


def press(page: Page, role: str, name: str | re.Pattern[str], key: str = "Enter") -> None:
    """Reach something by Tab and press a key on it."""
    tab_to(page, page.get_by_role(role, name=name).first)  # type: ignore[arg-type]
    page.keyboard.press(key)


def test_the_end_of_a_term_is_decided(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    enter(page, web.url, ANNA)
    page.goto(web.url + of(house.subscription(harbour, PREMIUM)))
    press(page, "link", "Decide what happens")
    page.wait_for_url(re.compile("/end-of-term/"))
    tab_to(page, page.get_by_role("radio", name="Renew"))
    page.keyboard.press("ArrowDown")
    expect(page.locator("#live")).not_to_be_empty()
    press(page, "checkbox", "I am sure", "Space")
    press(page, "button", "End on Tue 15 Dec")
    page.wait_for_url(re.compile("/orders/"))
    assert ChangeOrder.objects.get().wish == {"type": "DecideEndOfTerm", "choice": "end", "quantity": None}


def test_a_subscription_is_cancelled_in_another_company(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    bakery = house.add_company(SONNENSCHEIN)
    anna = Person.objects.get(username=ANNA)
    EndUser.objects.create(
        company=bakery,
        email=ANNA,
        role=EndUserRole.ADMIN,
        pinned_tenant_id=anna.tid,
        person=anna,
        invited_at=anna.created_at,
        expires_at=anna.created_at,
        bound_at=anna.created_at,
    )
    enter(page, web.url, ANNA)
    page.goto(web.url + of(house.subscription(harbour, PREMIUM)))
    press(page, "button", re.compile("^Company:"))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name=bakery.name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(bakery.name)
    press(page, "link", "Subscriptions")
    press(page, "link", "Microsoft 365 Business Standard")
    press(page, "link", "Cancel this subscription")
    press(page, "checkbox", "I am sure", "Space")
    press(page, "button", re.compile("^Cancel"))
    page.wait_for_url(re.compile("/orders/"))
    order = ChangeOrder.objects.get()
    assert (order.company_id, order.wish["type"]) == (bakery.id, "Cancel")


def test_preferences_are_found_and_saved(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    enter(page, web.url, ANNA)
    page.goto(f"{web.url}/")
    press(page, "button", "Anna Lindqvist")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{web.url}/preferences/")
    tab_to(page, page.get_by_label("Your name on these pages"))
    page.keyboard.type("Anna L.")
    tab_to(page, page.get_by_role("radio", name="As this device"))
    page.keyboard.press("ArrowUp")
    press(page, "button", "Save the preferences")
    expect(page.get_by_role("status").filter(has_text="Your preferences are saved.")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Anna L.")).to_be_visible()


def test_a_company_is_added_and_its_people_invited(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    enter(page, web.url, DANA)
    page.goto(f"{web.url}/office/companies/")
    press(page, "link", "Add companies")
    tab_to(page, page.get_by_role("searchbox", name="Search tenants"))
    page.keyboard.type("meridian")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=meridian"))
    press(page, "checkbox", "Meridian Group Holdings plc", "Space")
    press(page, "button", "Add the ticked companies")
    expect(page.get_by_role("heading", name="Meridian Group Holdings plc")).to_be_visible()
    run_due_jobs()
    expect(page.get_by_role("heading", name="Meridian Group Holdings plc")).to_be_visible()
    press(page, "button", "Switch on the End User Portal of Meridian Group Holdings plc")
    tab_to(page, page.get_by_label("E-mail address of the Microsoft account"))
    page.keyboard.type("olivia.hartley@meridian-group.example")
    tab_to(page, page.get_by_label("Role"))
    page.keyboard.press("A")
    press(page, "button", "Add user")
    expect(page.get_by_text("olivia.hartley@meridian-group.example is invited.")).to_be_visible()
    assert EndUser.objects.get(email="olivia.hartley@meridian-group.example").role == EndUserRole.ADMIN


def test_settings_are_changed(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    enter(page, web.url, DANA)
    page.goto(f"{web.url}/office/settings/")
    press(page, "link", "Limits")
    tab_to(page, page.get_by_label("Seats in one change"))
    page.keyboard.press("Control+A")
    page.keyboard.type("7")
    press(page, "button", "Save the limits")
    expect(page.get_by_role("status").filter(has_text="saved").first).to_be_visible()
    assert current_limits().seats_per_change == 7


def test_the_search_is_a_key_away_and_works_without_scripts(
    house: House, harbour: Company, web: LiveServer, page: Page, browser: Browser
) -> None:
    enter(page, web.url, DANA)
    page.goto(f"{web.url}/office/orders/")
    find = page.locator("#find")
    page.keyboard.press("/")
    expect(find).to_be_focused()
    expect(find).to_have_value("")  # the key that leads there is not typed
    page.keyboard.type("harbour/vale")
    expect(find).to_have_value("harbour/vale")
    page.locator("#search-q").focus()
    page.keyboard.type("a/b")
    expect(page.locator("#search-q")).to_have_value("a/b")
    page.keyboard.press("Control+k")
    expect(find).to_be_focused()
    page.keyboard.type("harbour")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Companies 1")).to_be_visible()
    press(page, "link", "Harbour & Vale Ltd")
    expect(page).to_have_url(f"{web.url}/office/c/{harbour.id}/")

    plain = browser.new_context(java_script_enabled=False).new_page()
    enter(plain, web.url, DANA)
    plain.goto(f"{web.url}/office/")
    plain.locator("#find").fill("business premium")
    plain.locator("#find").press("Enter")
    expect(plain.get_by_role("heading", name="Subscriptions 1")).to_be_visible()
    plain.context.close()


def test_a_word_of_the_trade_is_explained_by_a_key_and_without_scripts(
    house: House, harbour: Company, web: LiveServer, page: Page, browser: Browser
) -> None:
    explanation = "New Commerce Experience: the way Microsoft sells subscriptions today."
    plain = browser.new_context(java_script_enabled=False).new_page()
    for visitor in (page, plain):
        enter(visitor, web.url, ANNA)
        visitor.goto(web.url + of(house.subscription(harbour, PREMIUM)))
        expect(visitor.get_by_text(explanation)).to_be_hidden()
        press(visitor, "button", "What does “NCE” mean?")
        expect(visitor.get_by_text(explanation)).to_be_visible()
        visitor.keyboard.press("Escape")
        expect(visitor.get_by_text(explanation)).to_be_hidden()
    plain.context.close()


def test_several_terms_renew_as_they_are(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    enter(page, web.url, ANNA)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{web.url}/c/{harbour.id}/renewals/")
    for name in (PREMIUM, "Power BI Pro"):
        press(page, "checkbox", f"Renew {name} as it is", "Space")
    press(page, "button", "Renew as they are …")
    expect(page.get_by_role("heading", name="2 subscriptions renew as they are")).to_be_visible()
    press(page, "button", "Yes, renew all 2 as they are")
    expect(page.get_by_text("Decided: 2 terms renew as they are.")).to_be_visible()
    assert findings(page) == []


def test_terms_of_all_companies_renew_as_they_are(
    house: House, harbour: Company, web: LiveServer, page: Page, browser: Browser
) -> None:
    enter(page, web.url, DANA)
    page.goto(f"{web.url}/office/")
    press(page, "link", "Renewals")
    press(page, "checkbox", f"Renew {PREMIUM} of Harbour & Vale Ltd as it is", "Space")
    press(page, "button", "Renew as they are …")
    expect(page.get_by_role("heading", name="1 subscription renews as it is")).to_be_visible()
    assert findings(page) == []
    press(page, "button", "Yes, renew it as it is")
    expect(page.get_by_text("Decided: 1 term renews as it is.")).to_be_visible()

    plain = browser.new_context(java_script_enabled=False).new_page()
    enter(plain, web.url, DANA)
    plain.goto(f"{web.url}/office/renewals/")
    plain.get_by_role("link", name="Tick ").click()
    plain.get_by_role("button", name="Renew as they are …").click()
    plain.get_by_role("button", name="Yes, renew").click()
    expect(plain.get_by_text("Decided: ")).to_be_visible()
    plain.context.close()
