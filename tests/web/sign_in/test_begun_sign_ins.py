"""Sign-ins that somebody began: how long they are kept, how many there may be, and that nothing else is kept."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from tenantry.kernel import clock
from tenantry.people import actions
from tenantry.people.models import Session, SignInStart
from tenantry.people.sessions import SessionStore, digest_of
from tests.people.house import House
from tests.support.sign_in import choose_account
from tests.web.sign_in.microsoft import begin, come_back, ending, is_signed_in, sign_in

pytestmark = pytest.mark.django_db

BEN = "ben.carter@harbourvale.example"
SAM = "samuel.rivera@kestrel-it.example"


def test_a_sign_in_that_was_begun_is_forgotten_after_a_quarter_of_an_hour(client: Client, house: House) -> None:
    begin(client)
    kept = Session.objects.get()
    assert (kept.person_id, kept.address, kept.agent) == (None, None, "")
    assert timedelta(minutes=14) < kept.expires_at - clock.now() <= timedelta(minutes=15)
    assert len(kept.data) < 1000
    assert int(client.cookies["tenantry"]["max-age"]) == 15 * 60
    with time_machine.travel(clock.now() + timedelta(minutes=16), tick=False):
        SessionStore.clear_expired()
    assert not Session.objects.exists()


def test_a_try_that_failed_is_forgotten_as_soon(client: Client, house: House) -> None:
    ending(client, sign_in(client, "mallory: anna@mallory.example"))
    assert Session.objects.get().expires_at - clock.now() <= timedelta(minutes=15)


def test_a_session_of_somebody_lasts_as_long_as_before_while_they_prove_themselves_anew(
    client: Client, house: House
) -> None:
    sign_in(client, BEN)
    begin(client, {"fresh": "1"})
    assert Session.objects.get().expires_at - clock.now() > timedelta(hours=9)


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/sign-in/",
        "/sign-in/?ended=idle",
        "/sign-in/return/?state=made-up&code=x",
        "/sign-in/return/?state=&error=access_denied",
        "/no-access/",
        "/no-access/?how=made-up",
        "/admin-approval/",
        "/first-owner/made-up/",
        "/sign-out/",
        "/office/",
        "/not-here/",
    ],
)
def test_whoever_only_opens_pages_leaves_nothing(client: Client, house: House, address: str) -> None:
    answer = client.get(address)
    if answer.status_code == 302:
        client.get(answer.headers["Location"])
    client.post("/sign-out/")
    assert (Session.objects.count(), SignInStart.objects.count()) == (0, 0)
    assert "tenantry" not in client.cookies or not client.cookies["tenantry"].value


def test_a_return_without_a_beginning_says_so_without_keeping_anything(client: Client, house: House) -> None:
    answer = client.get("/sign-in/return/?state=made-up&code=x")
    assert answer.headers["Location"] == "/no-access/?how=start_again"
    status, text = ending(client, answer)
    assert (status, "This sign-in was not finished" in text) == (400, True)
    assert client.get("/no-access/?how=made-up").status_code == 403


def test_too_many_at_once_get_a_calm_page_and_a_time(house: House, settings: Settings) -> None:
    settings.SIGN_INS_PER_ADDRESS, settings.SIGN_INS_PER_MINUTE = 2, 3

    def visitor(address: str) -> Client:
        return Client(REMOTE_ADDR=address)

    office = "203.0.113.9"
    waiting = visitor(office)
    page = begin(waiting)
    begin(visitor(office))
    late = visitor(office)
    refused = late.get("/sign-in/start/", {"next": "/there/"})
    text = refused.content.decode()
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["Cache-Control"] == "no-store"
    assert "<h1>Many people are signing in at this moment</h1>" in text
    assert "Wait a minute, then sign in. Nothing was lost, and nobody is locked out." in text
    assert (Session.objects.count(), SignInStart.objects.count()) == (2, 2)
    assert come_back(waiting, choose_account(page, BEN)).headers["Location"] == "/"  # who has begun gets in
    assert waiting.get("/sign-in/start/", {"fresh": "1"}).status_code == 302  # and is not counted
    begin(visitor("198.51.100.1"))  # another office is not held up
    assert visitor("192.0.2.1").get("/sign-in/start/").status_code == 429  # but everybody together is
    with time_machine.travel(clock.now() + timedelta(seconds=61), tick=False):
        assert sign_in(late, SAM, {"next": "/office/"}).headers["Location"] == "/office/"


def test_an_office_of_a_hundred_people_signs_in_within_a_minute(house: House) -> None:
    for _person in range(100):
        begin(Client(REMOTE_ADDR="203.0.113.9"))


def test_the_one_time_link_is_not_in_the_database_while_it_is_used(client: Client, house: House) -> None:
    token = actions.make_owner_link(clock.now()).rstrip("/").rpartition("/")[2]
    address = begin(client, {"owner": token})
    key = client.cookies["tenantry"].value
    assert token not in str(SessionStore(key).load())
    assert Session.objects.filter(digest=digest_of(key)).exists()
    come_back(client, choose_account(address, SAM))
    assert is_signed_in(client)
