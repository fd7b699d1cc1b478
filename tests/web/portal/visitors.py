"""Who looks at the portal in its tests, and how they read and fill in its pages."""

import re
from collections.abc import Mapping
from html import unescape

from django.conf import settings
from django.test import Client

from tenantry.kernel import clock
from tenantry.licensing.queries import SubscriptionView
from tenantry.people import actions as people
from tenantry.people.models import Company, EndUserRole, Person, StaffRole
from tenantry.people.outcomes import AddedCompanies
from tenantry.people.sessions import SessionStore
from tenantry.web.sign_in import session
from tests.support.house import HARBOUR, NORDLYS, OWNER, House

ANNA = "anna.lindqvist@harbourvale.example"
BEN = "ben.carter@harbourvale.example"
CHLOE = "chloe.adeyemi@harbourvale.example"
INGRID = "ingrid.solberg@nordlys-shipping.example"
DANA = "dana.okafor@kestrel-it.example"
SAMUEL = "samuel.rivera@kestrel-it.example"

PREMIUM = "Microsoft 365 Business Premium"
TEAMS = "Microsoft Teams Phone"


def open_portal(house: House) -> Company:
    """Add Harbour & Vale with people in every role, another company, and staff of two kinds."""
    company = house.add_company(HARBOUR)
    house.end_user(company, ANNA, EndUserRole.ADMIN)
    house.end_user(company, BEN, EndUserRole.MODIFY)
    house.end_user(company, CHLOE, EndUserRole.VIEW)
    other = another_company(house)
    house.end_user(other, INGRID, EndUserRole.ADMIN)
    house.staff(DANA, StaffRole.OWNER)
    house.staff(SAMUEL, StaffRole.SUPPORT, [other])
    return company


def another_company(house: House) -> Company:
    """Add Nordlys with an open portal, and nothing read from Microsoft yet."""
    now = clock.now()
    added = people.add_companies(acting_as=OWNER, connection_id=house.connection.id, tenant_ids=[NORDLYS], now=now)
    assert isinstance(added, AddedCompanies)
    assert people.enable_portal(acting_as=OWNER, company_id=added.added[0], now=now) is None
    return Company.objects.get(id=added.added[0])


def session_of(username: str) -> str:
    """Make a fresh session of a person; the sign-in itself has its own tests."""
    store = SessionStore()
    now = clock.now()
    session.begin(store, person_id=Person.objects.get(username=username).id, proved_at=now, now=now)
    store.save()
    return store.session_key or ""


def signed_in(username: str) -> Client:
    """Give a browser that holds a session of a person."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session_of(username)
    return client


def at(company: Company, path: str = "") -> str:
    """Return the address of a page of a company's portal."""
    return f"/c/{company.id}/{path}"


def of(view: SubscriptionView, path: str = "") -> str:
    """Return the address of a page of a subscription."""
    return at(view.row.company, f"subscriptions/{view.id}/{path}")


def text(client: Client, address: str, status: int = 200, *, headers: Mapping[str, str] | None = None) -> str:
    """Return the words of a page, without tags and extra space."""
    answer = client.get(address, headers=headers)
    assert answer.status_code == status, (address, answer.status_code)
    return words(answer.content)


def words(content: bytes) -> str:
    """Take the tags out of a page, the explanations that open with a click, and what stands on paper only."""
    body = re.sub(r"<(script|style|title|svg)\b.*?</\1>", " ", content.decode(), flags=re.S)
    body = re.sub(
        r'<span class="popover explain-panel".*?</span></span>|<span class="only-print">.*?</span>',
        " ",
        body,
        flags=re.S,
    )
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def token(client: Client, address: str) -> str:
    """Return what the confirm form of a page carries."""
    found = re.search(r'name="plan" value="([^"]+)"', client.get(address).content.decode())
    assert found, f"there is nothing to confirm at {address}"
    return found.group(1)
