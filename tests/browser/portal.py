"""The portal in a browser: signing in by cookie, and what axe says."""

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.conf import settings
from playwright.sync_api import Page

from tests.web.portal.visitors import session_of


def enter(page: Page, web_url: str, username: str) -> None:
    """Give a browser the session of a person; the sign-in itself has its own tests."""
    page.context.clear_cookies()
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session_of(username), "url": web_url, "sameSite": "Lax"}]
    )


def findings(page: Page) -> list[str]:
    """Return what axe finds, one line each."""
    answer = Axe().run(page).response
    return [f"{one['id']}: {node['html'][:160]}" for one in answer["violations"] for node in one["nodes"]]
