"""Two people at one browser: nothing of the first one reaches the second."""

import re

import pytest
from django.test import Client

from tests.people.house import House
from tests.web.sign_in.microsoft import is_signed_in, sign_in

pytestmark = pytest.mark.django_db

ANNA = "anna.lindqvist@harbourvale.example"
BEN = "ben.carter@harbourvale.example"
SAVED = "Your preferences are saved."


def token_of(client: Client, path: str) -> str:
    """Return what a form of a page carries against forgery."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(path).content.decode())
    assert found is not None
    return found.group(1)


def test_a_message_for_one_person_is_never_shown_to_the_next(client: Client, house: House) -> None:
    sign_in(client, ANNA)
    assert client.post("/preferences/", {"theme": "dark"}).status_code == 302  # closed before the next page came
    client.post("/sign-out/")
    sign_in(client, BEN)
    assert SAVED not in client.get("/preferences/").content.decode()


def test_nor_when_the_next_one_signs_in_over_the_first(client: Client, house: House) -> None:
    sign_in(client, ANNA)
    client.post("/preferences/", {"theme": "dark"})
    sign_in(client, BEN, {"other": "1"})
    page = client.get("/preferences/").content.decode()
    assert "Ben Carter" in page
    assert (SAVED in page, "Anna" in page) == (False, False)


def test_a_message_waits_for_its_own_person(client: Client, house: House) -> None:
    sign_in(client, ANNA)
    assert SAVED in client.post("/preferences/", {"theme": "dark"}, follow=True).content.decode()
    assert SAVED not in client.get("/preferences/").content.decode()


def test_a_form_of_before_the_sign_in_does_nothing_after_it(house: House) -> None:
    browser = Client(enforce_csrf_checks=True)
    sign_in(browser, ANNA)
    known = token_of(browser, "/preferences/")
    sign_in(browser, BEN, {"other": "1"})
    assert browser.post("/sign-out/", {"csrfmiddlewaretoken": known}).status_code == 403
    assert is_signed_in(browser)
    fresh = token_of(browser, "/preferences/")
    assert browser.post("/sign-out/", {"csrfmiddlewaretoken": fresh}).status_code == 302


def test_a_fresh_sign_in_of_the_same_person_leaves_open_forms_good(house: House) -> None:
    browser = Client(enforce_csrf_checks=True)
    sign_in(browser, ANNA)
    open_form = token_of(browser, "/preferences/")
    sign_in(browser, ANNA, {"fresh": "1"})
    answer = browser.post("/preferences/", {"theme": "dark", "csrfmiddlewaretoken": open_form})
    assert answer.headers["Location"] == "/preferences/"
