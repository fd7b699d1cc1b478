"""What a person sees, as it is at the moment of the look-up."""

from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from tenantry.kernel.actor import Actor, ActorKind
from tenantry.people import actions
from tenantry.people.access import CompanyChoice, Viewer, viewer
from tenantry.people.models import Company, EndUser, EndUserRole, Person, Staff, StaffRole
from tenantry.people.permissions import STAFF_MAY, Permission
from tests.people.house import DANA, HARBOUR_TENANT, NOW, PARTNER_TENANT, House, make_house
from tests.support.people import make_end_user, make_person, make_staff

pytestmark = pytest.mark.django_db


def look_up(person: Person) -> Viewer:
    found = viewer(person.id)
    assert found is not None
    return found


@pytest.fixture
def house() -> House:
    return make_house()


@pytest.fixture
def anna(house: House) -> Person:
    person = make_person(HARBOUR_TENANT, "oid-anna", "Anna Lindqvist", "anna@harbourvale.example")
    make_end_user(house.harbour, person, EndUserRole.MODIFY)
    return person


def test_nobody_of_that_id() -> None:
    assert viewer(uuid4()) is None


def test_an_end_user_sees_their_company_and_no_other(house: House, anna: Person) -> None:
    who = look_up(anna)
    access = who.company(house.harbour)
    assert access is not None
    assert (access.company_id, access.name, access.role) == (house.harbour, "Harbour & Vale Ltd", EndUserRole.MODIFY)
    assert not access.as_staff
    assert [
        access.may(permission) for permission in (Permission.SEE, Permission.CHANGE_QUANTITY, Permission.DECIDE_END)
    ] == [True, True, False]
    actor = Actor(ActorKind.END_USER, str(anna.id), "Anna Lindqvist", "Anna Lindqvist", whole_partner=False)
    assert access.acting_as() == actor
    assert who.company(house.nordlys) is None
    assert who.company(uuid4()) is None
    assert who.companies == (CompanyChoice(house.harbour, "Harbour & Vale Ltd"),)
    assert who.has_access
    assert who.is_end_user
    assert who.staff is None
    assert not any(who.may(permission) for permission in Permission)
    assert not who.sees_company(house.harbour)
    assert who.office_companies() == frozenset()


def test_one_person_may_have_several_companies(house: House, anna: Person) -> None:
    make_end_user(house.nordlys, anna, EndUserRole.VIEW)
    who = look_up(anna)
    assert [choice.id for choice in who.companies] == [house.harbour, house.nordlys]
    access = who.company(house.nordlys)
    assert access is not None
    assert not access.may(Permission.CHANGE_QUANTITY)


def test_closing_the_portal_removing_the_company_or_the_person_works_at_once(house: House, anna: Person) -> None:
    end_user = EndUser.objects.get(person=anna)
    assert actions.disable_portal(acting_as=DANA, company_id=house.harbour, now=NOW) is None
    assert look_up(anna).company(house.harbour) is None
    assert not look_up(anna).has_access
    assert actions.enable_portal(acting_as=DANA, company_id=house.harbour, now=NOW) is None
    assert look_up(anna).company(house.harbour) is not None
    changed = actions.change_role(
        acting_as=DANA, company_id=house.harbour, end_user_id=end_user.id, role=EndUserRole.VIEW, now=NOW
    )
    assert changed is None
    access = look_up(anna).company(house.harbour)
    assert access is not None
    assert not access.may(Permission.CHANGE_QUANTITY)
    removed = actions.remove_end_user(acting_as=DANA, company_id=house.harbour, end_user_id=end_user.id, now=NOW)
    assert removed is None
    assert look_up(anna).company(house.harbour) is None


def test_staff_for_all_companies_act_as_themselves(house: House) -> None:
    sam = make_person(PARTNER_TENANT, "oid-sam", "Sam Rivera", "sam@kestrel-it.example")
    make_staff(sam, StaffRole.SUPPORT)
    who = look_up(sam)
    access = who.company(house.nordlys)
    assert access is not None
    assert access.as_staff
    assert access.role == StaffRole.SUPPORT
    assert all(
        access.may(permission)
        for permission in (Permission.SEE, Permission.CHANGE_QUANTITY, Permission.DECIDE_END, Permission.CANCEL)
    )
    assert not access.may(Permission.OFFICE_SEE)
    label = "Sam Rivera of Kestrel IT Services, for Nordlys Shipping AS"
    assert access.acting_as() == Actor(ActorKind.STAFF, str(sam.id), "Sam Rivera", label, whole_partner=False)
    assert who.acting_as() == Actor(ActorKind.STAFF, str(sam.id), "Sam Rivera", "Sam Rivera")
    assert who.office_companies() is None
    assert who.sees_company(house.harbour)
    assert not who.sees_company(uuid4())
    assert who.companies == ()
    assert not who.is_end_user


def test_staff_act_also_where_the_portal_is_closed_but_never_for_a_removed_company(house: House) -> None:
    sam = make_person(PARTNER_TENANT, "oid-sam", "Sam Rivera", "sam@kestrel-it.example")
    make_staff(sam, StaffRole.SUPPORT)
    assert actions.disable_portal(acting_as=DANA, company_id=house.harbour, now=NOW) is None
    assert look_up(sam).company(house.harbour) is not None
    assert actions.remove_company(acting_as=DANA, company_id=house.harbour, now=NOW) is None
    assert look_up(sam).company(house.harbour) is None
    assert not look_up(sam).sees_company(house.harbour)


def test_billing_sees_companies_but_does_not_act(house: House) -> None:
    petra = make_person(PARTNER_TENANT, "oid-petra", "Petra Lang", "petra@kestrel-it.example")
    make_staff(petra, StaffRole.BILLING)
    who = look_up(petra)
    assert who.may(Permission.OFFICE_SEE)
    assert who.sees_company(house.harbour)
    assert who.company(house.harbour) is None


@pytest.mark.parametrize("role", StaffRole)
def test_what_touches_all_companies_is_for_those_who_look_after_all(house: House, role: StaffRole) -> None:
    whole = {Permission.OFFICE_SETTINGS, Permission.OFFICE_OWNER}
    for named in (False, True):
        person = make_person(PARTNER_TENANT, f"oid-{named}", "Sam Rivera", f"sam-{named}@kestrel-it.example")
        make_staff(person, role, [house.harbour] if named else None)
        who = look_up(person)
        held = STAFF_MAY[role] - (whole if named else set())
        assert {one for one in Permission if who.may(one)} == held
        assert who.acting_as().whole_partner is not named


def test_staff_for_named_companies_see_only_those(house: House) -> None:
    ines = make_person(PARTNER_TENANT, "oid-ines", "Ines Duarte", "ines@kestrel-it.example")
    make_staff(ines, StaffRole.SUPPORT, [house.nordlys])
    who = look_up(ines)
    assert who.office_companies() == frozenset({house.nordlys})
    assert who.sees_company(house.nordlys)
    assert not who.sees_company(house.harbour)
    assert who.company(house.harbour) is None
    assert who.company(house.nordlys) is not None
    assert who.companies == (CompanyChoice(house.nordlys, "Nordlys Shipping AS"),)
    assert actions.remove_company(acting_as=DANA, company_id=house.nordlys, now=NOW) is None
    assert look_up(ines).office_companies() == frozenset()


def test_a_guest_is_staff_only_as_long_as_that_is_granted(house: House) -> None:
    oskar = make_person(PARTNER_TENANT, "oid-oskar", "Oskar Lind", "oskar@freelance-lind.example")
    Person.objects.filter(id=oskar.id).update(is_guest=True)
    staff = make_staff(oskar, StaffRole.ADMIN)
    assert look_up(oskar).staff is None
    Staff.objects.filter(id=staff.id).update(guest_allowed=True)
    assert look_up(oskar).may(Permission.OFFICE_SETTINGS)


def test_removed_staff_see_nothing(house: House) -> None:
    sam = make_person(PARTNER_TENANT, "oid-sam", "Sam Rivera", "sam@kestrel-it.example")
    staff = make_staff(sam, StaffRole.SUPPORT)
    assert actions.remove_staff(acting_as=DANA, staff_id=staff.id, now=NOW) is None
    assert not look_up(sam).has_access


def test_the_look_up_costs_two_queries_whatever_the_number_of_companies(
    house: House, anna: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sam = make_person(PARTNER_TENANT, "oid-sam", "Sam Rivera", "sam@kestrel-it.example")
    make_staff(sam, StaffRole.OWNER)
    Company.objects.bulk_create(
        Company(
            connection=house.connection, tenant_id=f"tenant-{n}", name=f"Company {n}", added_at=NOW, portal_enabled=True
        )
        for n in range(50)
    )
    with django_assert_num_queries(2):
        look_up(anna).company(house.harbour)
    with django_assert_num_queries(2):
        assert look_up(sam).companies == ()
    with django_assert_num_queries(3):
        look_up(sam).company(house.harbour)
