"""Attacks on sign-in. Each is tried on a fresh process of mind, and again right after a good sign-in of the victim."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from tenantry.kernel import clock
from tenantry.people.models import EndUser, Person, SignInRecord, Staff
from tests.people.house import HARBOUR_TENANT, PARTNER_TENANT, House
from tests.support.sign_in import choose_account
from tests.web.sign_in.microsoft import asked, begin, come_back, ending, is_signed_in, last_reason, sign_in

pytestmark = pytest.mark.django_db

ANNA = "anna.lindqvist@harbourvale.example"
BEN = "ben.carter@harbourvale.example"
MALLORY_TENANT = "4ec052ad-dcfb-5b27-9c65-366deeb54e41"


@pytest.fixture(params=["at first", "after a good sign-in"])
def good_sign_in_before(request: pytest.FixtureRequest, house: House) -> bool:
    """Let Anna in once, in her own browser, before the attack."""
    before: bool = request.param == "after a good sign-in"
    if before:
        anna = Client()
        assert sign_in(anna, ANNA).headers["Location"] == "/"
        assert is_signed_in(anna)
    return before


@pytest.fixture
def unchanged(good_sign_in_before: bool, client: Client) -> Callable[[], None]:
    """Return a check that nobody was let in and nothing was bound."""
    people = set(Person.objects.values_list("tid", "oid"))
    bound = set(EndUser.objects.values_list("id", "person_id"))
    accepted = SignInRecord.objects.filter(accepted=True).count()

    def check() -> None:
        assert not is_signed_in(client)
        assert set(Person.objects.values_list("tid", "oid")) == people
        assert set(EndUser.objects.values_list("id", "person_id")) == bound
        assert not Staff.objects.exclude(person=None).exists()
        assert SignInRecord.objects.filter(accepted=True).count() == accepted

    return check


@pytest.mark.parametrize(
    ("person", "reason", "title"),
    [
        ("mallory: anna@mallory.example", "other_tenant", "You have no access here yet"),
        ("mallory: ben.carter@harbourvale.example", "other_tenant", "You have no access here yet"),
        ("mallory: dana@mallory.example", "unknown", "You have no access here yet"),
        (
            "ingrid.solberg_nordlys-shipping.example#EXT#@harbourvale.onmicrosoft.com",
            "guest",
            "This account is a guest",
        ),
        ("jamie.fox_outlook.com#EXT#@harbourvale.onmicrosoft.com", "guest", "This account is a guest"),
        ("oskar.lind_freelance-lind.example#EXT#@kestrelit.onmicrosoft.com", "guest", "This account is a guest"),
        ("anna.lindqvist@outlook.com", "personal", "This is a personal Microsoft account"),
    ],
)
def test_hostile_accounts_of_the_world(
    client: Client, unchanged: Callable[[], None], person: str, reason: str, title: str
) -> None:
    status, text = ending(client, sign_in(client, person))
    assert (status, f"<h1>{title}</h1>" in text) == (403, True)
    assert last_reason() == reason
    unchanged()


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        ({"tenant": MALLORY_TENANT, "upn": ANNA, "email": ANNA, "email_verified": "yes"}, "other_tenant"),
        ({"tenant": MALLORY_TENANT, "upn": "x@mallory.example", "claims": json.dumps({"email": ANNA})}, "other_tenant"),
        ({"tenant": HARBOUR_TENANT, "upn": "x@harbourvale.example", "email": BEN}, "other_name"),
        ({"tenant": HARBOUR_TENANT, "upn": BEN, "guest_of": MALLORY_TENANT}, "guest"),
        ({"tenant": PARTNER_TENANT, "upn": "x@kestrel-it.example", "email": "dana.okafor@kestrel-it.example"}, None),
    ],
    ids=["user name", "claim", "unverified address at home", "guest with the user name", "owner's address"],
)
def test_accounts_that_an_administrator_makes_up(
    client: Client, unchanged: Callable[[], None], account: dict[str, str], reason: str | None
) -> None:
    status, _text = ending(client, sign_in(client, "another", None, **account))
    assert status == 403
    assert last_reason() == (reason or "other_name")
    unchanged()


@pytest.mark.parametrize(
    "forged",
    [
        {"signed_with": "unknown"},
        {"signed_with": "other"},
        {"claims": '{"aud": "7d1c6a40-4f0e-4c57-9a41-0f6b5a3e1002"}'},
        {"claims": '{"aud": "7d1c6a40-4f0e-4c57-9a41-0f6b5a3e1002", "azp": "7d1c6a40-4f0e-4c57-9a41-0f6b5a3e1001"}'},
        {"claims": json.dumps({"iss": f"https://login.microsoftonline.com/{MALLORY_TENANT}/v2.0"})},
        {"claims": json.dumps({"tid": MALLORY_TENANT})},
        {"claims": '{"nonce": "another"}'},
        {"claims": '{"exp": 1700000000}'},
        {"claims": '{"nbf": 4100000000, "iat": 4100000000}'},
    ],
    ids=[
        "unknown key",
        "key of another issuer",
        "wrong audience",
        "wrong audience with azp",
        "wrong issuer",
        "wrong tenant",
        "wrong nonce",
        "expired",
        "not yet",
    ],
)
def test_forged_tokens(client: Client, unchanged: Callable[[], None], forged: dict[str, str]) -> None:
    logged = SignInRecord.objects.count()
    account = {"tenant": HARBOUR_TENANT, "upn": BEN} | forged
    status, text = ending(client, sign_in(client, "another", None, **account))
    assert (status, "This sign-in could not be confirmed" in text) == (403, True)
    assert SignInRecord.objects.count() == logged
    unchanged()


def test_the_tenant_of_another_with_its_own_key_is_just_another_tenant(
    client: Client, unchanged: Callable[[], None]
) -> None:
    """A token that a hostile tenant got for itself, with the victim's object id."""
    anna_oid = "e5948a7d-0000-0000-0000-000000000000"
    ending(client, sign_in(client, "another", tenant=MALLORY_TENANT, upn=ANNA, oid=anna_oid))
    assert last_reason() == "other_tenant"
    unchanged()


def test_a_state_works_once(client: Client, house: House) -> None:
    back = choose_account(begin(client), BEN)
    assert come_back(client, back).headers["Location"] == "/"
    client.post("/sign-out/")
    status, text = ending(client, come_back(client, back))
    assert (status, "This sign-in was not finished" in text) == (400, True)
    assert not is_signed_in(client)


def test_a_state_is_used_up_by_a_failed_return_too(client: Client, unchanged: Callable[[], None]) -> None:
    back = choose_account(begin(client), BEN)
    ending(client, come_back(client, back, code="made-up"))
    ending(client, come_back(client, back))
    unchanged()


def test_a_state_is_used_up_by_a_return_that_fails_here(
    client: Client, unchanged: Callable[[], None], settings: Settings
) -> None:
    address = choose_account(begin(client), BEN)
    microsoft, settings.LOGIN_URL = settings.LOGIN_URL, "http://[broken"
    client.raise_request_exception = False
    assert come_back(client, address).status_code == 500
    settings.LOGIN_URL = microsoft
    ending(client, come_back(client, address))
    unchanged()


@pytest.mark.parametrize("state", ["", "made-up"])
def test_a_state_that_we_did_not_make(client: Client, unchanged: Callable[[], None], state: str) -> None:
    back = choose_account(begin(client), BEN)
    assert ending(client, come_back(client, back, state=state))[0] == 400
    unchanged()


def test_a_state_of_another_browser(client: Client, unchanged: Callable[[], None]) -> None:
    """Somebody sends the victim a link that would sign the victim in as the attacker."""
    attacker = Client()
    back = choose_account(begin(attacker), BEN)
    assert ending(client, come_back(client, back))[0] == 400
    unchanged()


def test_a_code_of_another_attempt(client: Client, unchanged: Callable[[], None]) -> None:
    """The code is stolen, the state is the thief's own: the proof key does not fit."""
    stolen = asked(choose_account(begin(Client()), BEN))["code"]
    own = choose_account(begin(client), "edward.finch@harbourvale.example")
    assert ending(client, come_back(client, own, code=stolen))[0] == 400
    unchanged()


def test_a_code_works_once(client: Client, house: House) -> None:
    back = choose_account(begin(client), BEN)
    code = asked(back)["code"]
    assert come_back(client, back).headers["Location"] == "/"
    thief = Client()
    own = choose_account(begin(thief), "edward.finch@harbourvale.example")
    assert ending(thief, come_back(thief, own, code=code))[0] == 400
    assert not is_signed_in(thief)


def test_a_token_of_another_attempt_has_another_nonce(client: Client, unchanged: Callable[[], None]) -> None:
    """Even with the proof key replaced, the nonce ties the token to the attempt."""
    attempts = begin(client), begin(client)
    session = client.session
    kept = session["sign_in_attempts"]
    first, second = (asked(address)["state"] for address in attempts)
    kept[first]["attempt"]["verifier"] = kept[second]["attempt"]["verifier"]
    session["sign_in_attempts"] = kept
    session.save()
    code = asked(choose_account(attempts[1], BEN))["code"]
    answer = client.get("/sign-in/return/", {"state": first, "code": code})
    assert "This sign-in could not be confirmed" in ending(client, answer)[1]
    unchanged()


def test_an_attempt_ends_after_a_while(client: Client, unchanged: Callable[[], None]) -> None:
    back = choose_account(begin(client), BEN)
    with time_machine.travel(clock.now() + timedelta(minutes=16), tick=False):
        assert ending(client, come_back(client, back))[0] == 400
    unchanged()


ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "javascript:alert(1)",
    "http:evil.example",
    "///evil.example",
    "/\t/evil.example",
    "evil.example",
    " /\n/evil.example",
)


def test_the_way_back_never_leads_elsewhere(client: Client, house: House) -> None:
    for elsewhere in ELSEWHERE:
        begin(client, {"next": elsewhere})
        page = client.get("/sign-in/", {"next": elsewhere}).content.decode()
        assert "evil" not in page.partition("<main")[2]  # the strip of the rehearsal leads back to this very page
    assert {kept["next"] for kept in client.session["sign_in_attempts"].values()} == {""}
    assert sign_in(client, BEN, {"next": "https://evil.example/"}).headers["Location"] == "/"
    for elsewhere in ELSEWHERE:
        assert client.get("/sign-in/", {"next": elsewhere}).headers["Location"] == "/"


def test_the_redirect_address_is_ours_whatever_host_the_request_names(house: House) -> None:
    address = begin(Client(headers={"host": "localhost"}))
    assert asked(address)["redirect_uri"].endswith("127.0.0.1:8000/sign-in/return/")


def test_a_changed_user_name_takes_nothing_over(client: Client, house: House, good_sign_in_before: bool) -> None:
    """Somebody at the company gets the victim's former user name: the access stays with the victim's account."""
    if not good_sign_in_before:
        sign_in(Client(), ANNA)
    another = "0d6c9f5e-4f0b-4a53-9d0c-6f7f2f1c8a11"
    status, _text = ending(client, sign_in(client, "another", tenant=HARBOUR_TENANT, upn=ANNA, oid=another))
    assert (status, last_reason()) == (403, "recreated")
    assert Person.objects.get().oid != another
    assert not is_signed_in(client)
