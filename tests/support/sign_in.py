"""Sign in as a person of the sandbox's world, through Microsoft's pages."""

from typing import Protocol
from urllib.parse import urlencode, urlsplit

from django.http.response import HttpResponseBase
from django.test import Client
from playwright.sync_api import Page

from tenantry.config.rehearsal import choose_account

__all__ = ["SignIn", "choose_account", "sign_in_client", "sign_in_page"]


class SignIn(Protocol):
    """What the `sign_in` fixture is."""

    def __call__(self, visitor: Client | Page, person: str, *, next_path: str = "/") -> None:
        """Sign a visitor in as the person with this key (their user name) and go to a page."""


def sign_in_client(client: Client, person: str, *, next_path: str = "/") -> HttpResponseBase:
    """Sign Django's test client in; return the answer to Microsoft's return, whatever it is."""
    start = client.get("/sign-in/start/", {"next": next_path})
    assert start.status_code == 302, start
    back = urlsplit(choose_account(start.headers["Location"], person))
    answer: HttpResponseBase = client.get(f"{back.path}?{back.query}")
    return answer


def sign_in_page(page: Page, web_url: str, person: str, *, next_path: str = "/") -> None:
    """Sign a browser in as somebody would: press the one button, choose the account."""
    page.goto(f"{web_url}/sign-in/?{urlencode({'next': next_path})}")
    page.locator("a[href*='/sign-in/start/']").first.click()
    page.locator(f'button[name="account"][value="{person}"]').first.click()
    page.wait_for_url(f"{web_url}/**")
