"""What the declarations of access do, and when a session ends."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import pytest
import time_machine
from django.http.response import HttpResponseBase
from django.test import Client
from pytest_django import Settings

from tenantry.kernel import clock
from tenantry.people import actions
from tenantry.people.models import EndUser, EndUserRole, Person, Staff, StaffRole
from tenantry.people.permissions import Permission
from tenantry.web.access import Audience, DeclaredAccess, declared_access, office, portal
from tests.people.house import DANA, House
from tests.support.sandbox import SandboxHandle
from tests.support.sign_in import choose_account
from tests.web.sign_in import doors
from tests.web.sign_in.microsoft import asked, come_back, ending, is_signed_in, sign_in

pytestmark = pytest.mark.django_db

ANNA = "anna.lindqvist@harbourvale.example"
SAM = "samuel.rivera@kestrel-it.example"


@pytest.fixture(autouse=True)
def urls(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.web.sign_in.doors"


@pytest.fixture
def anna(client: Client, house: House) -> Client:
    sign_in(client, ANNA)
    return client


@pytest.fixture
def sam(house: House) -> Client:
    client = Client()
    sign_in(client, SAM)
    return client


def to_sign_in(answer: HttpResponseBase, next_path: str) -> bool:
    """Say whether an answer leads to the sign-in page, and back to a page afterwards."""
    location = urlsplit(answer.headers["Location"])
    return (location.path, parse_qs(location.query)["next"]) == ("/sign-in/", [next_path])


def test_declarations_can_be_read() -> None:
    assert declared_access(doors.open_page) == DeclaredAccess(Audience.PUBLIC)
    assert declared_access(doors.gallery) == DeclaredAccess(Audience.REHEARSAL)
    assert declared_access(doors.preferences) == DeclaredAccess(Audience.SIGNED_IN)
    assert declared_access(doors.cancel) == DeclaredAccess(Audience.PORTAL, Permission.CANCEL, fresh=True)
    assert declared_access(doors.add) == DeclaredAccess(
        Audience.OFFICE, Permission.OFFICE_COMPANIES, every_company=True
    )
    assert declared_access(to_sign_in) is None


def test_a_permission_of_the_other_side_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="portal"):
        portal(Permission.OFFICE_SEE)
    with pytest.raises(ValueError, match="back office"):
        office(Permission.SEE)


def test_signed_out(client: Client, house: House) -> None:
    assert client.get("/open/").content == b"open"
    here = f"/c/{house.harbour}/"
    for path in ("/preferences/", here, f"{here}change/", f"{here}cancel/", "/office/", f"/office/{house.harbour}/"):
        assert to_sign_in(client.get(path), path)
    assert to_sign_in(client.get("/preferences/?a=b"), "/preferences/?a=b")
    fragment = client.get(here, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/c/page/?q=1"})
    assert (fragment.status_code, fragment.content) == (200, b"")
    assert fragment.headers["HX-Redirect"] == "/sign-in/?next=%2Fc%2Fpage%2F%3Fq%3D1"


def test_an_end_user(anna: Client, house: House) -> None:
    assert anna.get("/preferences/").content == b"Anna Lindqvist"
    assert anna.get(f"/c/{house.harbour}/").content.decode() == "Harbour & Vale Ltd Anna Lindqvist"
    assert anna.post(f"/c/{house.harbour}/change/").content == b"changed"
    assert anna.get(f"/c/{house.harbour}/cancel/").content == b"cancel?"
    for path in (
        f"/c/{house.nordlys}/",
        f"/c/{uuid4()}/",
        "/office/",
        f"/office/{house.harbour}/",
        "/nowhere/",
    ):
        assert anna.get(path).status_code == 404


def test_what_is_missing_and_what_is_forbidden_look_alike(anna: Client, house: House) -> None:
    forbidden, missing = anna.get(f"/c/{house.nordlys}/"), anna.get(f"/c/{uuid4()}/")
    # Before that stands the strip of the rehearsal, with the address of the page.
    main = forbidden.content.partition(b"<main")[2]
    assert main
    assert main == missing.content.partition(b"<main")[2]
    assert anna.post(f"/c/{house.nordlys}/change/").status_code == 404


def test_a_role_without_the_permission(anna: Client, house: House) -> None:
    EndUser.objects.filter(email=ANNA).update(role=EndUserRole.VIEW)
    assert anna.get(f"/c/{house.harbour}/").status_code == 200
    assert anna.post(f"/c/{house.harbour}/change/").status_code == 403
    assert anna.get(f"/c/{house.harbour}/cancel/").status_code == 403


def test_staff_act_in_the_portal_and_see_the_office(sam: Client, house: House) -> None:
    words = sam.get(f"/c/{house.nordlys}/").content.decode()
    assert words == "Nordlys Shipping AS Samuel Rivera of Kestrel IT Services, for Nordlys Shipping AS"
    assert sam.get("/office/").status_code == 200
    assert sam.get(f"/office/{house.nordlys}/").status_code == 200
    assert sam.get(f"/office/{uuid4()}/").status_code == 404
    assert sam.get("/office/add/").status_code == 403
    assert sam.get("/office/connections/").status_code == 403


def test_staff_for_named_companies(sam: Client, house: House) -> None:
    staff = Staff.objects.get(email=SAM)
    changed = actions.change_staff(
        acting_as=DANA,
        staff_id=staff.id,
        role=StaffRole.ADMIN,
        now=clock.now(),
        all_companies=False,
        company_ids=[house.nordlys],
    )
    assert changed is None
    assert sam.get(f"/office/{house.nordlys}/").status_code == 200
    assert sam.get(f"/office/{house.harbour}/").status_code == 404
    assert sam.get(f"/c/{house.harbour}/").status_code == 404
    assert sam.get("/office/add/").status_code == 403
    Staff.objects.filter(id=staff.id).update(all_companies=True)
    assert sam.get("/office/add/").status_code == 200


def test_the_gallery_exists_in_rehearsal_and_debug_only(client: Client, house: House, settings: Settings) -> None:
    assert client.get("/gallery/").content == b"gallery"
    settings.REHEARSAL = False
    assert client.get("/gallery/").status_code == 404
    settings.DEBUG = True
    assert client.get("/gallery/").content == b"gallery"


# -- sessions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["person", "portal", "company"])
def test_taking_access_away_signs_out_with_the_next_request(anna: Client, house: House, how: str) -> None:
    now = clock.now()
    if how == "person":
        end_user = EndUser.objects.get(email=ANNA)
        actions.remove_end_user(acting_as=DANA, company_id=house.harbour, end_user_id=end_user.id, now=now)
    elif how == "portal":
        actions.disable_portal(acting_as=DANA, company_id=house.harbour, now=now)
    else:
        actions.remove_company(acting_as=DANA, company_id=house.harbour, now=now)
    answer = anna.get(f"/c/{house.harbour}/")
    assert to_sign_in(answer, f"/c/{house.harbour}/")
    assert "access has changed" in anna.get(answer.headers["Location"]).content.decode()
    assert not is_signed_in(anna)


def test_a_session_ends_after_idle_time_on_real_time(anna: Client, house: House, sandbox: SandboxHandle) -> None:
    sandbox.clock_advance("P30D")
    assert anna.get("/preferences/").status_code == 200
    start = clock.now()
    for minutes in (50, 100, 150):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            assert anna.get("/preferences/").status_code == 200
    with time_machine.travel(start + timedelta(minutes=211), tick=False):
        answer = anna.get("/preferences/")
        assert to_sign_in(answer, "/preferences/")
        assert "nothing happened for a while" in anna.get(answer.headers["Location"]).content.decode()
    assert not is_signed_in(anna)


def test_a_session_ends_after_a_working_day_however_busy(anna: Client, house: House) -> None:
    start = clock.now()
    for minutes in range(30, 600, 30):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            assert anna.get("/preferences/").status_code == 200
    with time_machine.travel(start + timedelta(hours=10, seconds=1), tick=False):
        answer = anna.get("/preferences/")
        assert to_sign_in(answer, "/preferences/")
        assert is_signed_in(anna) is False


def test_a_page_view_costs_no_write_to_the_session(anna: Client, house: House) -> None:
    anna.get("/preferences/")
    before = anna.session["seen_at"]
    anna.get("/preferences/")
    assert anna.session["seen_at"] == before


def test_pages_are_not_kept(anna: Client, house: House) -> None:
    for path in ("/open/", "/preferences/", f"/c/{house.harbour}/", "/nowhere/"):
        assert anna.get(path).headers["Cache-Control"] == "no-store"


def test_the_persons_language_counts(anna: Client, house: House, settings: Settings) -> None:
    Person.objects.update(language="de")
    assert anna.get("/sign-out/").headers["Content-Language"] == "de"
    Person.objects.update(language="")
    assert anna.get("/sign-out/").headers["Content-Language"] == settings.LANGUAGE_CODE


# -- fresh sign-in --------------------------------------------------------------------------------------------------


@pytest.fixture
def an_hour_later(anna: Client) -> Iterator[None]:
    """Let Anna be signed in for longer than a fresh sign-in counts, without being idle."""
    session = anna.session
    session["proved_at"] -= 61 * 60
    session.save()
    yield


def test_cancelling_asks_for_a_fresh_sign_in_of_the_same_person(
    anna: Client, house: House, an_hour_later: None
) -> None:
    path = f"/c/{house.harbour}/cancel/"
    assert anna.get(f"/c/{house.harbour}/").status_code == 200
    answer = anna.get(path)
    assert urlsplit(answer.headers["Location"]).path == "/sign-in/start/"
    address = anna.get(answer.headers["Location"]).headers["Location"]
    query = asked(address)
    assert (query["prompt"], query["login_hint"]) == ("login", ANNA)
    assert "/7428417d-3d15-52dd-a167-a4854d0f91a9/oauth2/" in address
    back = come_back(anna, choose_account(address, ANNA))
    assert back.headers["Location"] == path
    assert anna.get(path).content == b"cancel?"


def test_a_stale_confirmation_does_nothing_and_leads_back_to_its_page(
    anna: Client, house: House, an_hour_later: None
) -> None:
    path = f"/c/{house.harbour}/cancel/"
    answer = anna.post(path, headers={"Referer": f"http://testserver{path}?step=2"})
    address = urlsplit(answer.headers["Location"])
    assert address.path == "/sign-in/"  # never straight to Microsoft: a form may not lead there
    assert parse_qs(address.query) == {"next": [f"{path}?step=2"], "fresh": ["1"]}
    page = anna.get(answer.headers["Location"]).content.decode()
    assert "Sign in once more" in page
    assert f"/sign-in/start/?{urlencode({'next': f'{path}?step=2', 'fresh': '1'})}".replace("&", "&amp;") in page
    elsewhere = anna.post(path, headers={"Referer": "https://evil.example/x"})
    assert parse_qs(urlsplit(elsewhere.headers["Location"]).query)["next"] == [path]
    fragment = anna.post(path, headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"].startswith("/sign-in/?")


def test_another_account_does_not_freshen_this_one(anna: Client, house: House, an_hour_later: None) -> None:
    address = anna.get("/sign-in/start/?fresh=1").headers["Location"]
    status, text = ending(anna, come_back(anna, choose_account(address, "ben.carter@harbourvale.example")))
    assert (status, "This is another account" in text) == (403, True)
    assert anna.get("/preferences/").content == b"Anna Lindqvist"
    assert anna.get(f"/c/{house.harbour}/cancel/").status_code == 302


def test_an_old_session_at_microsoft_is_not_fresh(anna: Client, house: House, an_hour_later: None) -> None:
    """The person takes prompt=login out of the address: Microsoft's own time of authentication tells."""
    address = anna.get("/sign-in/start/?fresh=1").headers["Location"]
    old = int((clock.now() - timedelta(hours=3)).timestamp())
    form = {
        "tenant": "harbourvale.example",
        "upn": ANNA,
        "oid": Person.objects.get().oid,
        "claims": f'{{"auth_time": {old}}}',
    }
    status, text = ending(anna, come_back(anna, choose_account(address, "another", **form)))
    assert (status, "did not ask for your credentials" in text) == (403, True)
    assert anna.get(f"/c/{house.harbour}/cancel/").status_code == 302


def test_without_a_time_of_authentication_nothing_is_fresh(anna: Client, house: House) -> None:
    form = {
        "tenant": "harbourvale.example",
        "upn": ANNA,
        "oid": Person.objects.get().oid,
        "claims": '{"auth_time": null}',
    }
    assert sign_in(anna, "another", None, **form).headers["Location"] == "/"
    assert anna.get(f"/c/{house.harbour}/cancel/").status_code == 302
    status, text = ending(anna, sign_in(anna, "another", {"fresh": "1"}, **form))
    assert (status, "add the optional claim auth_time" in text) == (403, True)


# -- host names of their own ----------------------------------------------------------------------------------------


@pytest.fixture
def two_hosts(settings: Settings) -> None:
    settings.PORTAL_URL = "https://portal.kestrel-it.example"
    settings.BACKOFFICE_URL = "https://office.kestrel-it.example"
    settings.ALLOWED_HOSTS = ["portal.kestrel-it.example", "office.kestrel-it.example"]


def test_each_host_serves_its_own_side(house: House, two_hosts: None) -> None:
    portal_host = Client(headers={"host": "portal.kestrel-it.example"})
    office_host = Client(headers={"host": "office.kestrel-it.example"})
    here = f"/c/{house.harbour}/"
    assert portal_host.get("/office/?x=1").headers["Location"] == "https://office.kestrel-it.example/office/?x=1"
    assert office_host.get(here).headers["Location"] == f"https://portal.kestrel-it.example{here}"
    assert office_host.post(f"{here}change/").status_code == 404
    start = office_host.get("/sign-in/start/").headers["Location"]
    assert "/6e5a3b5e-5be4-54b4-ad33-04bb76a6b074/" in start
    assert asked(start)["redirect_uri"] == "https://office.kestrel-it.example/sign-in/return/"
    start = portal_host.get("/sign-in/start/").headers["Location"]
    assert asked(start)["redirect_uri"] == "https://portal.kestrel-it.example/sign-in/return/"
