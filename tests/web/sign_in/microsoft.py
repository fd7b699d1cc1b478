"""The browser's way through Microsoft's pages, step by step, so that a test can bend each step."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http.response import HttpResponseBase
from django.test import Client

from tenantry.people.models import SignInRecord
from tests.support.sign_in import choose_account


def begin(client: Client, query: Mapping[str, str] | None = None) -> str:
    """Press the button and return the address of Microsoft's page."""
    answer = client.get("/sign-in/start/", dict(query or {}))
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def asked(address: str) -> dict[str, str]:
    """Return the query of an address."""
    return dict(parse_qsl(urlsplit(address).query))


def changed(address: str, **fields: str) -> str:
    """Return an address with other fields in its query; an empty one is left out."""
    query = {name: value for name, value in (asked(address) | fields).items() if value}
    return urlsplit(address)._replace(query=urlencode(query)).geturl()


def come_back(client: Client, address: str, **fields: str) -> HttpResponseBase:
    """Follow Microsoft's redirect back, with changed fields."""
    answer: HttpResponseBase = client.get("/sign-in/return/", asked(changed(address, **fields)))
    return answer


def sign_in(client: Client, person: str, query: Mapping[str, str] | None = None, **form: str) -> HttpResponseBase:
    """Go the whole way; ``form`` changes the account picker's fields."""
    return come_back(client, choose_account(begin(client, query), person, **form))


def is_signed_in(client: Client) -> bool:
    """Say whether the browser is somebody here."""
    return "person_id" in client.session


def ending(client: Client, answer: HttpResponseBase) -> tuple[int, str]:
    """Return status and text of the page that says how a refused sign-in ended."""
    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert location.partition("?")[0] == "/no-access/"
    page = client.get(location)
    assert page.headers["Cache-Control"] == "no-store"
    return page.status_code, page.content.decode()


def last_reason() -> str:
    """Return the reason of the newest entry in the log of sign-ins."""
    return SignInRecord.objects.latest("id").reason
