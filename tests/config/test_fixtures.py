"""The fixtures that every other test stands on."""

import pytest
from django.db import connection
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.support.sandbox import SandboxHandle


@pytest.mark.django_db
def test_the_database_is_a_real_postgresql() -> None:
    assert connection.vendor == "postgresql"
    assert connection.settings_dict["NAME"].startswith("test_tenantry_")


def test_the_sandbox_answers(sandbox: SandboxHandle) -> None:
    before = sandbox.now()
    sandbox.clock_advance("P1D")
    assert (sandbox.now() - before).days == 1


@pytest.mark.browser
def test_a_browser_reaches_the_web_server(page: Page, web: LiveServer) -> None:
    answer = page.goto(f"{web.url}/nothing-here/")
    assert answer is not None
    assert answer.status == 404
