"""An address that belongs to another account now: who has it, and inviting it anew."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tenantry.audit.models import AuditRow
from tenantry.people import actions, queries
from tenantry.people.models import EndUser, EndUserRole, Person, SignInRecord, Staff, StaffRole
from tenantry.people.outcomes import HolderQuestion, Invited, SignInReason, TenantQuestion
from tests.people.house import DANA, HARBOUR_TENANT, NORDLYS_TENANT, NOW, PARTNER_TENANT, House, audit_verbs, make_house
from tests.people.identities import colleague, member
from tests.people.test_end_users import reason_of
from tests.support.people import make_end_user, make_person, make_staff
from tests.support.sandbox import SandboxHandle

pytestmark = pytest.mark.django_db

ADDRESS = "anna@harbourvale.example"
DESK = "desk@kestrel-it.example"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def house(sandbox: SandboxHandle) -> House:
    return make_house()


@pytest.fixture
def anna(house: House) -> Person:
    """Anna, who has access to Harbour & Vale under her address."""
    person = make_person(HARBOUR_TENANT, "oid-anna", "Anna Lindqvist", ADDRESS)
    Person.objects.filter(id=person.id).update(last_sign_in_at=NOW - timedelta(days=9))
    make_end_user(house.harbour, person, EndUserRole.ADMIN)
    return person


def invite(
    house: House, *, email: str = ADDRESS, loses_access: UUID | None = None, company_id: UUID | None = None
) -> object:
    return actions.invite_end_user(
        acting_as=DANA,
        company_id=company_id or house.harbour,
        email=email,
        role=EndUserRole.VIEW,
        now=NOW,
        loses_access=loses_access,
    )


def signs_in(username: str, oid: str, *, email: str = "", at: datetime = LATER) -> SignInReason | None:
    identity = member(username, oid, email=email, email_verified=bool(email))
    return actions.sign_in(identity, now=at).reason


def holder(house: House) -> tuple[str, str] | None:
    [row] = queries.end_users(house.harbour, NOW)
    return None if row.holder is None else (row.holder.name, row.holder.oid)


def test_who_has_the_address_now_is_known_from_a_refused_sign_in(house: House, anna: Person) -> None:
    assert holder(house) is None
    assert signs_in("ANNA@harbourvale.example", "oid-bella") is SignInReason.RECREATED
    assert holder(house) == ("Anna", "oid-bella")
    [row] = queries.all_end_users(only=None, now=NOW).rows
    assert row.holder is not None
    assert (row.holder.oid, [one.oid for one in row.bindable]) == ("oid-bella", ["oid-bella"])


def test_who_has_the_address_now_is_known_from_somebody_who_was_let_in_elsewhere(house: House, anna: Person) -> None:
    bella = make_person(HARBOUR_TENANT, "oid-bella", "Bella Marsh", "bella@harbourvale.example")
    make_end_user(house.nordlys, bella, EndUserRole.VIEW)
    assert signs_in(ADDRESS, "oid-bella") is None
    assert holder(house) == ("Anna", "oid-bella")


def test_the_same_user_name_in_another_tenant_is_another_user_name(house: House, anna: Person) -> None:
    make_person(NORDLYS_TENANT, "oid-else", "Somebody", ADDRESS)
    assert holder(house) is None


def test_an_account_that_has_its_user_name_back_is_its_holder(house: House, anna: Person) -> None:
    signs_in(ADDRESS, "oid-bella")
    assert signs_in(ADDRESS, "oid-anna", at=LATER + timedelta(hours=1)) is None
    assert holder(house) is None


def test_inviting_an_address_that_gives_access_asks_who_loses_it(house: House, anna: Person) -> None:
    before = audit_verbs()
    access = EndUser.objects.get()
    asked = HolderQuestion(access.id, anna.id, "Anna Lindqvist")
    assert invite(house) == invite(house, email="ANNA@harbourvale.example") == asked
    assert invite(house, loses_access=uuid4()) == asked  # the page named somebody else
    assert (EndUser.objects.get().removed_at, audit_verbs()) == (None, before)


def test_invited_anew_the_old_access_ends_and_is_recorded(house: House, anna: Person) -> None:
    old = EndUser.objects.get()
    outcome = invite(house, loses_access=anna.id)
    assert isinstance(outcome, Invited)
    old.refresh_from_db()
    assert (old.removed_at, old.passed_on) == (NOW, True)
    assert audit_verbs()[-2:] == ["end_user.passed_on", "end_user.invited"]
    ended = AuditRow.objects.get(verb="end_user.passed_on")
    assert (ended.company_id, ended.before) == (
        house.harbour,
        {"person": "Anna Lindqvist", "tid": HARBOUR_TENANT, "oid": "oid-anna"},
    )
    assert signs_in(ADDRESS, "oid-bella") is None
    assert EndUser.objects.get(id=outcome.end_user_id).person == Person.objects.get(oid="oid-bella")


@pytest.mark.parametrize(
    ("username", "email"),
    [(ADDRESS, ""), ("anna.berg@harbourvale.example", ADDRESS)],
    ids=["still has the user name", "still has the address"],
)
def test_the_account_that_lost_it_is_not_let_in_by_itself(
    house: House, anna: Person, username: str, email: str
) -> None:
    outcome = invite(house, loses_access=anna.id)
    assert isinstance(outcome, Invited)
    assert signs_in(username, "oid-anna", email=email) is SignInReason.PASSED_ON
    assert EndUser.objects.get(id=outcome.end_user_id).person is None
    [row] = queries.end_users(house.harbour, NOW)
    [offered] = row.bindable
    bound = actions.bind_end_user(
        acting_as=DANA,
        company_id=house.harbour,
        end_user_id=outcome.end_user_id,
        sign_in_id=offered.id,
        now=LATER,
    )
    assert bound is None  # a person decided that they have it again
    assert signs_in(username, "oid-anna", email=email) is None


def test_another_company_keeps_its_access_under_the_same_address(house: House, anna: Person) -> None:
    make_end_user(house.nordlys, anna, EndUserRole.VIEW)
    assert queries.access_of(anna.id, only=None) == (
        (house.harbour, "Harbour & Vale Ltd"),
        (house.nordlys, "Nordlys Shipping AS"),
    )
    assert queries.access_of(anna.id, only=frozenset({house.nordlys})) == ((house.nordlys, "Nordlys Shipping AS"),)
    invite(house, loses_access=anna.id)
    assert signs_in(ADDRESS, "oid-anna") is None
    assert [row.company_id for row in EndUser.objects.filter(removed_at=None, person=anna)] == [house.nordlys]


def test_an_address_of_another_tenant_is_asked_about_before_anybody_loses_access(house: House, anna: Person) -> None:
    EndUser.objects.update(email="anna@nordlys-shipping.example")
    asked = invite(house, email="anna@nordlys-shipping.example", loses_access=anna.id)
    assert isinstance(asked, TenantQuestion)
    assert EndUser.objects.get().removed_at is None


def test_an_invitation_that_nobody_used_is_renewed_and_not_made_twice(house: House) -> None:
    assert isinstance(invite(house), Invited)
    assert reason_of(invite(house)) == "already_invited"


def add(loses_access: UUID | None = None) -> object:
    return actions.add_staff(acting_as=DANA, email=DESK, role=StaffRole.SUPPORT, now=NOW, loses_access=loses_access)


def test_the_same_holds_for_staff(house: House) -> None:
    sam = make_person(PARTNER_TENANT, "oid-sam", "Samuel Rivera", DESK)
    Person.objects.update(last_sign_in_at=NOW - timedelta(days=9))
    place = make_staff(sam, StaffRole.SUPPORT)
    assert add() == HolderQuestion(place.id, sam.id, "Samuel Rivera")
    assert actions.sign_in(colleague(DESK, "oid-zoe"), now=NOW).reason is SignInReason.RECREATED
    [row] = [row for row in queries.staff(NOW) if row.id == place.id]
    assert row.holder is not None
    assert row.holder.oid == "oid-zoe"
    assert isinstance(add(sam.id), UUID)
    assert audit_verbs()[-2:] == ["staff.passed_on", "staff.added"]
    assert actions.sign_in(colleague(DESK, "oid-sam"), now=LATER).reason is SignInReason.PASSED_ON
    assert actions.sign_in(colleague(DESK, "oid-zoe"), now=LATER).reason is None
    assert Staff.objects.get(removed_at=None).person == Person.objects.get(oid="oid-zoe")


def test_the_last_owner_does_not_lose_their_place_by_it(house: House) -> None:
    dana = make_person(PARTNER_TENANT, "oid-dana", "Dana Okafor", DESK)
    make_staff(dana, StaffRole.OWNER)
    assert reason_of(add(dana.id)) == "last_owner"


def test_binding_says_who_loses_the_place(house: House) -> None:
    place = make_staff(make_person(PARTNER_TENANT, "oid-sam", "Samuel Rivera", DESK), StaffRole.SUPPORT)
    actions.sign_in(colleague(DESK, "oid-zoe"), now=NOW)
    tried = SignInRecord.objects.get()
    for named, outcome in ((None, "gone"), (uuid4(), "gone"), (place.person_id, None)):
        bound = actions.bind_staff(acting_as=DANA, staff_id=place.id, sign_in_id=tried.id, now=NOW, loses_access=named)
        assert (None if bound is None else bound.reason) == outcome
    place.refresh_from_db()
    assert place.person == Person.objects.get(oid="oid-zoe")
