"""One line for every request: who asked for what, from where, and how it ended."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tenantry.people.models import Company, Person
from tests.support.house import House
from tests.web.portal.visitors import ANNA, CHLOE, PREMIUM, SAMUEL, at, of, signed_in

Written = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    """The lines of an event; tests are quieter than an installation."""
    logger = logging.getLogger("tenantry.web")
    before = logger.level
    logger.setLevel(logging.INFO)

    def lines(event: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
        return [line for line in found if line["event"] == event]

    yield lines
    logger.setLevel(before)


def test_a_line_names_the_person_the_path_without_its_query_and_the_address(harbour: Company, written: Written) -> None:
    anna = Person.objects.get(username=ANNA)
    answer = signed_in(ANNA).get(at(harbour, "subscriptions/?search=secret-plans"), REMOTE_ADDR="203.0.113.7")
    [line] = written("request")
    told = {name: line[name] for name in ("method", "path", "status", "client", "person", "person_id", "request_id")}
    assert told == {
        "method": "GET",
        "path": at(harbour, "subscriptions/"),
        "status": 200,
        "client": "203.0.113.7",
        "person": ANNA,
        "person_id": str(anna.id),
        "request_id": answer.headers["X-Request-ID"],
    }
    assert "secret-plans" not in json.dumps(line)


def test_the_address_is_the_one_that_our_own_proxy_tells(
    harbour: Company, written: Written, settings: Settings
) -> None:
    settings.TLS_PROXY_HEADER, settings.PROXY_ADDRESSES = True, ["127.0.0.1"]
    told = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}
    Client().get("/sign-in/", headers=told)
    Client().get("/sign-in/", headers=told, REMOTE_ADDR="192.0.2.9")
    lines = written("request")
    assert [line["client"] for line in lines] == ["203.0.113.7", "192.0.2.9"]
    assert all("person" not in line for line in lines)


@pytest.mark.parametrize(
    ("username", "path", "needs", "status"),
    [
        (CHLOE, "{subscription}change/", "change_quantity", 403),
        (CHLOE, "/office/", "office_see", 404),
        (SAMUEL, "{company}", "see", 404),
        (SAMUEL, "{office_company}", "office_see", 404),
        (SAMUEL, "{add_companies}", "office_companies", 403),
    ],
    ids=["role", "no staff", "another company", "another company in the office", "role of staff"],
)
def test_who_asks_for_what_they_may_not_see_is_noted(
    house: House, harbour: Company, written: Written, username: str, path: str, needs: str, status: int
) -> None:
    view = house.subscription(harbour, PREMIUM)
    path = path.format(
        subscription=of(view),
        company=at(harbour),
        office_company=reverse("office:company", args=[harbour.id]),
        add_companies=reverse("office:add_companies"),
    )
    assert signed_in(username).get(path, REMOTE_ADDR="203.0.113.7").status_code == status
    [line] = written("access.denied")
    assert (line["level"], line["needs"], line["person"], line["path"]) == ("warning", needs, username, path)
    assert line["client"] == "203.0.113.7"
    assert line.get("company_id") == (str(harbour.id) if str(harbour.id) in path else None)


def test_what_one_may_see_and_the_way_to_the_sign_in_are_no_denial(harbour: Company, written: Written) -> None:
    assert signed_in(ANNA).get(at(harbour, "subscriptions/")).status_code == 200
    assert Client().get(at(harbour, "subscriptions/")).status_code == 302
    assert written("access.denied") == []
