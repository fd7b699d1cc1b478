"""Where people are signed in: a person sees and ends their own sessions, an owner those of others."""

import pytest
from django.test import Client

from tenantry.kernel import clock
from tenantry.people.actions import Origin
from tenantry.people.models import Company, EndUser, EndUserRole, Person, Session, StaffRole
from tenantry.people.sessions import SessionStore
from tenantry.web.sessions import device_text
from tenantry.web.sign_in import session
from tests.people.house import HARBOUR_TENANT, PARTNER_TENANT, House, audit_verbs
from tests.support.people import make_end_user, make_person, make_staff
from tests.web.backoffice.visitors import staff_of, strangers, told

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
EDGE = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/130.0 Safari/537.36 Edg/130.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari/604.1"
CHROME = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Chrome/130.0 Safari/537.36"


def browser(person: Person, agent: str, address: str = "203.0.113.9") -> Client:
    """Return a browser in which the person has signed in."""
    client, store, now = Client(headers={"User-Agent": agent}), SessionStore(), clock.now()
    session.begin(store, person_id=person.id, proved_at=now, now=now, origin=Origin(address, agent))
    store.save()
    client.cookies["tenantry"] = store.session_key or ""
    return client


def of(person: Person, agent: str) -> str:
    return Session.objects.get(person=person, agent=agent[:200]).digest


@pytest.fixture
def anna(small: House) -> Person:
    person = make_person(HARBOUR_TENANT, "oid-anna", "Anna Lindqvist", "anna@harbourvale.example")
    make_end_user(small.harbour, person, EndUserRole.ADMIN)
    return person


@pytest.fixture
def dana(small: House) -> Person:
    person = make_person(PARTNER_TENANT, "oid-dana", "Dana Okafor", "dana@kestrel-it.example")
    make_staff(person, StaffRole.OWNER)
    return person


def test_a_person_sees_and_ends_their_own(anna: Person) -> None:
    desk, phone, other = browser(anna, EDGE), browser(anna, PHONE, "198.51.100.7"), browser(anna, FIREFOX)
    text = told(desk, "/preferences/")
    assert text.count("Edge on Windows This one") == 1
    assert "Safari on iPhone Signed in" in text
    assert "from 198.51.100.7." in text
    before = len(audit_verbs())
    ended = desk.post("/sessions/end/", {"session": of(anna, PHONE), "next": "/preferences/"})
    assert ended.headers["Location"] == "/preferences/"
    assert phone.get("/preferences/").status_code == 302
    assert other.get("/preferences/").status_code == 200
    text = told(desk, "/preferences/")
    assert "You are signed out of 1 other browser." in text
    assert "iPhone" not in text
    desk.post("/sessions/end/", {"session": of(anna, EDGE)})  # this one: that is what signing out is for
    assert desk.get("/preferences/").status_code == 200
    desk.post("/sessions/end/", {"next": "https://evil.example/"})
    assert other.get("/preferences/").status_code == 302
    assert desk.get("/preferences/").status_code == 200
    assert audit_verbs()[before:] == ["session.ended", "session.ended"]


def test_nobody_ends_what_is_somebody_elses(anna: Person, dana: Person) -> None:
    owner, desk = browser(dana, FIREFOX), browser(anna, EDGE)
    desk.post("/sessions/end/", {"session": of(dana, FIREFOX)})
    desk.post("/sessions/end/")
    assert owner.get("/office/").status_code == 200
    assert Client().post("/sessions/end/").headers["Location"].startswith("/sign-in/")
    assert desk.get("/sessions/end/").status_code == 405


def test_an_owner_sees_and_ends_those_of_an_end_user(small: House, anna: Person, dana: Person) -> None:
    owner, desk, phone = browser(dana, FIREFOX), browser(anna, EDGE), browser(anna, PHONE)
    access = EndUser.objects.get()
    page = f"/office/c/{small.harbour}/portal/users/{access.id}/"
    text = told(owner, page)
    assert "Edge on Windows Signed in" in text
    assert "This one" not in text
    ended = owner.post(f"{page}sessions/", {"session": of(anna, PHONE)})
    assert ended.headers["Location"] == f"{page}#sessions"
    assert (phone.get("/").status_code, desk.get(f"/c/{small.harbour}/").status_code) == (302, 200)
    assert "Anna Lindqvist is signed out of 1 browser." in told(owner, page)
    owner.post(f"{page}sessions/")
    assert desk.get(f"/c/{small.harbour}/").status_code == 302
    assert "Signed in nowhere at this moment." in told(owner, page)
    assert audit_verbs()[-2:] == ["session.ended", "session.ended"]


def test_an_owner_sees_and_ends_those_of_staff(small: House, dana: Person) -> None:
    sam = make_person(PARTNER_TENANT, "oid-sam", "Samuel Rivera", "sam@kestrel-it.example")
    place = make_staff(sam, StaffRole.SUPPORT)
    owner, desk = browser(dana, CHROME), browser(sam, FIREFOX)
    page = f"/office/people/staff/{place.id}/"
    assert "Firefox on Linux Signed in" in told(owner, page)
    owner.post(f"{page}sessions/", {"session": of(sam, FIREFOX)})
    assert desk.get("/office/").status_code == 302
    own = f"/office/people/staff/{dana.staff.get().id}/"
    assert "Chrome on Mac This one" in told(owner, own)
    owner.post(f"{own}sessions/")
    assert owner.get(own).status_code == 200
    assert "Chrome on Mac This one" in told(owner, "/office/preferences/")


def test_whoever_is_no_owner_neither_sees_nor_ends_them(small: House, harbour_vale: Company, anna: Person) -> None:
    desk = browser(anna, EDGE)
    page = f"/office/c/{small.harbour}/portal/users/{EndUser.objects.get().id}/"
    for role in (StaffRole.SUPPORT, StaffRole.BILLING, StaffRole.ADMIN):
        client = staff_of(role)
        assert "Edge on Windows" not in told(client, page)
        assert client.post(f"{page}sessions/").status_code == 403
    assert staff_of(StaffRole.OWNER, [harbour_vale]).post(f"{page}sessions/").status_code == 403
    for client, status in strangers(harbour_vale).values():
        assert client.post(f"{page}sessions/").status_code == status
    assert desk.get(f"/c/{small.harbour}/").status_code == 200


def test_an_invitation_has_no_sessions(small: House, anna: Person, dana: Person) -> None:
    EndUser.objects.update(person=None)
    page = f"/office/c/{small.harbour}/portal/users/{EndUser.objects.get().id}/"
    owner = browser(dana, FIREFOX)
    assert "Signed in nowhere" not in told(owner, page)
    assert owner.post(f"{page}sessions/").status_code == 404


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        (EDGE, "Edge on Windows"),
        (PHONE, "Safari on iPhone"),
        (CHROME, "Chrome on Mac"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("  A\tstrange   one  ", "A strange one"),
        ("x" * 200, "x" * 60),
        ("Windows", "Windows"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_in_words(agent: str, device: str) -> None:
    assert device_text(agent) == device
