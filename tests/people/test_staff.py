"""Staff: added, changed, removed, bound; the last owner stays."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from tenantry.audit.models import AuditRow
from tenantry.kernel.refusals import Refusal
from tenantry.people import actions, queries
from tenantry.people.models import SignInRecord, Staff, StaffRole
from tenantry.people.outcomes import HolderQuestion, SignInReason
from tests.people.house import DANA, HARBOUR_TENANT, NOW, PARTNER_TENANT, House, audit_verbs, make_house
from tests.support.people import make_person, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(settings: Settings) -> House:
    settings.PARTNER_TENANT_ID = PARTNER_TENANT
    return make_house()


def owner(name: str = "dana") -> Staff:
    return make_staff(
        make_person(PARTNER_TENANT, f"oid-{name}", name.title(), f"{name}@kestrel-it.example"), StaffRole.OWNER
    )


def add(email: str, role: StaffRole = StaffRole.SUPPORT, **more: object) -> UUID | HolderQuestion | Refusal:
    return actions.add_staff(acting_as=DANA, email=email, role=role, now=NOW, **more)  # type: ignore[arg-type]


def reason_of(outcome: object) -> str:
    assert isinstance(outcome, Refusal)
    return outcome.reason


def test_staff_are_added_for_all_or_named_companies(house: House) -> None:
    before = len(audit_verbs())
    everybody = add("sam@kestrel-it.example", StaffRole.BILLING)
    named = add("ines@kestrel-it.example", all_companies=False, company_ids=[house.nordlys])
    rows = {row.id: row for row in queries.staff(NOW)}
    assert set(rows) == {everybody, named}
    assert isinstance(named, UUID)
    assert (rows[named].all_companies, rows[named].companies) == (False, ((house.nordlys, "Nordlys Shipping AS"),))
    assert isinstance(everybody, UUID)
    row = rows[everybody]
    assert (row.role, row.all_companies, row.companies, row.bound, row.expired) == (
        StaffRole.BILLING,
        True,
        (),
        False,
        False,
    )
    assert audit_verbs()[before:] == ["staff.added", "staff.added"]
    assert AuditRow.objects.latest("id").company_id is None


def test_what_cannot_be_added(house: House) -> None:
    add("sam@kestrel-it.example")
    assert reason_of(add("SAM@kestrel-it.example")) == "already_staff"
    assert reason_of(add("sam")) == "email_invalid"
    assert reason_of(add("a@kestrel-it.example", all_companies=False)) == "name_companies"
    assert reason_of(add("a@kestrel-it.example", all_companies=False, company_ids=[uuid4()])) == "name_companies"
    assert Staff.objects.count() == 1


def test_role_companies_and_guest_grant_change_with_one_record(house: House) -> None:
    staff_id = add("sam@kestrel-it.example")
    assert isinstance(staff_id, UUID)
    for _ in range(2):
        changed = actions.change_staff(
            acting_as=DANA,
            staff_id=staff_id,
            role=StaffRole.ADMIN,
            now=NOW,
            all_companies=False,
            company_ids=[house.harbour],
            guest_allowed=True,
        )
        assert changed is None
    assert audit_verbs()[-2:] == ["staff.added", "staff.changed"]
    row = AuditRow.objects.latest("id")
    assert row.before == {
        "email": "sam@kestrel-it.example",
        "role": "support",
        "all_companies": True,
        "companies": [],
        "guest_allowed": False,
    }
    assert row.after == {
        "email": "sam@kestrel-it.example",
        "role": "admin",
        "all_companies": False,
        "companies": [str(house.harbour)],
        "guest_allowed": True,
    }


def test_the_last_owner_who_can_sign_in_stays(house: House) -> None:
    dana = owner()
    invited = add("erik@kestrel-it.example", StaffRole.OWNER)
    assert isinstance(invited, UUID)
    assert reason_of(actions.remove_staff(acting_as=DANA, staff_id=dana.id, now=NOW)) == "last_owner"
    demoted = actions.change_staff(acting_as=DANA, staff_id=dana.id, role=StaffRole.ADMIN, now=NOW)
    assert reason_of(demoted) == "last_owner"
    narrowed = actions.change_staff(
        acting_as=DANA,
        staff_id=dana.id,
        role=StaffRole.OWNER,
        all_companies=False,
        company_ids=[house.harbour],
        now=NOW,
    )
    assert reason_of(narrowed) == "last_owner"
    owner("erika")
    assert actions.remove_staff(acting_as=DANA, staff_id=dana.id, now=NOW) is None
    assert audit_verbs()[-1] == "staff.removed"
    assert actions.remove_staff(acting_as=DANA, staff_id=invited, now=NOW) is None


def test_invitations_of_staff_are_renewed_until_they_are_used(house: House) -> None:
    staff_id = add("sam@kestrel-it.example")
    assert isinstance(staff_id, UUID)
    later = NOW + timedelta(days=15)
    assert queries.staff(later)[0].expired
    assert actions.renew_staff_invitation(acting_as=DANA, staff_id=staff_id, now=later) is None
    assert not queries.staff(later)[0].expired
    used = actions.renew_staff_invitation(acting_as=DANA, staff_id=owner().id, now=later)
    assert reason_of(used) == "already_bound"


def refused(reason: SignInReason, tid: str = PARTNER_TENANT, **concerns: object) -> SignInRecord:
    return SignInRecord.objects.create(
        happened_at=NOW,
        accepted=False,
        reason=reason.value,
        tid=tid,
        oid="oid-sam",
        name="Samuel Rivera",
        username="samuel@kestrel-it.example",
        **concerns,
    )


def test_bind_lets_in_who_came_under_another_name(house: House) -> None:
    staff_id = add("sam@kestrel-it.example")
    assert isinstance(staff_id, UUID)
    for wrong in (
        refused(SignInReason.GUEST),
        refused(SignInReason.OTHER_NAME, HARBOUR_TENANT),
        refused(SignInReason.RECREATED, staff=owner()),
        refused(SignInReason.OTHER_NAME, company_id=house.harbour),
    ):
        bound = actions.bind_staff(acting_as=DANA, staff_id=staff_id, sign_in_id=wrong.id, now=NOW)
        assert reason_of(bound) == "not_bindable"
    right = refused(SignInReason.OTHER_NAME)
    assert actions.bind_staff(acting_as=DANA, staff_id=staff_id, sign_in_id=right.id, now=NOW) is None
    row = next(one for one in queries.staff(NOW) if one.id == staff_id)
    assert (row.bound, row.name, row.username) == (True, "Samuel Rivera", "samuel@kestrel-it.example")
    assert audit_verbs()[-1] == "staff.bound"
    other = add("s.rivera@kestrel-it.example")
    assert isinstance(other, UUID)
    again = actions.bind_staff(acting_as=DANA, staff_id=other, sign_in_id=right.id, now=NOW)
    assert reason_of(again) == "person_has_access"


def test_nothing_is_done_to_staff_who_are_not_there(house: House) -> None:
    sign_in = refused(SignInReason.OTHER_NAME)
    for outcome in (
        actions.change_staff(acting_as=DANA, staff_id=uuid4(), role=StaffRole.ADMIN, now=NOW),
        actions.remove_staff(acting_as=DANA, staff_id=uuid4(), now=NOW),
        actions.renew_staff_invitation(acting_as=DANA, staff_id=uuid4(), now=NOW),
        actions.bind_staff(acting_as=DANA, staff_id=uuid4(), sign_in_id=sign_in.id, now=NOW),
    ):
        assert reason_of(outcome) == "gone"
