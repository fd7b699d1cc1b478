"""Inviting by address, with Microsoft's discovery of the sandbox; roles, renewal, removal, and "Bind"."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tenantry.audit.models import AuditRow
from tenantry.kernel.actor import Actor
from tenantry.kernel.refusals import Refusal
from tenantry.people import actions, queries
from tenantry.people.models import EndUser, EndUserRole, SignInRecord
from tenantry.people.outcomes import HolderQuestion, Invited, SignInReason, TenantQuestion
from tenantry.people.queries import EndUserState
from tests.people.house import (
    DANA,
    GREENFIELD_TENANT,
    HARBOUR_TENANT,
    NORDLYS_TENANT,
    NOW,
    House,
    audit_verbs,
    make_house,
)
from tests.support.people import make_end_user, make_person
from tests.support.sandbox import SandboxHandle

pytestmark = pytest.mark.django_db

EDWARD = "Edward.Finch@harbourvale.example"


@pytest.fixture
def house(sandbox: SandboxHandle) -> House:
    return make_house()


def invite(
    house: House, email: str, role: EndUserRole = EndUserRole.VIEW, confirmed: str = ""
) -> Invited | TenantQuestion | HolderQuestion | Refusal:
    return actions.invite_end_user(
        acting_as=DANA, company_id=house.harbour, email=email, role=role, now=NOW, confirmed_tenant_id=confirmed
    )


def invited(house: House, email: str = EDWARD) -> UUID:
    outcome = invite(house, email)
    assert isinstance(outcome, Invited)
    return outcome.end_user_id


def reason_of(outcome: object) -> str:
    assert isinstance(outcome, Refusal)
    return outcome.reason


def test_an_address_of_the_companys_own_domain_is_pinned_to_its_tenant(house: House) -> None:
    before = len(audit_verbs())
    outcome = invite(house, f"  {EDWARD} ", EndUserRole.MODIFY)
    end_user = EndUser.objects.get()
    assert outcome == Invited(end_user.id, usable=True)
    assert (end_user.email, end_user.role, end_user.company_id) == (EDWARD, "modify", house.harbour)
    assert (end_user.pinned_tenant_id, end_user.pinned_tenant_name) == (HARBOUR_TENANT, "Harbour & Vale Ltd")
    assert (end_user.invited_by, end_user.expires_at) == ("Dana Okafor", NOW + timedelta(days=14))
    assert end_user.person is None
    assert audit_verbs()[before:] == ["end_user.invited"]
    row = AuditRow.objects.get(verb="end_user.invited")
    assert (row.company_id, row.subject_name) == (house.harbour, EDWARD)
    assert row.after == {"email": EDWARD, "role": "modify", "tenant_id": HARBOUR_TENANT}


def test_an_address_of_another_tenant_asks_once_more(house: House) -> None:
    outcome = invite(house, "kari.moen@Nordlys-Shipping.example")
    assert outcome == TenantQuestion("nordlys-shipping.example", NORDLYS_TENANT, "Nordlys Shipping AS")
    assert not EndUser.objects.exists()
    confirmed = invite(house, "kari.moen@nordlys-shipping.example", confirmed=NORDLYS_TENANT)
    assert isinstance(confirmed, Invited)
    assert EndUser.objects.get().pinned_tenant_id == NORDLYS_TENANT
    row = queries.end_users(house.harbour, NOW)[0]
    assert (row.state, row.other_tenant, row.tenant_name) == (EndUserState.INVITED, True, "Nordlys Shipping AS")


def test_a_confirmation_counts_for_the_tenant_that_was_named_only(house: House) -> None:
    outcome = invite(house, "kari.moen@nordlys-shipping.example", confirmed=GREENFIELD_TENANT)
    assert isinstance(outcome, TenantQuestion)


def test_a_tenant_that_the_partner_does_not_know_is_named_by_its_domain(house: House) -> None:
    outcome = invite(house, "kristjan.tamm@tallinnpuit.example")
    assert isinstance(outcome, TenantQuestion)
    assert (outcome.domain, outcome.tenant_name) == ("tallinnpuit.example", "")


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("edward@nobody-has-this.example", "domain_unknown"),
        ("edward@outlook.com", "domain_consumer"),
        ("edward@gmail.com", "domain_consumer"),
        ("edward", "email_invalid"),
        ("edward@☃.example", "email_invalid"),
        ("edwärd@harbourvale.example", "email_invalid"),
        ("edward@weißbrot.example", "domain_unknown"),
        ("", "email_invalid"),
        ("@harbourvale.example", "email_invalid"),
        ("a b@harbourvale.example", "email_invalid"),
    ],
)
def test_what_cannot_be_invited_is_refused_with_the_reason(house: House, email: str, reason: str) -> None:
    before = audit_verbs()
    assert reason_of(invite(house, email)) == reason
    assert not EndUser.objects.exists()
    assert audit_verbs() == before


def test_an_address_is_invited_once_per_company(house: House) -> None:
    invited(house)
    assert reason_of(invite(house, EDWARD.lower())) == "already_invited"
    assert EndUser.objects.count() == 1


def test_a_company_that_is_not_there_invites_nobody(house: House) -> None:
    outcome = actions.invite_end_user(acting_as=DANA, company_id=uuid4(), email=EDWARD, role=EndUserRole.VIEW, now=NOW)
    assert reason_of(outcome) == "gone"


def test_unreachable_discovery_saves_an_unusable_invitation_that_is_looked_up_later(
    house: House, sandbox: SandboxHandle
) -> None:
    sandbox.fault("status", path="*openid-configuration*", status=503)
    outcome = invite(house, EDWARD)
    end_user = EndUser.objects.get()
    assert outcome == Invited(end_user.id, usable=False)
    assert end_user.pinned_tenant_id == ""
    assert queries.end_users(house.harbour, NOW)[0].state == EndUserState.LOOKING_UP
    job = ProcrastinateJob.objects.get(task_name="people.look_up_invitation")
    assert job.args == {"end_user_id": str(end_user.id)}
    assert not actions.look_up_again(acting_as=Actor.system(), end_user_id=end_user.id, now=NOW)
    sandbox.clear_faults()
    assert actions.look_up_again(acting_as=Actor.system(), end_user_id=end_user.id, now=NOW)
    end_user.refresh_from_db()
    assert end_user.pinned_tenant_id == HARBOUR_TENANT
    assert queries.end_users(house.harbour, NOW)[0].state == EndUserState.INVITED
    assert audit_verbs()[-2:] == ["end_user.invited", "end_user.looked_up"]
    assert actions.look_up_again(acting_as=Actor.system(), end_user_id=end_user.id, now=NOW)
    assert audit_verbs()[-2:] == ["end_user.invited", "end_user.looked_up"]


def test_a_later_look_up_never_pins_to_another_tenant_by_itself(house: House, sandbox: SandboxHandle) -> None:
    sandbox.fault("status", path="*openid-configuration*", status=503)
    end_user_id = invited(house, "kari.moen@nordlys-shipping.example")
    sandbox.clear_faults()
    assert actions.look_up_again(acting_as=Actor.system(), end_user_id=end_user_id, now=NOW)
    row = queries.end_users(house.harbour, NOW)[0]
    assert (row.state, row.tenant_id, row.other_tenant) == (EndUserState.CONFIRM, NORDLYS_TENANT, True)
    assert EndUser.objects.get().pinned_tenant_id == ""
    wrong = actions.confirm_tenant(
        acting_as=DANA, company_id=house.harbour, end_user_id=end_user_id, tenant_id=GREENFIELD_TENANT, now=NOW
    )
    assert reason_of(wrong) == "gone"
    done = actions.confirm_tenant(
        acting_as=DANA, company_id=house.harbour, end_user_id=end_user_id, tenant_id=NORDLYS_TENANT, now=NOW
    )
    assert done is None
    assert EndUser.objects.get().pinned_tenant_id == NORDLYS_TENANT
    assert audit_verbs()[-1] == "end_user.tenant_confirmed"


def test_a_later_look_up_may_find_that_there_is_no_tenant(house: House, sandbox: SandboxHandle) -> None:
    sandbox.fault("status", path="*openid-configuration*", status=503)
    end_user_id = invited(house, "edward@nobody-has-this.example")
    sandbox.clear_faults()
    assert actions.look_up_again(acting_as=Actor.system(), end_user_id=end_user_id, now=NOW)
    assert queries.end_users(house.harbour, NOW)[0].state == EndUserState.NO_TENANT


def test_roles_change_invitations_are_renewed_people_are_removed(house: House) -> None:
    end_user_id = invited(house)
    later = NOW + timedelta(days=20)
    assert queries.end_users(house.harbour, later)[0].state == EndUserState.EXPIRED
    for _ in range(2):
        changed = actions.change_role(
            acting_as=DANA, company_id=house.harbour, end_user_id=end_user_id, role=EndUserRole.ADMIN, now=NOW
        )
        assert changed is None
    renewed = actions.renew_invitation(acting_as=DANA, company_id=house.harbour, end_user_id=end_user_id, now=later)
    assert renewed is None
    row = queries.end_users(house.harbour, later)[0]
    assert (row.role, row.state, row.expires_at) == (
        EndUserRole.ADMIN,
        EndUserState.INVITED,
        later + timedelta(days=14),
    )
    removed = actions.remove_end_user(acting_as=DANA, company_id=house.harbour, end_user_id=end_user_id, now=later)
    assert removed is None
    assert queries.end_users(house.harbour, later) == ()
    assert audit_verbs()[-4:] == [
        "end_user.invited",
        "end_user.role_changed",
        "end_user.invitation_renewed",
        "end_user.removed",
    ]
    assert isinstance(invite(house, EDWARD), Invited)


def test_what_belongs_to_another_company_is_out_of_reach(house: House) -> None:
    end_user_id = invited(house)
    sign_in = refused(house, "oid-x", SignInReason.OTHER_NAME)
    other, before = house.nordlys, audit_verbs()
    for outcome in (
        actions.change_role(acting_as=DANA, company_id=other, end_user_id=end_user_id, role=EndUserRole.ADMIN, now=NOW),
        actions.remove_end_user(acting_as=DANA, company_id=other, end_user_id=end_user_id, now=NOW),
        actions.renew_invitation(acting_as=DANA, company_id=other, end_user_id=end_user_id, now=NOW),
        actions.bind_end_user(
            acting_as=DANA, company_id=other, end_user_id=end_user_id, sign_in_id=sign_in.id, now=NOW
        ),
    ):
        assert reason_of(outcome) == "gone"
    assert (EndUser.objects.get().role, EndUser.objects.get().removed_at) == ("view", None)
    assert audit_verbs() == before


def test_a_used_invitation_is_not_renewed(house: House) -> None:
    person = make_person(HARBOUR_TENANT, "oid-anna", "Anna", "anna.lindqvist@harbourvale.example")
    end_user = make_end_user(house.harbour, person, EndUserRole.VIEW)
    refusal = actions.renew_invitation(acting_as=DANA, company_id=house.harbour, end_user_id=end_user.id, now=NOW)
    assert reason_of(refusal) == "already_bound"


def refused(house: House, oid: str, reason: SignInReason, tid: str = HARBOUR_TENANT, **more: object) -> SignInRecord:
    return SignInRecord.objects.create(
        happened_at=NOW,
        accepted=False,
        reason=reason.value,
        tid=tid,
        oid=oid,
        name="Eddie Finch",
        username="eddie@harbourvale.example",
        company_id=house.harbour,
        **more,
    )


def bind(house: House, end_user_id: UUID, sign_in: SignInRecord, *, loses_access: UUID | None = None) -> Refusal | None:
    return actions.bind_end_user(
        acting_as=DANA,
        company_id=house.harbour,
        end_user_id=end_user_id,
        sign_in_id=sign_in.id,
        now=NOW,
        loses_access=loses_access,
    )


def test_bind_lets_in_who_came_under_another_user_name(house: House) -> None:
    end_user_id = invited(house)
    sign_in = refused(house, "oid-eddie", SignInReason.OTHER_NAME)
    offered = queries.end_users(house.harbour, NOW)[0].bindable
    assert [(row.id, row.name, row.username) for row in offered] == [
        (sign_in.id, "Eddie Finch", "eddie@harbourvale.example")
    ]
    assert bind(house, end_user_id, sign_in) is None
    row = queries.end_users(house.harbour, NOW)[0]
    assert (row.state, row.name, row.bindable) == (EndUserState.BOUND, "Eddie Finch", ())
    person = EndUser.objects.get().person
    assert person is not None
    assert (person.tid, person.oid) == (HARBOUR_TENANT, "oid-eddie")
    assert audit_verbs()[-1] == "end_user.bound"


def test_bind_moves_access_to_a_recreated_account(house: House) -> None:
    person = make_person(HARBOUR_TENANT, "oid-old", "Quinn", "quinn@harbourvale.example")
    end_user = make_end_user(house.harbour, person, EndUserRole.MODIFY)
    sign_in = refused(house, "oid-new", SignInReason.RECREATED, end_user=end_user)
    assert [row.oid for row in queries.end_users(house.harbour, NOW)[0].bindable] == ["oid-new"]
    assert reason_of(bind(house, end_user.id, sign_in)) == "gone"  # the page did not say who would lose it
    assert bind(house, end_user.id, sign_in, loses_access=person.id) is None
    end_user.refresh_from_db()
    assert end_user.person is not None
    assert end_user.person.oid == "oid-new"
    row = AuditRow.objects.get(verb="end_user.bound")
    assert (row.before, row.after) == (
        {"person": "Quinn", "tid": HARBOUR_TENANT, "oid": "oid-old"},
        {"tid": HARBOUR_TENANT, "oid": "oid-new"},
    )


@pytest.mark.parametrize(
    ("reason", "tid"),
    [
        (SignInReason.GUEST, HARBOUR_TENANT),
        (SignInReason.PERSONAL, "9188040d-6c67-4c5b-b112-36a304b66dad"),
        (SignInReason.OTHER_TENANT, NORDLYS_TENANT),
        (SignInReason.OTHER_NAME, NORDLYS_TENANT),
        (SignInReason.UNKNOWN, HARBOUR_TENANT),
    ],
)
def test_bind_lets_nobody_else_in(house: House, reason: SignInReason, tid: str) -> None:
    end_user_id = invited(house)
    assert reason_of(bind(house, end_user_id, refused(house, "oid-x", reason, tid))) == "not_bindable"
    assert EndUser.objects.get().person is None


def test_bind_needs_a_sign_in_of_this_company_and_this_invitation(house: House) -> None:
    end_user_id = invited(house)
    elsewhere = refused(house, "oid-x", SignInReason.OTHER_NAME)
    SignInRecord.objects.filter(id=elsewhere.id).update(company_id=house.nordlys)
    assert reason_of(bind(house, end_user_id, elsewhere)) == "not_bindable"
    other = EndUser.objects.get(id=invited(house, "zoe@harbourvale.example"))
    for_other = refused(house, "oid-z", SignInReason.OTHER_NAME, end_user=other)
    assert reason_of(bind(house, end_user_id, for_other)) == "not_bindable"


def test_bind_gives_nobody_a_second_access_to_the_same_company(house: House) -> None:
    person = make_person(HARBOUR_TENANT, "oid-eddie", "Eddie", "eddie@harbourvale.example")
    make_end_user(house.harbour, person, EndUserRole.VIEW)
    end_user_id = invited(house)
    assert reason_of(bind(house, end_user_id, refused(house, "oid-eddie", SignInReason.OTHER_NAME))) == (
        "person_has_access"
    )


def test_the_link_of_an_invitation_is_an_address(house: House, settings: object) -> None:
    assert queries.invitation_link("a+b@harbourvale.example").endswith("/sign-in/?as=a%2Bb%40harbourvale.example")


def test_all_end_users_are_searched_within_what_the_viewer_sees(house: House) -> None:
    invited(house)
    found = queries.all_end_users(only=None, now=NOW, search="finch")
    assert ([row.email for row in found.rows], found.counts[""]) == ([EDWARD], 1)
    elsewhere = queries.all_end_users(only=frozenset({house.nordlys}), now=NOW)
    assert (elsewhere.rows, set(elsewhere.counts.values())) == ((), {0})
    assert queries.all_end_users(only=frozenset({house.harbour}), now=NOW).counts[""] == 1
    assert queries.all_end_users(only=None, now=NOW, search="harbour & vale").rows == ()  # a company is nobody
