"""Browsers of everybody who may come to the back office, signed in through the product's own session."""

import re
from html import unescape
from uuid import uuid4

from django.conf import settings
from django.http.response import HttpResponseBase
from django.test import Client

from tenantry.kernel import clock
from tenantry.people.models import Company, EndUserRole, Person, StaffRole
from tenantry.people.sessions import SessionStore
from tenantry.web.sign_in import session
from tests.people.house import PARTNER_TENANT
from tests.support.house import House
from tests.support.people import make_end_user, make_person, make_staff

DANA = "dana.okafor@kestrel-it.example"
MILAN = "milan.novak@kestrel-it.example"
PETRA = "petra.lang@kestrel-it.example"
SAMUEL = "samuel.rivera@kestrel-it.example"
INES = "ines.duarte@kestrel-it.example"
ANNA = "anna.lindqvist@harbourvale.example"


def signed_in(person: Person) -> Client:
    """Return a browser in which the person has just signed in."""
    client, store, now = Client(), SessionStore(), clock.now()
    session.begin(store, person_id=person.id, proved_at=now, now=now)
    store.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(store.session_key)
    return client


def owner(house: House) -> Client:
    """Return Dana's browser: an owner."""
    return signed_in(house.staff(DANA, StaffRole.OWNER))


def admin(house: House, companies: list[Company] | None = None) -> Client:
    """Return Milan's browser: an admin, for all companies or for named ones."""
    return signed_in(house.staff(MILAN, StaffRole.ADMIN, companies))


def billing(house: House) -> Client:
    """Return Petra's browser: billing, for all companies."""
    return signed_in(house.staff(PETRA, StaffRole.BILLING))


def support(house: House, companies: list[Company] | None = None) -> Client:
    """Return Samuel's browser, or that of Ines, who looks after named companies."""
    return signed_in(house.staff(SAMUEL if companies is None else INES, StaffRole.SUPPORT, companies))


def end_user(house: House, company: Company) -> Client:
    """Return Anna's browser: an admin at the company, nobody at the partner."""
    return signed_in(house.end_user(company, ANNA, EndUserRole.ADMIN))


def page(answer: HttpResponseBase, status: int = 200) -> str:
    """Return the markup of an answer that is a page."""
    assert answer.status_code == status, (answer.status_code, answer.headers.get("Location"))
    return bytes(answer.content).decode()  # type: ignore[attr-defined]


def words(markup: str) -> str:
    """Return what a reader sees of a page's main part, on one line: without what a click opens or paper has."""
    main = re.search(r"<main.*?</main>", markup, re.DOTALL)
    markup = re.sub(
        r'<span class="popover explain-panel".*?</span></span>|<span class="only-print">.*?</span>',
        " ",
        main[0] if main else markup,
        flags=re.DOTALL,
    )
    found = re.sub(r"<(script|style|svg|template)\b.*?</\1>", " ", markup, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", found))).strip()


def told(client: Client, address: str) -> str:
    """Open a page and return what a reader sees."""
    return words(page(client.get(address)))


def staff_of(role: StaffRole, companies: list[Company] | None = None) -> Client:
    """Return a browser of somebody at the partner who needs no sandbox: for pages that read no world."""
    person = make_person(PARTNER_TENANT, str(uuid4()), f"{role.label} of staff", f"{role}-{uuid4()}@kestrel-it.example")
    make_staff(person, role, None if companies is None else [company.id for company in companies])
    return signed_in(person)


def admin_of(company: Company) -> Client:
    """Return a browser of an administrator at a company who is nobody at the partner."""
    person = make_person(company.tenant_id, str(uuid4()), "Anna Lindqvist", f"anna-{uuid4()}@harbourvale.example")
    make_end_user(company.id, person, EndUserRole.ADMIN)
    return signed_in(person)


def strangers(company: Company) -> dict[str, tuple[Client, int]]:
    """Return who must not see a page of the office, and what they get: signed out, and somebody at a company."""
    return {"signed out": (Client(), 302), "end user": (admin_of(company), 404)}
