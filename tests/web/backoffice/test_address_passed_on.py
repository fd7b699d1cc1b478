"""An address that belongs to another account now, on the pages of the office and of the portal."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from tenantry.kernel import clock
from tenantry.people.models import Company, EndUser, EndUserRole, Person, SignInRecord, Staff, StaffRole
from tests.people.house import HARBOUR_TENANT, PARTNER_TENANT, House, audit_verbs
from tests.support.people import make_end_user, make_person, make_staff
from tests.support.sandbox import SandboxHandle
from tests.web.backoffice.visitors import page, signed_in, staff_of, strangers, told, words

pytestmark = pytest.mark.usefixtures("sandbox")

ANNA = "anna.lindqvist@harbourvale.example"
SAM = "samuel.rivera@kestrel-it.example"
STAFF = "/office/people/staff/"


@pytest.fixture
def anna(sandbox: SandboxHandle, small: House) -> Person:
    """Anna, who has access under an address that was hers."""
    person = make_person(HARBOUR_TENANT, "oid-anna", "Anna Lindqvist", ANNA)
    make_end_user(small.harbour, person, EndUserRole.ADMIN)
    Person.objects.filter(id=person.id).update(
        username="anna.berg@harbourvale.example", last_sign_in_at=clock.now() - timedelta(days=3)
    )
    return person


@pytest.fixture
def milan(small: House) -> Client:
    return staff_of(StaffRole.ADMIN)


def address(small: House, what: str = "") -> str:
    access = EndUser.objects.get(company=small.harbour, removed_at=None)
    return f"/office/c/{small.harbour}/portal/users/{access.id}/{what}"


def refused(username: str, **more: object) -> None:
    """Somebody else came with this user name."""
    SignInRecord.objects.create(
        happened_at=clock.now(),
        accepted=False,
        reason="recreated",
        oid="oid-bella",
        name="Bella Marsh",
        username=username,
        **more,
    )


def test_the_pages_say_who_has_the_address_and_who_would_lose_access(small: House, anna: Person, milan: Client) -> None:
    lists = ("/office/people/", f"/office/c/{small.harbour}/portal/")
    for listed in lists:
        text = told(milan, listed)
        assert "Signs in as anna.berg@harbourvale.example." in text
        assert "belongs to another account" not in text
    refused(ANNA, tid=HARBOUR_TENANT, company_id=small.harbour, end_user=EndUser.objects.get())
    for listed in lists:
        assert "The address belongs to another account now: look who loses access" in told(milan, listed)
    text = told(milan, address(small))
    assert f"{ANNA} belongs to another account now Bella Marsh came with this user name" in text
    assert "The access is still that of Anna Lindqvist." in text
    portal = signed_in(anna)
    assert "Address belongs to somebody else now" in told(portal, f"/c/{small.harbour}/people/")


def test_binding_names_who_loses_the_access(small: House, anna: Person, milan: Client) -> None:
    refused(ANNA, tid=HARBOUR_TENANT, company_id=small.harbour, end_user=EndUser.objects.get())
    bind = address(small, f"bind/{SignInRecord.objects.get().id}/")
    markup = page(milan.get(bind))
    assert "Anna Lindqvist (account oid-anna) has this access until now, and loses it" in words(markup)
    assert "Refused because Same user name, but another account than the one that has the access" in words(markup)
    milan.post(bind)  # not the form of the page
    assert EndUser.objects.get().person == anna
    milan.post(bind, {"loses_access": str(anna.id)})
    assert EndUser.objects.get().person == Person.objects.get(oid="oid-bella")


def test_an_address_that_gives_access_is_invited_anew_after_asking(
    small: House, harbour_vale: Company, anna: Person, milan: Client
) -> None:
    make_end_user(small.nordlys, anna, EndUserRole.VIEW)
    browser = signed_in(anna)
    users = f"/office/c/{small.harbour}/portal/users/"
    answer = milan.post(users, {"email": ANNA, "role": "modify"})
    assert answer.headers["Location"] == address(small, "anew/?role=modify")
    markup = page(milan.get(answer.headers["Location"]))
    text = words(markup)
    assert f"Invite {ANNA} anew?" in text
    assert (
        "Loses access Anna Lindqvist User name at Microsoft anna.berg@harbourvale.example Account id oid-anna" in text
    )
    assert "If the person above is to keep access, also invite anna.berg@harbourvale.example." in text
    assert "The same account keeps its access to these companies; look there too: Nordlys Shipping AS" in text
    assert re.search(r'<input[^>]*value="modify"[^>]* checked', markup)
    assert browser.get(f"/c/{small.harbour}/").status_code == 200
    before = len(audit_verbs())
    milan.post(users, {"email": ANNA, "role": "modify", "loses_access": str(anna.id)})
    assert audit_verbs()[before:] == ["end_user.passed_on", "end_user.invited"]
    assert browser.get(f"/c/{small.harbour}/").status_code == 404  # Nordlys stays
    assert f"{ANNA} is invited." in told(milan, address(small))
    invited = EndUser.objects.get(company=harbour_vale, removed_at=None)
    assert (invited.email, invited.role, invited.person) == (ANNA, "modify", None)
    # What nobody uses yet needs no such question.
    assert milan.get(address(small, "anew/")).headers["Location"] == address(small)
    assert milan.post(users, {"email": ANNA, "role": "view"}).status_code == 422


def test_a_made_up_answer_asks_again(small: House, anna: Person, milan: Client) -> None:
    for answer in ("", "made-up", str(EndUser.objects.get().id)):
        asked = milan.post(
            f"/office/c/{small.harbour}/portal/users/", {"email": ANNA, "role": "view", "loses_access": answer}
        )
        assert asked.headers["Location"] == address(small, "anew/?role=view")
    assert EndUser.objects.get().person == anna


def test_who_may_not_invite_is_not_asked(small: House, harbour_vale: Company, anna: Person) -> None:
    anew = address(small, "anew/")
    for client, status in strangers(harbour_vale).values():
        assert client.get(anew).status_code == status
    support = staff_of(StaffRole.SUPPORT)
    assert support.get(anew).status_code == 403
    assert "Invite the address anew" not in told(support, anew.removesuffix("anew/"))


def test_staff_are_added_anew_after_asking(small: House, dana: Client) -> None:
    sam = make_person(PARTNER_TENANT, "oid-sam", "Samuel Rivera", SAM)
    place = make_staff(sam, StaffRole.SUPPORT)
    Person.objects.filter(id=sam.id).update(last_sign_in_at=clock.now() - timedelta(days=1))
    refused(SAM, tid=PARTNER_TENANT, staff=place)
    one = f"{STAFF}{place.id}/"
    assert "The address belongs to another account now: look who loses access" in told(dana, STAFF)
    text = told(dana, one)
    assert f"{SAM} belongs to another account now Bella Marsh came with this user name" in text
    anew = page(dana.get(f"{STAFF}add/?email={SAM}"))
    assert f'value="{SAM}"' in anew
    assert re.search(r'<input[^>]*value="support"[^>]* checked', anew)
    form = {"email": SAM, "role": "billing", "scope": "named", "companies": [str(small.harbour)]}
    markup = page(dana.post(f"{STAFF}add/", form), 422)
    assert f"Add {SAM} anew? The place under this address is that of Samuel Rivera (account oid-sam)" in words(markup)
    assert f'name="loses_access" value="{sam.id}"' in markup
    assert 'value="billing"' in markup
    assert Staff.objects.get(removed_at=None, email=SAM).person == sam
    assert dana.post(f"{STAFF}add/", form | {"loses_access": str(sam.id)}).headers["Location"] == STAFF
    added = Staff.objects.get(removed_at=None, email=SAM)
    assert (added.person, added.role) == (None, "billing")
    assert audit_verbs()[-2:] == ["staff.passed_on", "staff.added"]


def test_binding_staff_names_who_loses_the_place(small: House, dana: Client) -> None:
    sam = make_person(PARTNER_TENANT, "oid-sam", "Samuel Rivera", SAM)
    place = make_staff(sam, StaffRole.SUPPORT)
    refused(SAM, tid=PARTNER_TENANT, staff=place)
    bind = f"{STAFF}{place.id}/bind/{SignInRecord.objects.get().id}/"
    assert "Samuel Rivera (account oid-sam) has this access until now, and loses it" in told(dana, bind)
    dana.post(bind, {"loses_access": str(sam.id)})
    assert Staff.objects.get(id=place.id).person == Person.objects.get(oid="oid-bella")
