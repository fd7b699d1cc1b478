"""The back office as staff meet it: by click, without scripts, on a phone, in the dark."""

import io
import re
from datetime import timedelta
from uuid import UUID

import pytest
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.licensing.actions import stop
from tenantry.licensing.ledger import current_stop
from tenantry.licensing.models import ChangeOrder, OrderState
from tenantry.licensing.moment import Moment
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.people import actions as people
from tenantry.people.models import Company, EndUser, EndUserRole, SignInRecord, Staff, StaffRole
from tenantry.people.outcomes import Invited
from tests.browser.portal import enter, findings
from tests.support.house import HARBOUR, MERIDIAN, OWNER, House
from tests.support.orders import placed
from tests.web.portal.visitors import DANA, PREMIUM

pytestmark = pytest.mark.browser


def white_wordmark() -> bytes:
    picture = Image.new("RGBA", (200, 40), (0, 0, 0, 0))
    ImageDraw.Draw(picture).text((4, 4), "Kestrel", font=ImageFont.load_default(28), fill="white")
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def busy(house: House, harbour: Company) -> list[str]:
    """Give every page something to show, and return the pages' addresses."""
    now = clock.now()
    ben = _invite(harbour, "edward.finch@harbourvale.example")
    tried = SignInRecord.objects.create(
        happened_at=now - timedelta(hours=2),
        accepted=False,
        reason="other_name",
        company=harbour,
        tid=HARBOUR,
        oid="another-oid",
        tenant_name="Harbour & Vale Ltd",
        name="Eddie Finch",
        username="eddie@harbourvale.example",
        end_user_id=ben,
    )
    view = house.subscription(harbour, PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    run_due_jobs()
    view = house.subscription(harbour, "Exchange")
    undecided = placed(view, SetQuantity(view.facts.quantity + 2))
    ChangeOrder.objects.filter(id=undecided.id).update(
        state=OrderState.UNSURE, needs_person=True, outcome={"settled": "undecidable"}
    )
    gone = house.connection.tenants.get(name="Old Mill Antiques")
    gone.missing_since = now - timedelta(days=2)
    gone.save()
    stop(acting_as=OWNER, reason="The price list is wrong", moment=Moment.current())
    company, user = f"/office/c/{harbour.id}/", f"/office/c/{harbour.id}/portal/users/{ben}/"
    staff = Staff.objects.get(person__username=DANA).id
    return [
        "/office/",
        "/office/companies/",
        "/office/companies/?q=nobody",
        "/office/add/?added=yes",
        "/office/removed-tenants/",
        f"/office/removed-tenants/{gone.id}/",
        company,
        f"{company}activity/",
        f"{company}remove/",
        f"{company}portal/",
        f"{company}portal/switch/",
        user,
        f"{user}remove/",
        f"{user}bind/{tried.id}/",
        "/office/people/",
        "/office/people/staff/",
        "/office/people/staff/add/",
        f"/office/people/staff/{staff}/",
        f"/office/people/staff/{staff}/remove/",
        "/office/orders/",
        f"/office/orders/{order.id}/",
        f"/office/orders/{undecided.id}/",
        "/office/settings/",
        "/office/settings/limits/",
        "/office/settings/notices/",
        "/office/settings/retention/",
        "/office/settings/addresses/",
        "/office/settings/stop/",
    ]


def _invite(company: Company, email: str) -> UUID:
    invited = people.invite_end_user(
        acting_as=OWNER, company_id=company.id, email=email, role=EndUserRole.VIEW, now=clock.now()
    )
    assert isinstance(invited, Invited)
    return invited.end_user_id


def test_axe_finds_nothing_in_either_scheme_and_no_page_scrolls_sideways(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    pages = busy(house, harbour)
    enter(page, web.url, DANA)
    found = []
    for address in pages:
        for scheme, width in (("light", 1440), ("dark", 390)):
            page.context.add_cookies([{"name": "theme", "value": scheme, "url": web.url}])
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(web.url + address)
            found += [f"{address} {scheme} {one}" for one in findings(page)]
            for narrow in (width, 320, 820):
                page.set_viewport_size({"width": narrow, "height": 900})
                wide = page.evaluate("document.documentElement.scrollWidth")
                if wide > narrow:
                    found.append(f"{address} is {wide} wide at {narrow}")
    assert found == []


def test_twenty_four_companies_are_short_on_a_phone(house: House, web: LiveServer, page: Page) -> None:
    tenants = house.connection.tenants.order_by("name").values_list("tenant_id", flat=True)[:24]
    for tenant_id in tenants:
        house.add_company(tenant_id)
    house.staff(DANA, StaffRole.OWNER)
    enter(page, web.url, DANA)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{web.url}/office/companies/")
    expect(page.locator(".companies tbody tr")).to_have_count(24)
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height <= 2_600, f"24 companies are {height} px high"
    page.goto(f"{web.url}/office/")
    decide = page.locator(".list a", has_text="Decide").first
    decide.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("End of the term")


def test_tenants_become_companies_and_their_portal_opens(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    enter(page, web.url, DANA)
    page.goto(f"{web.url}/office/companies/")
    page.get_by_role("link", name="Add companies").click()
    page.get_by_role("searchbox", name="Search tenants").fill("meridian")
    page.keyboard.press("Enter")
    page.get_by_label("Meridian Group Holdings plc").check()
    page.get_by_role("button", name="Add the ticked companies").click()
    expect(page.get_by_role("heading", name="Meridian Group Holdings plc")).to_be_visible()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()

    run_due_jobs()

    # The one company that was added: its portal is the next step.
    expect(page.get_by_text("2 companies were refreshed.").first).to_be_visible()  # Nordlys was never read
    expect(page.get_by_role("heading", name="Meridian Group Holdings plc")).to_be_visible()
    page.get_by_role("button", name="Switch on the End User Portal of Meridian Group Holdings plc").click()
    expect(page.get_by_text("The End User Portal of Meridian Group Holdings plc is switched on.")).to_be_visible()
    page.get_by_label("E-mail address of the Microsoft account").fill("edward.finch@harbourvale.example")
    page.get_by_label("Role").select_option("Modify")
    page.get_by_role("button", name="Add user").click()
    expect(page.get_by_role("heading", name="harbourvale.example belongs to another tenant")).to_be_visible()
    page.get_by_role("button", name="Invite from that tenant").click()
    expect(page.get_by_text("edward.finch@harbourvale.example is invited.")).to_be_visible()
    access = EndUser.objects.get(email="edward.finch@harbourvale.example")
    assert (access.role, access.pinned_tenant_id, access.company.name) == (
        "modify",
        HARBOUR,
        "Meridian Group Holdings plc",
    )


def test_a_refresh_ends_on_the_page_that_watches_it(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    enter(page, web.url, DANA)
    page.goto(f"{web.url}/office/c/{harbour.id}/")
    page.get_by_role("button", name="Refresh now").click()
    expect(page.locator("#refresh-progress")).to_be_visible()
    expect(page.get_by_role("button", name="Refresh now")).to_be_disabled()
    run_due_jobs()
    expect(page.get_by_text("1 company was refreshed.")).to_be_visible()
    expect(page.locator("#refresh-progress")).to_have_count(0)
    assert page.url == f"{web.url}/office/c/{harbour.id}/"


def test_an_order_is_followed_until_it_is_done(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    view = house.subscription(harbour, PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    enter(page, web.url, DANA)
    page.goto(f"{web.url}/office/orders/")
    page.get_by_role("link", name=re.compile("Add 1 seat ")).click()
    expect(page.get_by_role("heading", name="It waits to be sent.")).to_be_visible()
    run_due_jobs()
    expect(page.get_by_role("heading", name="It took effect, read back from Microsoft.")).to_be_visible()
    order.refresh_from_db()
    expect(page.get_by_role("textbox", name="request id")).to_have_value(str(order.request_id))


def test_contrast_follows_the_colour_while_it_is_typed(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    enter(page, web.url, DANA)
    page.goto(f"{web.url}/office/settings/")
    page.get_by_label("Accent colour").fill("#ffd200")
    expect(page.locator("#contrast")).to_contain_text("Links and edges use #806900")
    expect(page.locator("#contrast svg rect").first).to_have_attribute("fill", "#ffd200")


def test_the_colour_picker_and_the_field_keep_in_step(
    house: House, harbour: Company, web: LiveServer, page: Page
) -> None:
    enter(page, web.url, DANA)
    page.goto(f"{web.url}/office/settings/")
    picker, field = page.get_by_label("Choose a colour"), page.get_by_label("Accent colour")
    field.fill("#FFD200")
    expect(picker).to_have_value("#ffd200")
    picker.fill("#1d5c4f")
    expect(field).to_have_value("#1d5c4f")
    expect(page.locator("#contrast svg rect").first).to_have_attribute("fill", "#1d5c4f")
    page.get_by_role("button", name="Save the look").click()
    expect(page.get_by_text("The look is saved.")).to_be_visible()


@pytest.mark.parametrize("section", ["stop", "limits", "notices", "retention", "addresses"])
def test_an_old_address_of_a_section_leads_to_its_page(
    house: House, harbour: Company, web: LiveServer, page: Page, section: str
) -> None:
    enter(page, web.url, DANA)
    page.goto(f"{web.url}/office/settings/#{section}")
    page.wait_for_url(f"{web.url}/office/settings/{section}/")


def test_a_white_logo_shows_in_both_looks(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    enter(page, web.url, DANA)
    page.goto(f"{web.url}/office/settings/")
    page.get_by_label("Logo for all pages").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": white_wordmark()}
    )
    page.get_by_role("button", name="Upload and look at it").click()
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("button", name="Save the logo as shown").click()
    expect(page.get_by_text("The logo is saved.")).to_be_visible()
    for address in ("/office/", "/no-access/"):
        page.goto(f"{web.url}{address}")
        page.emulate_media(color_scheme="light")
        expect(page.locator(".logo img:visible")).to_have_class("on-light plate")
        page.emulate_media(color_scheme="dark")
        expect(page.locator(".logo img:visible")).to_have_class("on-dark")


def test_everything_works_without_scripts(house: House, harbour: Company, web: LiveServer, page: Page) -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    enter(plain, web.url, DANA)
    plain.goto(f"{web.url}/office/companies/")
    plain.get_by_role("button", name="Refresh now").click()
    expect(plain.get_by_text("Waiting for a worker")).to_be_visible()
    run_due_jobs()
    plain.goto(f"{web.url}/office/companies/")
    expect(plain.locator("#refresh-progress")).to_have_count(0)
    plain.get_by_role("link", name="Settings").click()
    plain.get_by_role("link", name="Stop switch").click()
    plain.get_by_label("Reason").fill("The price list is wrong")
    plain.get_by_role("button", name="Stop sending").click()
    expect(plain.locator("#stop-switch")).to_have_count(0)
    plain.get_by_role("button", name="Switch the stop switch on").click()
    expect(plain.locator("#stop-switch")).to_contain_text("The price list is wrong")
    assert current_stop().reason == "The price list is wrong"
    plain.get_by_role("button", name="Switch it off and send again").click()
    expect(plain.locator("#stop-switch")).to_have_count(0)
    plain.goto(f"{web.url}/office/add/")
    plain.get_by_role("button", name="Tick all on this page").click()
    expect(plain.locator('input[name="tenant"]').first).to_be_checked()
    plain.get_by_role("button", name="Tick none").click()
    plain.get_by_label("Meridian Group Holdings plc").check()
    plain.get_by_role("searchbox", name="Search tenants").fill("greenfield")
    plain.keyboard.press("Enter")
    expect(plain.get_by_text("1 ticked tenant is not in this list")).to_be_visible()
    plain.locator('input[name="tenant"]').last.check()
    plain.get_by_role("button", name="Add the ticked companies").click()
    expect(plain.get_by_role("heading", name="The companies are added")).to_be_visible()
    assert Company.objects.filter(tenant_id=MERIDIAN).exists()
    plain.goto(f"{web.url}/office/c/{harbour.id}/portal/")
    plain.get_by_role("link", name="Switch the portal off").click()
    plain.get_by_role("button", name="Switch the portal off").click()
    expect(plain.get_by_role("button", name="Switch the portal on")).to_be_visible()
    context.close()
