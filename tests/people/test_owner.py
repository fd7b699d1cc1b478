"""The one-time link of the console."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from tenantry.clients.entra import PERSONAL_TENANT
from tenantry.people import actions, queries
from tenantry.people.access import viewer
from tenantry.people.models import OwnerLink, Person, SignInRecord, Staff, StaffRole
from tenantry.people.outcomes import SignInOutcome, SignInReason
from tenantry.people.permissions import Permission
from tests.people.house import HARBOUR_TENANT, NOW, PARTNER_TENANT, audit_verbs
from tests.people.identities import colleague, guest, member, personal
from tests.support.people import make_person, make_staff

pytestmark = pytest.mark.django_db

DANA = colleague("dana.okafor@kestrel-it.example", "oid-dana")


@pytest.fixture(autouse=True)
def partner(settings: Settings) -> None:
    settings.PARTNER_TENANT_ID = PARTNER_TENANT
    settings.BACKOFFICE_URL = "https://office.kestrel-it.example"


def new_token() -> str:
    link = actions.make_owner_link(NOW)
    start = "https://office.kestrel-it.example/first-owner/"
    assert link.startswith(start)
    return link.removeprefix(start).rstrip("/")


def test_the_link_makes_the_first_owner_once() -> None:
    assert not queries.has_owner()
    token = new_token()
    assert token not in str(OwnerLink.objects.values())
    assert actions.owner_link_is_good(token, NOW)
    outcome = actions.take_owner_link(DANA, digest=actions.link_digest(token), now=NOW)
    person = Person.objects.get()
    assert outcome == SignInOutcome(person.id, None)
    assert (person.tid, person.oid) == (PARTNER_TENANT, "oid-dana")
    who = viewer(person.id)
    assert who is not None
    assert who.may(Permission.OFFICE_OWNER)
    assert who.office_companies() is None
    assert queries.has_owner()
    assert audit_verbs() == ["owner_link.made", "staff.became_owner"]
    assert SignInRecord.objects.get().accepted
    other = colleague("mallory@kestrel-it.example", "oid-mallory")
    again = actions.take_owner_link(other, digest=actions.link_digest(token), now=NOW)
    assert again == SignInOutcome(None, SignInReason.OWNER_LINK)
    assert Staff.objects.count() == 1


@pytest.mark.parametrize(
    "identity",
    [
        member("dana.okafor@kestrel-it.example", tid=HARBOUR_TENANT),
        guest("dana.okafor@kestrel-it.example", tid=PARTNER_TENANT),
        personal("dana.okafor@kestrel-it.example"),
    ],
    ids=["another tenant", "guest", "personal account"],
)
def test_only_a_member_of_the_partners_tenant_takes_it(identity: object) -> None:
    token = new_token()
    outcome = actions.take_owner_link(identity, digest=actions.link_digest(token), now=NOW)  # type: ignore[arg-type]
    assert outcome == SignInOutcome(None, SignInReason.NOT_PARTNER)
    assert Staff.objects.count() == 0
    assert Person.objects.count() == 0
    assert SignInRecord.objects.get().reason == "not_partner"
    assert actions.owner_link_is_good(token, NOW)


def test_a_personal_account_takes_it_under_no_setting(settings: Settings) -> None:
    settings.PARTNER_TENANT_ID = PERSONAL_TENANT
    outcome = actions.take_owner_link(
        personal("somebody@outlook.com"), digest=actions.link_digest(new_token()), now=NOW
    )
    assert outcome == SignInOutcome(None, SignInReason.NOT_PARTNER)
    assert not Staff.objects.exists()


def test_it_ends_after_a_day_and_with_the_next_one() -> None:
    token = new_token()
    assert not actions.owner_link_is_good(token, NOW + timedelta(hours=24))
    late = actions.take_owner_link(DANA, digest=actions.link_digest(token), now=NOW + timedelta(hours=24))
    assert late.reason == SignInReason.OWNER_LINK
    newer = new_token()
    assert not actions.owner_link_is_good(token, NOW)
    assert actions.owner_link_is_good(newer, NOW)
    assert not actions.owner_link_is_good("", NOW)


def test_it_also_lifts_somebody_who_is_there_and_takes_over_a_recreated_account() -> None:
    staff = make_staff(make_person(PARTNER_TENANT, "oid-old", "Dana", DANA.username), StaffRole.SUPPORT, [])
    outcome = actions.take_owner_link(DANA, digest=actions.link_digest(new_token()), now=NOW)
    staff.refresh_from_db()
    assert (staff.person_id, staff.role, staff.all_companies) == (outcome.person_id, "owner", True)
    assert Staff.objects.count() == 1
