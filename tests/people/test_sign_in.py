"""Who is let in: every case of the table on sign-in and isolation, and that nothing else happens."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from tenantry.audit.models import AuditRow
from tenantry.clients.entra import PERSONAL_TENANT, Identity
from tenantry.people import actions, queries
from tenantry.people.actions import Origin
from tenantry.people.models import Company, EndUser, EndUserRole, Person, SignInRecord, Staff, StaffRole
from tenantry.people.outcomes import SignInOutcome, SignInReason
from tenantry.people.sign_in_log import sign_in_counts, sign_ins
from tests.people.house import DANA, HARBOUR_TENANT, NORDLYS_TENANT, NOW, PARTNER_TENANT, House, audit_verbs, make_house
from tests.people.identities import colleague, guest, member, personal
from tests.support.people import make_end_user, make_person, make_staff

pytestmark = pytest.mark.django_db

BEN = "ben.carter@harbourvale.example"
LATER = NOW + timedelta(days=30)


@pytest.fixture
def house(settings: Settings) -> House:
    settings.PARTNER_TENANT_ID = PARTNER_TENANT
    return make_house()


def invitation(house: House, email: str = BEN, tenant_id: str = HARBOUR_TENANT, **more: object) -> EndUser:
    fields = {
        "company_id": house.harbour,
        "email": email,
        "role": EndUserRole.MODIFY,
        "pinned_tenant_id": tenant_id,
        "invited_by": "Dana Okafor",
        "invited_at": NOW,
        "expires_at": NOW + timedelta(days=14),
    }
    return EndUser.objects.create(**(fields | more))


def staff_place(email: str, **more: object) -> Staff:
    fields = {"email": email, "role": StaffRole.SUPPORT, "added_by": "Dana", "added_at": NOW}
    return Staff.objects.create(**({"expires_at": NOW + timedelta(days=14)} | fields | more))


def sign_in(identity: Identity) -> SignInOutcome:
    return actions.sign_in(identity, now=NOW, origin=Origin("192.0.2.7", "Firefox"))


def refused(identity: Identity) -> SignInReason:
    """Sign in, expect a refusal that lets nobody in and binds nothing, and return its reason."""
    people, audit = Person.objects.count(), audit_verbs()
    bound = list(EndUser.objects.order_by("id").values_list("id", "person_id"))
    places = list(Staff.objects.order_by("id").values_list("id", "person_id"))
    outcome = sign_in(identity)
    assert outcome.person_id is None
    assert outcome.reason is not None
    assert (Person.objects.count(), audit_verbs()) == (people, audit)
    assert list(EndUser.objects.order_by("id").values_list("id", "person_id")) == bound
    assert list(Staff.objects.order_by("id").values_list("id", "person_id")) == places
    assert SignInRecord.objects.filter(accepted=True).count() == 0
    return outcome.reason


def last_record() -> SignInRecord:
    return SignInRecord.objects.latest("id")


# -- letting in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "identity",
    [
        member(BEN),
        member(BEN.upper()),
        member("b.carter@harbourvale.example", email=BEN, email_verified=True),
    ],
    ids=["user name", "user name in capitals", "verified address"],
)
def test_the_first_sign_in_from_the_pinned_tenant_binds_for_good(house: House, identity: Identity) -> None:
    end_user = invitation(house)
    before = len(audit_verbs())
    outcome = sign_in(identity)
    person = Person.objects.get()
    assert outcome == SignInOutcome(person.id, None)
    assert (person.tid, person.oid, person.username) == (HARBOUR_TENANT, "oid-1", identity.username)
    end_user.refresh_from_db()
    assert (end_user.person_id, end_user.bound_at, end_user.last_sign_in_at) == (person.id, NOW, NOW)
    assert audit_verbs()[before:] == ["end_user.bound"]
    row = AuditRow.objects.get(verb="end_user.bound")
    assert (row.company_id, row.after) == (house.harbour, {"tid": HARBOUR_TENANT, "oid": "oid-1"})
    record = SignInRecord.objects.get()
    assert (record.accepted, record.reason, record.person_id, record.end_user_id) == (True, "", person.id, end_user.id)
    assert (record.address, record.agent, record.tenant_name) == ("192.0.2.7", "Firefox", "Harbour & Vale Ltd")


def test_after_that_the_account_counts_whatever_it_is_called(house: House) -> None:
    invitation(house)
    first = sign_in(member(BEN))
    renamed = sign_in(member("benjamin.miller@harbourvale.example"))
    assert renamed == first
    assert Person.objects.get().username == "benjamin.miller@harbourvale.example"
    assert audit_verbs().count("end_user.bound") == 1


def test_a_later_invitation_to_another_company_is_bound_at_the_next_sign_in(house: House) -> None:
    invitation(house)
    sign_in(member(BEN))
    second = invitation(house, company_id=house.nordlys)
    sign_in(member(BEN))
    second.refresh_from_db()
    assert second.person == Person.objects.get()


def test_two_invitations_of_one_account_to_one_company_bind_once(house: House) -> None:
    first = invitation(house)
    second = invitation(house, "benjamin@harbourvale.example", invited_at=LATER)
    sign_in(member(BEN, email="benjamin@harbourvale.example", email_verified=True))
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.person is not None
    assert second.person is None


def test_staff_are_let_in_from_the_partners_tenant(house: House) -> None:
    place = staff_place("sam@kestrel-it.example")
    outcome = sign_in(colleague("Sam@kestrel-it.example"))
    place.refresh_from_db()
    assert outcome.person_id == place.person_id
    assert (place.bound_at, place.last_sign_in_at) == (NOW, NOW)
    row = AuditRow.objects.latest("id")
    assert (row.verb, row.actor_kind, row.company_id) == ("staff.bound", "staff", None)
    assert (last_record().staff_id, last_record().company_id) == (place.id, None)


def test_a_guest_of_the_partner_is_let_in_with_an_explicit_grant_only(house: House) -> None:
    place = staff_place("oskar@freelance-lind.example")
    oskar = guest("oskar@freelance-lind.example", tid=PARTNER_TENANT)
    assert refused(oskar) == SignInReason.GUEST
    Staff.objects.filter(id=place.id).update(guest_allowed=True)
    assert sign_in(oskar).person_id is not None
    assert Person.objects.get().is_guest
    Staff.objects.filter(id=place.id).update(guest_allowed=False)
    assert sign_in(oskar).reason == SignInReason.GUEST


# -- not letting in -------------------------------------------------------------------------------------------------


def test_an_expired_invitation(house: House) -> None:
    end_user = invitation(house, expires_at=NOW)
    assert refused(member(BEN)) == SignInReason.EXPIRED
    assert (last_record().company_id, last_record().end_user_id) == (house.harbour, end_user.id)


def test_the_right_tenant_under_another_user_name_is_offered_to_bind(house: House) -> None:
    end_user = invitation(house)
    assert refused(member("benny@harbourvale.example")) == SignInReason.OTHER_NAME
    record = last_record()
    assert (record.company_id, record.end_user_id, record.username) == (
        house.harbour,
        end_user.id,
        "benny@harbourvale.example",
    )
    assert [row.id for row in queries.end_users(house.harbour, NOW)[0].bindable] == [record.id]


def test_with_several_open_invitations_every_one_of_them_is_offered(house: House) -> None:
    invitation(house)
    invitation(house, "anna@harbourvale.example")
    assert refused(member("benny@harbourvale.example")) == SignInReason.OTHER_NAME
    assert last_record().end_user_id is None
    assert [len(row.bindable) for row in queries.end_users(house.harbour, NOW)] == [1, 1]


def test_an_unverified_address_of_the_right_tenant_is_another_name(house: House) -> None:
    invitation(house)
    impostor = member("benny@harbourvale.example", email=BEN, email_verified=False)
    assert refused(impostor) == SignInReason.OTHER_NAME


def test_a_user_name_that_only_looks_like_the_invited_one_binds_nothing(house: House) -> None:
    waiting = invitation(house, "kim@harbourvale.example")
    refused(member("\u212aim@harbourvale.example", "oid-else"))  # the sign for kelvin
    waiting.refresh_from_db()
    assert waiting.person_id is None
    assert sign_in(member("KIM@harbourvale.example", "oid-kim")).person_id is not None
    assert sign_in(member("\u212aim@harbourvale.example", "oid-else")).person_id is None
    [row] = queries.end_users(house.harbour, NOW)
    assert row.holder is None


def test_a_recreated_account_is_offered_to_bind(house: House) -> None:
    old = make_person(HARBOUR_TENANT, "oid-old", "Ben", BEN)
    end_user = make_end_user(house.harbour, old, EndUserRole.ADMIN)
    assert refused(member(BEN, "oid-new")) == SignInReason.RECREATED
    assert last_record().end_user_id == end_user.id
    assert [row.oid for row in queries.end_users(house.harbour, NOW)[0].bindable] == ["oid-new"]


@pytest.mark.parametrize(
    "identity",
    [
        member("ben@mallory.example", tid=NORDLYS_TENANT, email=BEN, email_verified=False),
        member("ben@mallory.example", tid=NORDLYS_TENANT, email=BEN, email_verified=True),
        member(BEN, tid=NORDLYS_TENANT),
    ],
    ids=["forged address", "forged address that claims to be verified", "forged user name"],
)
def test_the_address_from_another_tenant_proves_nothing(house: House, identity: Identity) -> None:
    end_user = invitation(house)
    assert refused(identity) == SignInReason.OTHER_TENANT
    record = last_record()
    assert (record.tid, record.company_id, record.end_user_id) == (NORDLYS_TENANT, house.harbour, end_user.id)
    assert queries.end_users(house.harbour, NOW)[0].bindable == ()


def test_a_bound_persons_user_name_in_another_tenant_opens_nothing(house: House) -> None:
    person = make_person(HARBOUR_TENANT, "oid-1", "Ben", BEN)
    make_end_user(house.harbour, person, EndUserRole.ADMIN)
    assert refused(member(BEN, "oid-1", NORDLYS_TENANT)) == SignInReason.OTHER_TENANT


def test_a_guest_of_the_companys_tenant(house: House) -> None:
    invitation(house, "ingrid@nordlys-shipping.example")
    assert refused(guest("ingrid@nordlys-shipping.example")) == SignInReason.GUEST
    assert last_record().company_id == house.harbour
    assert queries.end_users(house.harbour, NOW)[0].bindable == ()


def test_a_personal_account(house: House) -> None:
    invitation(house)
    assert refused(personal(BEN)) == SignInReason.PERSONAL
    assert last_record().company_id == house.harbour


def test_a_personal_account_is_kept_out_also_where_somebody_pinned_or_bound_it(
    house: House, settings: Settings
) -> None:
    """Rows like these no page makes; the door must not depend on that."""
    somebody = "somebody@outlook.com"
    invitation(house, somebody, PERSONAL_TENANT)
    assert refused(personal(somebody)) == SignInReason.PERSONAL
    make_end_user(house.nordlys, make_person(PERSONAL_TENANT, "oid-personal", "S", somebody), EndUserRole.ADMIN)
    assert refused(personal(somebody)) == SignInReason.PERSONAL
    settings.PARTNER_TENANT_ID = PERSONAL_TENANT
    staff_place(somebody)
    assert refused(personal(somebody)) == SignInReason.PERSONAL


def test_an_invitation_whose_tenant_is_not_settled(house: House) -> None:
    invitation(house, tenant_id="")
    assert refused(member(BEN)) == SignInReason.NOT_READY


def test_a_closed_portal_binds_nothing_and_lets_nobody_in(house: House) -> None:
    Company.objects.update(portal_enabled=False)
    invitation(house)
    assert refused(member(BEN)) == SignInReason.PORTAL_CLOSED
    person = make_person(HARBOUR_TENANT, "oid-9", "Anna", "anna@harbourvale.example")
    make_end_user(house.harbour, person, EndUserRole.VIEW)
    assert refused(member("anna@harbourvale.example", "oid-9")) == SignInReason.PORTAL_CLOSED


def test_removed_access_and_removed_companies_are_unknown(house: House) -> None:
    end_user = invitation(house)
    sign_in(member(BEN))
    SignInRecord.objects.all().delete()
    actions.remove_end_user(acting_as=DANA, company_id=house.harbour, end_user_id=end_user.id, now=NOW)
    assert refused(member(BEN)) == SignInReason.UNKNOWN
    invitation(house)
    actions.remove_company(acting_as=DANA, company_id=house.harbour, now=NOW)
    assert refused(member(BEN)) == SignInReason.UNKNOWN


def test_somebody_whom_nobody_invited(house: House) -> None:
    assert refused(member("stranger@tallinnpuit.example", tid="a33e705c-53ec-5b2e-8b97-bbcdf0f4ff53")) == (
        SignInReason.UNKNOWN
    )
    record = last_record()
    assert (record.company_id, record.tid) == (None, "a33e705c-53ec-5b2e-8b97-bbcdf0f4ff53")
    assert refused(member("", "oid-nameless")) == SignInReason.UNKNOWN


def test_staff_addresses_count_in_the_partners_tenant_only(house: House) -> None:
    staff_place("dana@kestrel-it.example", role=StaffRole.OWNER)
    assert refused(member("dana@kestrel-it.example", tid=NORDLYS_TENANT)) == SignInReason.UNKNOWN
    forged = member("x@mallory.example", tid=NORDLYS_TENANT, email="dana@kestrel-it.example", email_verified=True)
    assert refused(forged) == SignInReason.UNKNOWN


def test_without_a_partner_tenant_in_the_settings_nobody_is_staff(house: House, settings: Settings) -> None:
    settings.PARTNER_TENANT_ID = ""
    staff_place("dana@kestrel-it.example")
    assert refused(member("dana@kestrel-it.example", tid="")) == SignInReason.UNKNOWN


def test_staff_with_another_name_a_recreated_account_or_too_late(house: House) -> None:
    place = staff_place("sam@kestrel-it.example")
    assert refused(colleague("samuel@kestrel-it.example")) == SignInReason.OTHER_NAME
    assert [row.username for row in queries.staff(NOW)[0].bindable] == ["samuel@kestrel-it.example"]
    Staff.objects.filter(id=place.id).update(expires_at=NOW)
    assert refused(colleague("sam@kestrel-it.example")) == SignInReason.EXPIRED
    person = make_person(PARTNER_TENANT, "oid-old", "Sam", "sam@kestrel-it.example")
    Staff.objects.filter(id=place.id).update(person=person)
    assert refused(colleague("sam@kestrel-it.example", "oid-new")) == SignInReason.RECREATED
    assert [row.oid for row in queries.staff(NOW)[0].bindable] == ["oid-new"]


def test_removed_staff(house: House) -> None:
    person = make_person(PARTNER_TENANT, "oid-sam", "Sam", "sam@kestrel-it.example")
    make_staff(make_person(PARTNER_TENANT, "oid-dana", "Dana", "dana@kestrel-it.example"), StaffRole.OWNER)
    staff = make_staff(person, StaffRole.SUPPORT)
    assert actions.remove_staff(acting_as=DANA, staff_id=staff.id, now=NOW) is None
    assert refused(colleague("sam@kestrel-it.example", "oid-sam")) == SignInReason.UNKNOWN


def test_the_log_is_read_by_those_who_see_the_company_and_ends_somewhere(house: House) -> None:
    invitation(house)
    sign_in(member(BEN))
    sign_in(member("stranger@nowhere.example", "oid-s", "a33e705c-53ec-5b2e-8b97-bbcdf0f4ff53"))
    assert [row.accepted for row in sign_ins(only=None)] == [False, True]
    assert [row.company_name for row in sign_ins(only=frozenset({house.harbour}))] == ["Harbour & Vale Ltd"]
    assert sign_ins(only=frozenset({house.nordlys})) == ()
    assert len(sign_ins(only=None, accepted=False, search="stranger")) == 1
    assert sign_ins(only=None, since=LATER) == ()
    assert sign_in_counts(only=None) == {"": 2, "accepted": 1, "refused": 1}
    assert sign_in_counts(only=frozenset({house.harbour})) == {"": 1, "accepted": 1, "refused": 0}
    assert sign_in_counts(only=None, search="stranger") == {"": 1, "accepted": 0, "refused": 1}
    assert actions.prune_sign_ins(NOW) == 0
    assert actions.prune_sign_ins(LATER) == 2
