"""Signing in and out through the sandbox's Microsoft, as a browser does it."""

import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from tenantry.branding.models import Brand
from tenantry.kernel import clock
from tenantry.people import actions
from tenantry.people.models import EndUser, Person, SignInRecord, Staff
from tests.people.house import DANA, HARBOUR_TENANT, PARTNER_TENANT, House
from tests.support.sandbox import SandboxHandle
from tests.support.sign_in import choose_account
from tests.web.sign_in.microsoft import asked, begin, come_back, ending, is_signed_in, last_reason, sign_in

pytestmark = pytest.mark.django_db

ANNA = "anna.lindqvist@harbourvale.example"
BEN = "ben.carter@harbourvale.example"
SAM = "samuel.rivera@kestrel-it.example"


def test_the_page_has_one_button_which_is_a_link(client: Client, house: House) -> None:
    page = client.get("/sign-in/", {"next": "/c/1/?a=b", "as": ANNA})
    text = page.content.decode()
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert text.count("Sign in with Microsoft") == 1
    assert 'href="/sign-in/start/?next=%2Fc%2F1%2F%3Fa%3Db&amp;as=anna.lindqvist%40harbourvale.example"' in text
    assert "<form" not in text.partition("<main")[2]  # the strip of the rehearsal has one
    assert "For partner staff" not in text
    assert "For partner staff" in client.get("/sign-in/", {"next": "/office/"}).content.decode()


def test_microsoft_is_asked_for_a_code_with_a_proof_key(client: Client, house: House, settings: Settings) -> None:
    address = begin(client, {"as": ANNA})
    query = asked(address)
    assert address.startswith(f"{settings.LOGIN_URL}/organizations/oauth2/v2.0/authorize?")
    assert (query["response_type"], query["response_mode"], query["code_challenge_method"]) == (
        "code",
        "query",
        "S256",
    )
    assert query["client_id"] == settings.SIGN_IN_CLIENT_ID
    assert query["redirect_uri"] == f"{settings.PUBLIC_URL}/sign-in/return/"
    assert query["scope"] == "openid profile email"
    assert query["login_hint"] == ANNA
    assert min(len(query[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert asked(begin(client))["state"] != query["state"]
    assert asked(begin(client, {"other": "1"}))["prompt"] == "select_account"


def test_an_invited_person_is_let_in_and_goes_where_they_wanted(client: Client, house: House) -> None:
    answer = sign_in(client, ANNA, {"next": "/c/somewhere/?page=2"})
    assert answer.headers["Location"] == "/c/somewhere/?page=2"
    person = Person.objects.get()
    assert (person.tid, person.username, person.is_guest) == (HARBOUR_TENANT, ANNA, False)
    assert client.session["person_id"] == str(person.id)
    assert EndUser.objects.get(email=ANNA).person == person
    assert client.get("/sign-in/", {"next": "/there/"}).headers["Location"] == "/there/"


def test_the_session_gets_a_new_key_and_keeps_nothing_of_before(client: Client, house: House) -> None:
    begin(client)
    address = begin(client)
    before = client.session.session_key
    come_back(client, choose_account(address, ANNA))
    assert client.session.session_key != before
    assert set(client.session.keys()) == {
        "person_id",
        "signed_in_at",
        "proved_at",
        "seen_at",
        "address",
        "agent",
        "contexts",
        "owner_link",
        "_session_expiry",
    }
    assert before is not None
    assert not client.session.exists(before)


@pytest.mark.parametrize(
    ("peer", "forwarded", "logged"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.5", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.5", "10.0.0.5", "10.0.0.5"),
        ("10.0.0.5", "nobody", None),
    ],
    ids=["a claim of the visitor's", "through the proxy", "the proxy itself", "no address"],
)
def test_the_log_says_where_a_sign_in_came_from(
    house: House, settings: Settings, peer: str, forwarded: str, logged: str | None
) -> None:
    settings.TLS_PROXY_HEADER, settings.PROXY_ADDRESSES = True, ["10.0.0.5"]
    visitor = Client(REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded, "User-Agent": "A browser"})
    sign_in(visitor, ANNA)
    record = SignInRecord.objects.get()
    assert (record.address, record.agent) == (logged, "A browser")


def test_end_users_begin_in_the_portal_and_staff_in_the_back_office(client: Client, house: House) -> None:
    assert sign_in(client, ANNA).headers["Location"] == "/"
    assert sign_in(client, SAM).headers["Location"] == "/office/"


def test_staff_sign_in_with_the_partners_tenant_as_authority(client: Client, house: House, settings: Settings) -> None:
    address = begin(client, {"next": "/office/companies/"})
    assert address.startswith(f"{settings.LOGIN_URL}/{PARTNER_TENANT}/oauth2/v2.0/authorize?")
    answer = come_back(client, choose_account(address, SAM))
    assert answer.headers["Location"] == "/office/companies/"
    assert Staff.objects.get(email=SAM).person == Person.objects.get()


def test_a_proof_that_is_dated_ahead_does_not_stay_fresh_for_longer(client: Client, house: House) -> None:
    ahead = int(clock.now().timestamp()) + 86400
    account = {"tenant": HARBOUR_TENANT, "upn": BEN, "claims": json.dumps({"auth_time": ahead})}
    sign_in(client, "another", None, **account)
    assert is_signed_in(client)
    assert client.session["proved_at"] <= clock.now().timestamp()


def test_signing_out_ends_the_session_on_the_server(client: Client, house: House) -> None:
    sign_in(client, ANNA)
    key = client.session.session_key
    assert key is not None
    assert "You are signed in as" in client.get("/sign-out/").content.decode()
    assert is_signed_in(client)
    answer = client.post("/sign-out/")
    assert answer.headers["Location"] == "/sign-out/"
    assert not client.session.exists(key)
    page = client.get("/sign-out/").content.decode()
    assert "You are signed out" in page
    assert "/organizations/oauth2/v2.0/logout?post_logout_redirect_uri=" in page


def test_signing_out_needs_a_form_of_ours(house: House) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, ANNA)
    assert client.post("/sign-out/").status_code == 403
    assert is_signed_in(client)


def test_several_tabs_may_wait_at_microsoft_at_once(client: Client, house: House) -> None:
    first, second = begin(client, {"next": "/one/"}), begin(client, {"next": "/two/"})
    assert come_back(client, choose_account(second, "edward.finch@harbourvale.example")).status_code == 302
    assert come_back(client, choose_account(first, ANNA)).headers["Location"] == "/one/"


def test_the_oldest_of_many_waiting_tabs_starts_again(client: Client, house: House) -> None:
    first = begin(client)
    for _ in range(5):
        begin(client)
    status, text = ending(client, come_back(client, choose_account(first, ANNA)))
    assert (status, "This sign-in was not finished" in text) == (400, True)


@pytest.mark.parametrize(
    ("person", "reason", "title"),
    [
        ("edward.finch@harbourvale.example", "other_name", "This account is not known here yet"),
        ("kristjan.tamm@tallinnpuit.example", "unknown", "You have no access here yet"),
        ("tomasz.wrona@kestrel-it.example", "other_name", "This account is not known here yet"),
    ],
)
def test_people_without_access_get_a_calm_page(
    client: Client, house: House, person: str, reason: str, title: str
) -> None:
    status, text = ending(client, sign_in(client, person))
    assert status == 403
    assert f"<h1>{title}</h1>" in text
    assert f"You used the account {person}." in text
    assert last_reason() == reason
    assert not is_signed_in(client)
    assert not Person.objects.exists()


def test_the_page_says_whom_to_ask(client: Client, house: House) -> None:
    Brand.objects.update_or_create(
        id=1, defaults={"support_name": "the Kestrel desk", "support_email": "desk@k.example"}
    )
    _status, text = ending(client, sign_in(client, "edward.finch@harbourvale.example"))
    assert "Ask the Kestrel desk: they can see this attempt, and let you in without a new invitation." in text
    assert 'href="mailto:desk@k.example"' in text


def test_an_expired_invitation_says_so(client: Client, house: House) -> None:
    EndUser.objects.update(expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    status, text = ending(client, sign_in(client, ANNA))
    assert (status, "Your invitation has expired" in text, last_reason()) == (403, True, "expired")


def test_bind_lets_a_recreated_account_in(client: Client, house: House) -> None:
    sign_in(client, "quinn.avery@greenfield-schools.example")
    client.post("/sign-out/")
    status, text = ending(client, sign_in(client, "quinn.avery (recreated)"))
    assert (status, "This account is not known here yet" in text) == (403, True)
    record = SignInRecord.objects.latest("id")
    assert record.reason == "recreated"
    end_user = EndUser.objects.get(email="quinn.avery@greenfield-schools.example")
    bound = actions.bind_end_user(
        acting_as=DANA,
        company_id=end_user.company_id,
        end_user_id=end_user.id,
        sign_in_id=record.id,
        now=clock.now(),
        loses_access=end_user.person_id,
    )
    assert bound is None
    assert sign_in(client, "quinn.avery (recreated)").headers["Location"] == "/"
    other = Client()
    ending(other, sign_in(other, "quinn.avery@greenfield-schools.example"))
    assert not is_signed_in(other)


def test_an_administrators_approval_is_explained_with_the_link_for_them(
    client: Client, house: House, settings: Settings
) -> None:
    address = begin(client)
    back = choose_account(address, "daan.visser@vandenberg-logistiek.example", consent="approval_wanted")
    answer = come_back(client, back)
    assert answer.headers["Location"] == "/admin-approval/"
    text = client.get("/admin-approval/").content.decode()
    assert "An administrator must approve first" in text
    assert f"{settings.LOGIN_URL}/organizations/v2.0/adminconsent?client_id={settings.SIGN_IN_CLIENT_ID}" in text
    returned = client.get("/sign-in/return/", {"admin_consent": "True", "tenant": "x", "state": ""})
    assert returned.headers["Location"] == "/admin-approval/?done=1"
    assert "<h1>Approved</h1>" in client.get(returned.headers["Location"]).content.decode()
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("code", "title", "status"),
    [
        (65004, "You did not sign in", 403),
        (53003, "Microsoft did not let you sign in", 403),
        (50105, "Microsoft did not let you sign in", 403),
        (700016, "Signing in is not set up completely", 502),
    ],
)
def test_microsofts_refusals_are_answers(client: Client, house: House, code: int, title: str, status: int) -> None:
    state = asked(begin(client))["state"]
    query = {"state": state, "error": "access_denied", "error_description": f"AADSTS{code}: Words of Microsoft."}
    shown, text = ending(client, client.get("/sign-in/return/", query))
    assert (shown, f"<h1>{title}</h1>" in text) == (status, True)
    assert "Words of Microsoft" not in text


def test_cancelling_at_microsofts_page_comes_back_calmly(client: Client, house: House) -> None:
    back = choose_account(begin(client), ANNA, action="cancel")
    assert "You did not sign in" in ending(client, come_back(client, back))[1]


@pytest.mark.parametrize("path", ["*token*", "*keys*"])
def test_microsoft_out_of_reach(
    client: Client, house: House, sandbox: SandboxHandle, settings: Settings, path: str
) -> None:
    settings.LOGIN_URL = sandbox.url.replace("127.0.0.1", "localhost")  # its keys have not been read before
    back = choose_account(begin(client), ANNA)
    sandbox.fault("status", path=path, status=503)
    status, text = ending(client, come_back(client, back))
    assert (status, "Microsoft cannot be reached" in text) == (503, True)
    assert not is_signed_in(client)


def test_the_owners_link_goes_to_the_partners_tenant_and_makes_an_owner(
    client: Client, sandbox: SandboxHandle, db: None, settings: Settings
) -> None:
    link = urlsplit(actions.make_owner_link(clock.now())).path
    page = client.get(link)
    assert "Become the owner" in page.content.decode()
    start = f"/sign-in/start/?owner={link.split('/')[2]}&amp;other=1"
    assert start in page.content.decode()
    address = begin(client, {"owner": link.split("/")[2]})
    assert f"/{PARTNER_TENANT}/oauth2/" in address
    answer = come_back(client, choose_account(address, "dana.okafor@kestrel-it.example"))
    assert answer.headers["Location"] == "/office/"
    staff = Staff.objects.get()
    assert (staff.role, staff.email) == ("owner", "dana.okafor@kestrel-it.example")
    used = client.get(link)
    assert (used.status_code, "This link cannot be used any more" in used.content.decode()) == (410, True)


def test_the_owners_link_is_for_members_of_the_partners_tenant(
    client: Client, sandbox: SandboxHandle, db: None
) -> None:
    token = urlsplit(actions.make_owner_link(clock.now())).path.split("/")[2]
    guest = "oskar.lind_freelance-lind.example#EXT#@kestrelit.onmicrosoft.com"
    status, text = ending(client, sign_in(client, guest, {"owner": token}))
    assert (status, "This sign-in is for partner staff" in text) == (403, True)
    assert last_reason() == "not_partner"
    assert (is_signed_in(client), Staff.objects.count()) == (False, 0)
    assert actions.owner_link_is_good(token, clock.now())
