"""Staff who must have used a second factor: how it is tried, required, missed and got round with the console's link."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from tenantry.kernel import clock
from tenantry.people import actions, queries
from tenantry.people.models import SignInRecord, StaffSignInRule
from tenantry.people.sessions import SessionStore
from tests.people.house import DANA as OWNER
from tests.people.house import PARTNER_TENANT, House, audit_verbs
from tests.support.sandbox import SandboxHandle
from tests.support.sign_in import choose_account
from tests.web.backoffice.visitors import page, told
from tests.web.sign_in.microsoft import asked, begin, changed, come_back, ending, is_signed_in, last_reason, sign_in

pytestmark = pytest.mark.django_db

DANA = "dana.okafor@kestrel-it.example"
SAM = "samuel.rivera@kestrel-it.example"
ANNA = "anna.lindqvist@harbourvale.example"
STAFF = "/office/people/staff/"
REQUIRE, STOP = f"{STAFF}second-factor/", f"{STAFF}second-factor/stop/"
OFFICE = {"next": "/office/"}


@pytest.fixture
def dana(house: House) -> Client:
    """An owner who has just signed in, as always."""
    client = Client()
    sign_in(client, DANA, OFFICE)
    return client


@pytest.fixture
def required(house: House) -> None:
    """A second factor that is required already."""
    actions.require_second_factor(acting_as=OWNER, context="c1", proven={"c1"}, now=clock.now())


def try_it(client: Client, context: str = "c1", **form: str) -> tuple[dict[str, str], str]:
    """Follow the link of the page; return what Microsoft was asked and where the return led."""
    address = begin(client, {"fresh": "1", "context": context, "next": STAFF})
    answer = come_back(client, choose_account(address, DANA, **form))
    return asked(address), answer.headers["Location"]


def test_it_is_off_and_cannot_be_switched_on_untried(dana: Client) -> None:
    assert queries.staff_context() == ""
    text = told(dana, STAFF)
    assert "Second factor Not required here" in text
    assert "It can be required once you have signed in that way yourself, in this session." in text
    assert "Require c1 of all staff" not in text
    before = audit_verbs()
    dana.post(REQUIRE, {"context": "c1"})
    assert "You are not signed in with c1 in this session. Sign in with it first." in told(dana, STAFF)
    dana.post(REQUIRE, {"context": "everything"})
    assert "This is no authentication context. Write one such as c1." in told(dana, STAFF)
    assert "This is no authentication context. Write one such as c1." in told(dana, f"{STAFF}?context=c0")
    folded, opened = '<details class="disclosure">', '<details class="disclosure" open>'
    assert (folded in page(dana.get(STAFF)), opened in page(dana.get(f"{STAFF}?context=c0"))) == (True, True)
    assert (queries.staff_context(), audit_verbs()) == ("", before)


def test_an_owner_tries_it_and_then_requires_it(dana: Client, house: House) -> None:
    sam = Client()
    sign_in(sam, SAM, OFFICE)
    query, location = try_it(dana)
    assert json.loads(query["claims"]) == {"id_token": {"acrs": {"essential": True, "value": "c1"}}}
    assert (query["prompt"], location) == ("login", STAFF)
    assert "Require c1 of all staff" in told(dana, STAFF)
    assert dana.post(REQUIRE, {"context": "c2"}).status_code == 302  # another one than was tried
    assert queries.staff_context() == ""
    before = len(audit_verbs())
    dana.post(REQUIRE, {"context": "C1"})
    assert "Staff need a second factor now (c1)." in told(dana, STAFF)
    assert audit_verbs()[before:] == ["second_factor.required"]
    assert dana.get("/office/").status_code == 200
    out = sam.get("/office/")
    assert (out.status_code, "ended=factor" in out.headers["Location"]) == (302, True)
    assert "Staff need a second factor here now." in page(sam.get(out.headers["Location"]))
    dana.post(STOP)
    assert queries.staff_context() == ""
    assert audit_verbs()[-1] == "second_factor.not_required"


@pytest.mark.parametrize(
    ("context", "form", "title"),
    [
        ("c1", {"mfa": "no"}, "A second factor is needed"),
        ("c7", {}, "Microsoft refused this authentication context"),
    ],
    ids=["no second factor", "no such context"],
)
def test_a_try_that_fails_changes_nothing(dana: Client, context: str, form: dict[str, str], title: str) -> None:
    address = begin(dana, {"fresh": "1", "context": context, "next": STAFF})
    status, text = ending(dana, come_back(dana, choose_account(address, DANA, **form)))
    assert (status, f"<h1>{title}</h1>" in text) == (403, True)
    assert "It can be required once" in told(dana, STAFF)  # still signed in
    dana.post(REQUIRE, {"context": context})
    assert queries.staff_context() == ""


def test_a_token_without_the_claim_proves_nothing(dana: Client) -> None:
    address = begin(dana, {"fresh": "1", "context": "c1", "next": STAFF})
    back = choose_account(changed(address, claims=""), DANA)
    assert ending(dana, come_back(dana, back))[0] == 403
    dana.post(REQUIRE, {"context": "c1"})
    assert queries.staff_context() == ""


def test_the_page_says_that_a_context_without_a_policy_proves_nothing(dana: Client) -> None:
    assert try_it(dana, "c2", mfa="no")[1] == STAFF  # Microsoft grants it to everybody
    assert "Microsoft also confirms a context that has no policy" in told(dana, STAFF)


def test_staff_sign_in_with_it_by_every_way(house: House, required: None) -> None:
    direct = Client()
    assert "claims" in asked(begin(direct, OFFICE))
    assert sign_in(direct, SAM, OFFICE).headers["Location"] == "/office/"
    assert direct.get("/office/").status_code == 200
    by_the_portal = Client()
    first = begin(by_the_portal)
    assert "claims" not in asked(first)
    again = come_back(by_the_portal, choose_account(first, SAM)).headers["Location"]
    assert again.startswith("/sign-in/start/?staff=1")
    assert not is_signed_in(by_the_portal)
    assert last_reason() == "second_factor"
    query = asked(address := by_the_portal.get(again).headers["Location"])
    assert ("claims" in query, query["login_hint"]) == (True, SAM)
    assert come_back(by_the_portal, choose_account(address, SAM)).headers["Location"] == "/office/"
    assert is_signed_in(by_the_portal)


def test_staff_without_it_are_not_let_in_and_not_bound(client: Client, house: House, required: None) -> None:
    status, text = ending(client, sign_in(client, SAM, OFFICE, mfa="no"))
    assert (status, "A second factor is needed" in text) == (403, True)
    assert not is_signed_in(client)
    account = {"tenant": PARTNER_TENANT, "upn": SAM, "claims": json.dumps({"acrs": ["c2"]})}
    assert ending(client, sign_in(client, "another", OFFICE, **account))[0] == 403
    assert last_reason() == "second_factor"
    assert not SignInRecord.objects.filter(accepted=True).exists()
    assert not is_signed_in(client)


def test_customers_are_not_asked_for_it(client: Client, house: House, required: None) -> None:
    assert sign_in(client, ANNA, mfa="no").headers["Location"] == "/"
    assert is_signed_in(client)


def test_a_fresh_sign_in_of_staff_asks_for_it_again(house: House, required: None) -> None:
    sam = Client()
    sign_in(sam, SAM, OFFICE)
    address = begin(sam, {"fresh": "1", "next": "/office/"})
    assert "claims" in asked(address)
    assert come_back(sam, choose_account(address, SAM)).headers["Location"] == "/office/"
    assert sam.get("/office/").status_code == 200


def test_only_owners_try_it(house: House) -> None:
    sam = Client()
    sign_in(sam, SAM, OFFICE)
    assert "claims" not in asked(begin(sam, {"fresh": "1", "context": "c1"}))


def test_the_consoles_link_lets_in_who_is_locked_out_until_that_session_ends(
    client: Client, house: House, sandbox: SandboxHandle, required: None
) -> None:
    sandbox.call("PATCH", f"/_sandbox/entra/tenants/{PARTNER_TENANT}", {"contexts": {}})
    ending(client, sign_in(client, DANA, OFFICE))
    token = actions.make_owner_link(clock.now()).rstrip("/").rpartition("/")[2]
    address = begin(client, {"owner": token, "other": "1"})
    assert "claims" not in asked(address)
    assert come_back(client, choose_account(address, DANA, mfa="no")).headers["Location"] == "/office/"
    assert "You came in with the owner link." in told(client, STAFF)
    fresh = begin(client, {"fresh": "1", "next": "/office/"})
    assert "claims" not in asked(fresh)
    assert come_back(client, choose_account(fresh, DANA, mfa="no")).headers["Location"] == "/office/"
    assert queries.staff_context() == "c1"  # it stays required of everybody else
    store = SessionStore(client.cookies["tenantry"].value)
    store["signed_in_at"] -= 9.5 * 3600
    store.save()
    come_back(client, choose_account(begin(client, {"fresh": "1"}), DANA, mfa="no"))
    assert client.get("/office/").status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
        assert "ended=day" in client.get("/office/").headers["Location"]  # proving oneself anew gives no more time
    assert ending(client, sign_in(client, DANA, OFFICE))[0] == 403
    link = actions.make_owner_link(clock.now()).rstrip("/").rpartition("/")[2]
    come_back(client, choose_account(begin(client, {"owner": link}), DANA, mfa="no"))
    client.post(STOP)
    assert StaffSignInRule.objects.get().context == ""
