"""The portal and the back office on host names of their own: everybody comes back to where they began."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from tenantry.people.models import Person
from tests.people.house import House
from tests.support.sign_in import choose_account
from tests.web.backoffice.visitors import signed_in
from tests.web.sign_in.microsoft import asked, begin, come_back

pytestmark = pytest.mark.django_db

ANNA = "anna.lindqvist@harbourvale.example"
DANA = "dana.okafor@kestrel-it.example"
PORTAL, OFFICE = "portal.kestrel-it.example", "office.kestrel-it.example"


@pytest.fixture(autouse=True)
def hosts(settings: Settings) -> None:
    settings.PORTAL_URL, settings.BACKOFFICE_URL = f"https://{PORTAL}", f"https://{OFFICE}"
    settings.PUBLIC_URL = settings.PORTAL_URL
    settings.ALLOWED_HOSTS = [PORTAL, OFFICE]


def at(host: str) -> Client:
    """Return a browser at one of the hosts, as the proxy passes it on."""
    return Client(headers={"host": host, "X-Forwarded-Proto": "https"})


def redirect_of(address: str, name: str = "redirect_uri") -> str:
    """Return where Microsoft is to send the browser back to."""
    return parse_qs(urlsplit(address).query)[name][0]


@pytest.mark.parametrize(("host", "person", "home"), [(PORTAL, ANNA, "/"), (OFFICE, DANA, "/office/")])
def test_a_sign_in_ends_on_the_host_where_it_began(house: House, host: str, person: str, home: str) -> None:
    browser = at(host)
    address = begin(browser)
    assert redirect_of(address) == f"https://{host}/sign-in/return/"
    back = choose_account(address, person)
    assert back.startswith(f"https://{host}/sign-in/return/?")
    assert come_back(browser, back).headers["Location"] == home


def test_staff_who_come_to_the_portal_are_sent_to_the_office(house: House) -> None:
    browser = at(PORTAL)
    come_back(browser, choose_account(begin(browser), DANA))
    assert browser.get("/").headers["Location"] == f"https://{OFFICE}/office/"
    # A session is good for one host: at the other one Dana is nobody yet.
    assert at(OFFICE).get("/office/").headers["Location"] == "/sign-in/?next=%2Foffice%2F"


@pytest.mark.parametrize("host", [PORTAL, OFFICE])
def test_microsofts_pages_lead_back_to_the_host_that_sent_somebody_there(house: House, host: str) -> None:
    browser = at(host)
    approval = browser.get("/admin-approval/").context["approval_url"]
    assert redirect_of(approval) == f"https://{host}/sign-in/return/"
    out = browser.get("/sign-out/").context["microsoft_url"]
    assert redirect_of(out, "post_logout_redirect_uri") == f"https://{host}/sign-in/"


def test_consent_comes_back_to_the_office(house: House) -> None:
    browser = at(OFFICE)
    come_back(browser, choose_account(begin(browser), DANA))
    for path in ("consent/", f"{house.connection.id}/consent/"):
        asked_for = browser.get(f"/office/delegated-admin/{path}").headers["Location"]
        assert asked(asked_for)["redirect_uri"] == f"https://{OFFICE}/office/delegated-admin/consent/return/"
    portal = signed_in(Person.objects.get(username=DANA))
    portal.defaults["HTTP_HOST"] = PORTAL
    answer = portal.get("/office/delegated-admin/consent/")
    assert answer.headers["Location"] == f"https://{OFFICE}/office/delegated-admin/consent/"


def test_no_address_of_one_side_does_anything_on_the_host_of_the_other(house: House) -> None:
    on_portal, on_office = at(PORTAL), at(OFFICE)
    for browser in (on_portal, on_office):
        come_back(browser, choose_account(begin(browser), DANA))
    here = f"/c/{house.harbour}/"
    for method in ("post", "put", "patch", "delete", "head", "options"):
        assert getattr(on_portal, method)("/office/settings/stop/", {"reason": "x"}).status_code == 404, method
        assert getattr(on_office, method)(here, {"display_name": "x"}).status_code == 404, method
    assert on_portal.get("/office/settings/").headers["Location"] == f"https://{OFFICE}/office/settings/"
    assert on_office.get(here).headers["Location"] == f"https://{PORTAL}{here}"
    assert on_office.get("/office/settings/").status_code == 200
    assert on_portal.get(here).status_code == 200
