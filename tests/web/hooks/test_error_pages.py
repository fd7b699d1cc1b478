"""Pages for what went wrong: calm, with a way on, and unmistakably a rehearsal where it is one."""

from collections.abc import Callable

import pytest
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from pytest_django import Settings

from tenantry.config import errors

_REQUEST = RequestFactory().get("/somewhere/")
PAGES: dict[str, Callable[[], HttpResponseBase]] = {
    "sign-in": lambda: Client().get("/sign-in/"),
    "no access": lambda: Client().get("/no-access/"),
    "signed out": lambda: Client().get("/signed-out/"),
    "400": lambda: Client().get("/?q=%00"),
    "403": lambda: errors.forbidden(_REQUEST),
    "404": lambda: Client().get("/nothing-here/"),
    "csrf": lambda: Client(enforce_csrf_checks=True).post("/sign-out/"),
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
@pytest.mark.parametrize("name", ["400", "403", "404", "csrf", "500"])
def test_an_error_page_leads_on_and_is_not_kept(name: str) -> None:
    answer = PAGES[name]()
    assert answer.headers["Cache-Control"] == "no-store"
    assert b'href="/"' in bytes(answer.content)  # type: ignore[attr-defined]
