"""What locks everybody out is an alarm: in the log, by mail, in the back office, until a sign-in succeeds again."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog
from django.test import Client
from pytest_django import Settings

from tenantry.kernel import clock
from tenantry.notices.models import Notice
from tenantry.people.application import sign_in_alarm
from tenantry.people.models import SignInTrouble, StaffRole
from tests.people.house import House
from tests.support.sandbox import SandboxHandle
from tests.support.sign_in import choose_account
from tests.web.backoffice.visitors import page, staff_of
from tests.web.sign_in.microsoft import asked, begin, come_back, ending, is_signed_in, sign_in

pytestmark = pytest.mark.django_db

ANNA = "anna.lindqvist@harbourvale.example"
BEN = "ben.carter@harbourvale.example"
QUINN = "quinn.avery@greenfield-schools.example"
SAM = "samuel.rivera@kestrel-it.example"
CALM = "Signing in does not work at the moment"
OFFICE = {"next": "/office/"}


@pytest.fixture(autouse=True)
def microsoft_as_it_was(sandbox: SandboxHandle) -> Iterator[None]:
    """Leave no refusal behind."""
    yield
    sandbox.delete("/_sandbox/entra/refusals")


def refuse(sandbox: SandboxHandle, code: int, **more: object) -> None:
    """Have the token endpoint refuse sign-ins from now on."""
    sandbox.post("/_sandbox/entra/refusals", {"code": code, "grant_type": "authorization_code", "count": None, **more})


def mails() -> list[tuple[str, str]]:
    """Return what the partner was mailed about it."""
    return list(Notice.objects.filter(kind="sign_in_broken").values_list("subject", "body"))


def in_the_office(role: StaffRole) -> str:
    """Open a page of the back office as somebody who is still inside."""
    return page(staff_of(role).get("/office/"))


def test_a_secret_that_has_expired_rings_until_a_sign_in_succeeds(
    client: Client, house: House, sandbox: SandboxHandle, settings: Settings
) -> None:
    address = f"/_sandbox/entra/applications/{settings.SIGN_IN_CLIENT_ID}"
    good = [{"value": settings.SIGN_IN_CLIENT_SECRET, "expires": None}]
    sandbox.call("PATCH", address, {"secrets": [good[0] | {"expires": 1}]})
    with structlog.testing.capture_logs() as logged:
        status, text = ending(client, sign_in(client, ANNA))
    assert (status, f"<h1>{CALM}</h1>" in text) == (503, True)
    assert "This is not about your account" in text
    assert "If it lasts, ask" in text  # a mail goes out only where there is an address for it
    assert not is_signed_in(client)
    (line,) = [line for line in logged if line["event"].startswith("sign_in.")]
    assert (line["log_level"], line["code"], line["advice"]) == ("error", "AADSTS7000222", "secret_expired")
    ((subject, body),) = mails()
    assert subject == "Nobody can sign in"
    assert "The secret of the application for sign-in has expired." in body
    assert "TENANTRY_SIGN_IN_CLIENT_SECRET" in body
    assert "AADSTS7000222" in body
    for role in StaffRole:
        shown = in_the_office(role)
        assert "Nobody can sign in." in shown
        assert "Make a new client secret in Entra" in shown
        assert "AADSTS7000222" in shown

    sandbox.call("PATCH", address, {"secrets": good})
    assert sign_in(client, ANNA).headers["Location"] == "/"
    assert sign_in_alarm() is None
    assert "Nobody can sign in." not in in_the_office(StaffRole.OWNER)


def test_a_sign_in_that_we_refuse_ourselves_shows_as_well_that_microsoft_accepts_us(
    client: Client, house: House, sandbox: SandboxHandle
) -> None:
    refuse(sandbox, 7000222)
    ending(client, sign_in(client, ANNA))
    assert sign_in_alarm() is not None
    sandbox.delete("/_sandbox/entra/refusals")
    status, _text = ending(client, sign_in(client, "kristjan.tamm@tallinnpuit.example"))
    assert (status, sign_in_alarm()) == (403, None)


@pytest.mark.parametrize(("code", "advice"), [(7000215, "secret_wrong"), (70002, "secret_wrong")])
def test_a_secret_that_is_wrong_rings_likewise(
    client: Client, house: House, sandbox: SandboxHandle, code: int, advice: str
) -> None:
    refuse(sandbox, code)
    status, text = ending(client, sign_in(client, BEN))
    assert (status, CALM in text) == (503, True)
    alarm = sign_in_alarm()
    assert alarm is not None
    assert (alarm.advice, alarm.code) == (advice, f"AADSTS{code}")
    assert len(mails()) == 1


def test_there_is_one_mail_a_day(client: Client, house: House, sandbox: SandboxHandle) -> None:
    refuse(sandbox, 7000222)
    for person in (ANNA, BEN, SAM):
        ending(client, sign_in(client, person))
    assert len(mails()) == 1
    Notice.objects.update(subject_id=(clock.now() - timedelta(days=1)).date().isoformat())
    ending(client, sign_in(client, ANNA))
    assert len(mails()) == 2


@pytest.mark.parametrize("code", [700016, 500011])
def test_an_application_that_one_customer_does_not_know_is_that_customers_business(
    client: Client, house: House, sandbox: SandboxHandle, code: int
) -> None:
    refuse(sandbox, code, person=ANNA)
    refuse(sandbox, code, person=BEN)
    for person in (ANNA, BEN, ANNA):
        status, text = ending(client, sign_in(client, person))
        assert (status, "Signing in is not set up completely" in text) == (502, True)
    assert (sign_in_alarm(), mails()) == (None, [])


@pytest.mark.parametrize("code", [700016, 500011])
def test_the_same_from_the_partners_own_tenant_rings(
    client: Client, house: House, sandbox: SandboxHandle, code: int
) -> None:
    refuse(sandbox, code)
    status, text = ending(client, sign_in(client, SAM, OFFICE))
    assert (status, CALM in text) == (503, True)
    assert sign_in_alarm() is not None
    ((_subject, body),) = mails()
    assert "Microsoft does not know the application for sign-in, or it is switched off." in body


def test_staff_who_come_by_the_customers_door_are_of_the_partners_tenant_too(
    client: Client, house: House, sandbox: SandboxHandle
) -> None:
    refuse(sandbox, 700016)
    ending(client, sign_in(client, SAM))
    assert sign_in_alarm() is not None


def test_the_same_from_two_tenants_within_an_hour_rings(client: Client, house: House, sandbox: SandboxHandle) -> None:
    refuse(sandbox, 700016)
    ending(client, sign_in(client, ANNA))
    SignInTrouble.objects.update(last_at=clock.now() - timedelta(minutes=61))
    ending(client, sign_in(client, QUINN))
    assert (sign_in_alarm(), mails()) == (None, [])
    status, text = ending(client, sign_in(client, ANNA))
    assert (status, CALM in text) == (503, True)
    assert (sign_in_alarm() is not None, len(mails())) == (True, 1)
    SignInTrouble.objects.update(last_at=clock.now() - timedelta(hours=5))
    status, text = ending(client, sign_in(client, QUINN))
    assert (status, CALM in text) == (503, True)  # nobody has come in since


def test_a_good_sign_in_in_between_starts_the_count_anew(client: Client, house: House, sandbox: SandboxHandle) -> None:
    refuse(sandbox, 700016, person=ANNA)
    refuse(sandbox, 700016, person=QUINN)
    ending(client, sign_in(client, ANNA))
    sign_in(Client(), BEN)
    ending(client, sign_in(client, QUINN))
    assert (sign_in_alarm(), mails()) == (None, [])


@pytest.mark.parametrize("code", [54005, 70000, 65001, 53003, 50105, 90055])
def test_what_concerns_one_person_rings_for_nobody(
    client: Client, house: House, sandbox: SandboxHandle, code: int
) -> None:
    refuse(sandbox, code)
    come_back(client, choose_account(begin(client), ANNA))
    assert (sign_in_alarm(), mails(), SignInTrouble.objects.count()) == (None, [], 0)


@pytest.mark.parametrize("code", [7000222, 7000215, 700016, 500011])
def test_what_a_browser_brings_back_rings_for_nobody(client: Client, house: House, code: int) -> None:
    """Anybody can write such an address; Microsoft says these things to us, not to the browser."""
    state = asked(begin(client, OFFICE))["state"]
    query = {"state": state, "error": "invalid_client", "error_description": f"AADSTS{code}: Forged."}
    client.get("/sign-in/return/", query)
    assert (sign_in_alarm(), mails(), SignInTrouble.objects.count()) == (None, [], 0)


def test_the_end_of_a_secret_is_said_to_those_who_can_see_to_it(house: House, settings: Settings) -> None:
    settings.SIGN_IN_SECRET_ENDS = (clock.now() + timedelta(days=10)).date()
    sentence = "The secret of the application for sign-in ends on "
    shown = {role: sentence in in_the_office(role) for role in StaffRole}
    assert shown == {
        StaffRole.SUPPORT: False,
        StaffRole.BILLING: False,
        StaffRole.ADMIN: True,
        StaffRole.OWNER: True,
    }
    settings.SIGN_IN_SECRET_ENDS = (clock.now() - timedelta(days=1)).date()
    assert "The secret of the application for sign-in was to end on " in in_the_office(StaffRole.OWNER)
