"""Fixtures for all tests: a real PostgreSQL, the sandbox over a socket, a real web server, a real browser.

- `db`, `transactional_db`, `client`, `settings`: as pytest-django documents them.
- `sandbox`: a SandboxHandle, its world started over for each test, with the settings pointing at it.
- `web`: the product on a free port, `web.url`; its database is visible to the test (transactional).
- `page`: a fresh page of a real Chromium at 1280 × 900; `browser`: the Chromium itself.
- `sign_in`: `sign_in(client_or_page, key_of_a_person_of_the_world)` goes through Microsoft's sign-in pages.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as examples

from tests.support import environment

# How long one example, or the making of it, takes says how busy the machine is.
examples.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("unhurried")

_end = environment.prepare()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402
from pytest_django import DjangoDbBlocker, Settings  # noqa: E402
from pytest_django.live_server_helper import LiveServer  # noqa: E402

from tenantry.kernel import clock  # noqa: E402
from tests.support import browser as browsers  # noqa: E402
from tests.support.sandbox import SandboxHandle, running_sandbox  # noqa: E402
from tests.support.sign_in import SignIn, sign_in_client, sign_in_page  # noqa: E402
from tests.support.waiting import FAR_TOO_LONG  # noqa: E402

environment.configure_django()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Hide the settings from pytest-xdist's processes, or Django is set up there before this file was read."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure() -> None:
    """Let the database go when the run is over."""
    _end()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database of pytest-django, freed at the end: a thread that outlived its test may still hold a line."""
    from tests.support import web_role  # Django is ready only now

    with django_db_blocker.unblock():
        web_role.make()
    yield
    with django_db_blocker.unblock():
        # With a browser's event loop in this thread Django kept a second line, and a test may have cut this one.
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxHandle]:
    """One sandbox per test process."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox") / "sandbox.log") as handle:
        yield handle


@pytest.fixture
def sandbox(sandbox_process: SandboxHandle, settings: Settings) -> SandboxHandle:
    """The sandbox at the beginning of its world, and settings that point at it."""
    sandbox_process.reset()
    clock.read_commerce_clock_again()
    for name, value in sandbox_process.wiring().items():
        setattr(settings, name, value)
    return sandbox_process


@pytest.fixture
def web(live_server: LiveServer, settings: Settings) -> LiveServer:
    """The product on a free port."""
    for name in ("PUBLIC_URL", "PORTAL_URL", "BACKOFFICE_URL"):
        setattr(settings, name, live_server.url)
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    return live_server


@pytest.fixture
def sign_in(request: pytest.FixtureRequest, sandbox: SandboxHandle) -> SignIn:
    """Sign a test client or a browser page in as a person of the world; fails when they are not let in."""

    def through_microsoft(visitor: Client | Page, person: str, *, next_path: str = "/") -> None:
        if isinstance(visitor, Page):
            web: LiveServer = request.getfixturevalue("web")
            sign_in_page(visitor, web.url, person, next_path=next_path)
            assert "/no-access/" not in visitor.url, f"{person} was not let in"
            return
        answer = sign_in_client(visitor, person, next_path=next_path)
        assert answer.status_code == 302, answer
        assert not answer.headers["Location"].startswith("/no-access/"), f"{person} was not let in"

    return through_microsoft


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    # Playwright's event loop lives in this thread, where Django would take the test for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = browsers.launch(playwright)
        expect.set_options(timeout=FAR_TOO_LONG * 1000)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; at the end nothing on it may have failed or broken the security policy."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(FAR_TOO_LONG * 1000)
    fresh = context.new_page()
    watch = browsers.PageWatch(fresh)
    yield fresh
    context.close()
    assert watch.problems == []
