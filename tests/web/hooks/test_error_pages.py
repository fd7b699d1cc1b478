"""Pages for what went wrong: calm, with a way on, and unmistakably a rehearsal where it is one."""

from collections.abc import Callable

import pytest
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from pytest_django import Settings

from tenantry.config import errors

_REQUEST = RequestFactory().get("/somewhere/")
FORM = "application/x-www-form-urlencoded"


COOKIE = "csrftoken=" + "a" * 32


def _posted(body: str = "", **headers: str) -> HttpResponseBase:
    client = Client(enforce_csrf_checks=True)
    return client.post("/sign-out/", body, content_type=FORM, **headers)  # type: ignore[arg-type]


PAGES: dict[str, Callable[[], HttpResponseBase]] = {
    "sign-in": lambda: Client().get("/sign-in/"),
    "no access": lambda: Client().get("/no-access/"),
    "signed out": lambda: Client().get("/signed-out/"),
    "400": lambda: Client().get("/?q=%00"),
    "403": lambda: errors.forbidden(_REQUEST),
    "404": lambda: Client().get("/nothing-here/"),
    "csrf": lambda: Client(enforce_csrf_checks=True).post("/sign-out/"),
    "origin null": lambda: _posted(HTTP_ORIGIN="null"),
    "413": lambda: _posted("x=" + "x" * 3_000_000, HTTP_COOKIE=COOKIE),
    "500": lambda: errors.failed(_REQUEST),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_that_this_is_a_rehearsal_and_only_then(settings: Settings, name: str) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    assert settings.REHEARSAL
    shown = bytes(PAGES[name]().content)  # type: ignore[attr-defined]
    assert b'<aside class="rehearsal"' in shown
    assert b'href="http://127.0.0.1:9/"' in shown
    settings.REHEARSAL = False
    assert b"rehearsal" not in bytes(PAGES[name]().content)  # type: ignore[attr-defined]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["400", "403", "404", "413", "csrf", "origin null", "500"])
def test_an_error_page_leads_on_and_is_not_kept(name: str) -> None:
    answer = PAGES[name]()
    assert answer.headers["Cache-Control"] == "no-store"
    assert b'href="/"' in bytes(answer.content)  # type: ignore[attr-defined]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "title", "advice"),
    [
        (
            {"HTTP_ORIGIN": "null"},
            "Your browser does not say where this was sent from",
            "switch the extension or setting",
        ),
        ({"HTTP_ORIGIN": "https://evil.example"}, "This was sent from another website", "at its own address"),
        ({"HTTP_ORIGIN": "https://["}, "This was sent from another website", "at its own address"),
        ({"wsgi.url_scheme": "https"}, "Your browser does not say where this was sent from", "another browser"),
        ({}, "Your browser sent no cookie", "Allow cookies for this address"),
        ({"HTTP_COOKIE": COOKIE}, "This page was open for too long", "load the page again"),
    ],
    ids=["null", "elsewhere", "unreadable", "nothing", "no cookie", "old page"],
)
def test_a_form_that_is_not_believed_says_why_and_what_to_do(headers: dict[str, str], title: str, advice: str) -> None:
    answer = _posted(**headers)
    shown = bytes(answer.content).decode()  # type: ignore[attr-defined]
    assert answer.status_code == 403
    assert title in shown
    assert "Nothing was changed." in shown and advice in shown


@pytest.mark.django_db
def test_what_is_too_large_is_said_to_be() -> None:
    for body in ("x=" + "x" * 3_000_000, "&".join(f"x{number}=1" for number in range(10_001))):
        answer = _posted(body, HTTP_COOKIE=COOKIE)
        assert answer.status_code == 413
        assert b"This is too much at once" in bytes(answer.content)  # type: ignore[attr-defined]
