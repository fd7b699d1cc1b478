"""Partner & End User Management: staff and all end users in one place."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from tenantry.kernel import clock
from tenantry.people.models import Company, EndUser, EndUserRole, SignInRecord, Staff, StaffRole
from tests.people.house import PARTNER_TENANT, House, audit_verbs
from tests.support.people import make_end_user, make_person, make_staff
from tests.web.backoffice.visitors import page, signed_in, staff_of, strangers, told, words

USERS, STAFF, ADD = "/office/people/", "/office/people/staff/", "/office/people/staff/add/"
INES = "ines.duarte@kestrel-it.example"


def one(staff: Staff, what: str = "") -> str:
    return f"{STAFF}{staff.id}/{what}"


def test_end_users_of_all_companies_stand_in_one_list(small: House, dana: Client) -> None:
    anna = make_person("tid", "anna", "Anna Lindqvist", "anna@harbourvale.example")
    make_end_user(small.harbour, anna, EndUserRole.ADMIN)
    make_end_user(small.nordlys, anna, EndUserRole.VIEW)
    text = told(dana, USERS)
    assert "2 entries, one per person and company" in text
    assert "Anna Lindqvist anna@harbourvale.example Harbour & Vale Ltd Admin Has access never" in text
    assert "Anna Lindqvist anna@harbourvale.example Nordlys Shipping AS View Has access never" in text
    assert "2 entries" in told(dana, f"{USERS}?q=anna")
    assert "Nobody matches." in told(dana, f"{USERS}?q=nordlys")  # a company is found by the field at the top
    assert "Nobody matches." in told(dana, f"{USERS}?q=zoe")


def test_end_users_are_filtered_with_counts(small: House, dana: Client) -> None:
    make_end_user(small.harbour, make_person("tid", "anna", "Anna Lindqvist", "anna@a.example"), EndUserRole.ADMIN)
    came = make_end_user(small.harbour, make_person("tid", "ben", "Ben Carter", "ben@a.example"), EndUserRole.VIEW)
    EndUser.objects.filter(id=came.id).update(last_sign_in_at=clock.now())
    invited = make_end_user(small.nordlys, make_person("tid", "kari", "Kari", "kari@b.example"), EndUserRole.VIEW)
    EndUser.objects.filter(id=invited.id).update(person=None, expires_at=clock.now() + timedelta(days=1))
    assert "All 3 Invited 1 Never signed in 2 Admin 1" in told(dana, USERS)
    expected = {"invited": ["kari"], "never": ["anna", "kari"], "admin": ["anna"], "odd": ["anna", "ben", "kari"]}
    for show, who in expected.items():
        markup = page(dana.get(USERS, {"show": show}))
        assert [name for name in ("anna", "ben", "kari") if f"{name}@" in markup] == who, show
    assert "All 1 Never signed in 1 Admin 1" in told(dana, f"{USERS}?q=lindqvist")


def test_a_user_is_added_to_a_company_that_the_person_looks_after(
    small: House, dana: Client, harbour_vale: Company
) -> None:
    add, edward = f"{USERS}add/", "edward.finch@harbourvale.example"
    assert f'href="{add}"' in page(dana.get(USERS))
    form = {"company": str(small.harbour), "email": edward, "role": "modify"}
    wrong = page(dana.post(add, form | {"company": ""}), 422)
    assert f'value="{edward}"' in wrong
    answer = dana.post(add, form)
    end_user = EndUser.objects.get()
    assert (end_user.company_id, end_user.role) == (small.harbour, "modify")
    assert answer.headers["Location"] == f"/office/c/{small.harbour}/portal/users/{end_user.id}/"
    named = staff_of(StaffRole.ADMIN, [harbour_vale])
    assert "Nordlys" not in page(named.get(add))
    assert named.post(add, form | {"company": str(small.nordlys)}).status_code == 422
    assert EndUser.objects.count() == 1
    assert staff_of(StaffRole.SUPPORT).get(add).status_code == 403


def test_admins_for_named_companies_see_their_end_users_and_no_staff(
    small: House, dana: Client, harbour_vale: Company
) -> None:
    person = make_person("tid", "ingrid", "Ingrid Solberg", "ingrid@nordlys-shipping.example")
    make_end_user(small.nordlys, person, EndUserRole.ADMIN)
    named = staff_of(StaffRole.ADMIN, [harbour_vale])
    text = told(named, USERS)
    assert "0 entries" in text
    assert "Ingrid" not in text
    assert "Staff" not in text
    assert "Ingrid Solberg" in told(staff_of(StaffRole.ADMIN), USERS)


def test_who_may_not_see_people_gets_nothing(small: House, dana: Client, harbour_vale: Company) -> None:
    ines = make_staff(make_person(PARTNER_TENANT, "ines", "Inês Duarte", INES), StaffRole.SUPPORT)
    addresses = [STAFF, ADD, one(ines), one(ines, "remove/"), one(ines, "renew/"), one(ines, "bind/1/")]
    for who, (client, status) in strangers(harbour_vale).items():
        for address in [USERS, *addresses]:
            assert client.get(address).status_code == status, (who, address)
    for role in (StaffRole.SUPPORT, StaffRole.BILLING, StaffRole.ADMIN):
        client = staff_of(role)
        assert client.get(USERS).status_code == (200 if role is StaffRole.ADMIN else 403)
        for address in addresses:
            assert client.get(address).status_code == 403
            assert client.post(address).status_code == 403


def test_somebody_is_added_for_named_companies(small: House, dana: Client) -> None:
    before = len(audit_verbs())
    form = {"email": INES, "role": "support", "scope": "named", "companies": [str(small.harbour)]}
    assert dana.post(ADD, form).headers["Location"] == STAFF
    assert audit_verbs()[before:] == ["staff.added"]
    text = told(dana, STAFF)
    assert f"{INES} can sign in for the next 14 days with an account of your own tenant" in text
    assert f"{INES} Support Harbour & Vale Ltd Added Has not signed in yet. never" in text
    added = Staff.objects.get(email=INES)
    assert (added.role, added.all_companies, added.guest_allowed) == ("support", False, False)
    assert [company.id for company in added.companies.all()] == [small.harbour]
    dana.post(ADD, form | {"email": "oskar@freelance-lind.example", "guest_allowed": "on"})
    assert "oskar@freelance-lind.example can sign in for the next 14 days, also as a guest" in told(dana, STAFF)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"email": INES, "role": "support", "scope": "named"}, "No company is chosen"),
        (
            {"email": "dana.okafor@kestrel-it.example", "role": "admin", "scope": "all"},
            "The place under this address is that of Dana Okafor (account dana-oid)",
        ),
        (
            {"email": "nobody", "role": "admin", "scope": "all"},
            "This is no e-mail address. Write one such as name@example.com.",
        ),
        ({"email": INES, "role": "king", "scope": "all"}, "This is not among the choices. Choose one of those shown."),
    ],
)
def test_what_cannot_be_added_says_why_and_keeps_what_was_typed(
    small: House, dana: Client, form: dict[str, str], sentence: str
) -> None:
    markup = page(dana.post(ADD, form), 422)
    assert sentence in words(markup)
    assert f'value="{form["email"]}"' in markup
    assert Staff.objects.count() == 1


def test_changes_count_from_the_next_click_on(small: House, dana: Client) -> None:
    person = make_person(PARTNER_TENANT, "ines", "Inês Duarte", INES)
    ines, browser = make_staff(person, StaffRole.ADMIN), signed_in(person)
    assert browser.get("/office/settings/").status_code == 200
    assert "Inês Duarte Admin" in told(dana, one(ines))
    form = {"role": "billing", "scope": "named", "companies": [str(small.nordlys)], "guest_allowed": "on"}
    assert dana.post(one(ines), form).headers["Location"] == STAFF
    assert "Inês Duarte: the changes count from the next click on." in told(dana, STAFF)
    assert browser.get("/office/settings/").status_code == 403
    assert browser.get(f"/office/c/{small.harbour}/").status_code == 404
    assert browser.get(f"/office/c/{small.nordlys}/").status_code == 200
    ines.refresh_from_db()
    assert ines.guest_allowed


def test_somebody_is_removed_after_asking(small: House, dana: Client) -> None:
    person = make_person(PARTNER_TENANT, "ines", "Inês Duarte", INES)
    ines, browser = make_staff(person, StaffRole.SUPPORT), signed_in(person)
    assert "Remove the access of Inês Duarte?" in told(dana, one(ines, "remove/"))
    dana.post(one(ines, "remove/"))
    assert "Inês Duarte has no access any more." in told(dana, STAFF)
    assert browser.get("/office/").status_code == 302
    assert dana.get(one(ines)).status_code == 404


def test_the_last_owner_stays(small: House, dana: Client) -> None:
    own = Staff.objects.get()
    before = audit_verbs()
    dana.post(one(own, "remove/"))
    only = "This is the only owner for all companies who can sign in."
    assert f"{only} Make somebody else an owner first" in told(dana, STAFF)
    markup = page(dana.post(one(own), {"role": "support", "scope": "all"}), 422)
    assert only in words(markup)
    own.refresh_from_db()
    assert (own.role, own.removed_at) == ("owner", None)
    assert audit_verbs() == before


def test_an_invitation_of_staff_is_renewed_and_bound(small: House, dana: Client) -> None:
    dana.post(ADD, {"email": INES, "role": "support", "scope": "all"})
    ines = Staff.objects.get(email=INES)
    Staff.objects.filter(id=ines.id).update(expires_at=clock.now())
    assert "Never signed in The time to sign in is over. Renew it." in told(dana, STAFF)
    dana.post(one(ines, "renew/"))
    assert f"{INES} can sign in for the next 14 days." in told(dana, one(ines))
    sign_in = SignInRecord.objects.create(
        happened_at=clock.now(),
        accepted=False,
        reason="other_name",
        tid=PARTNER_TENANT,
        oid=str(uuid4()),
        name="Inês Duarte",
        username="ines@kestrel-it.example",
        staff=ines,
    )
    asked = told(dana, one(ines, f"bind/{sign_in.id}/"))
    assert "Name Inês Duarte User name at Microsoft ines@kestrel-it.example" in asked
    dana.post(one(ines, f"bind/{sign_in.id}/"))
    ines.refresh_from_db()
    assert ines.person is not None
    assert ines.person.oid == sign_in.oid
    assert dana.post(one(ines, f"bind/{sign_in.id}/")).status_code == 404
