"""A partner begins with nothing: from the first sign-in to the first change of seats by a customer, click by click."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.demo import Demo

pytestmark = [pytest.mark.slow, pytest.mark.browser]

MOST_CLICKS = 20
DANA, SERVICE = "dana.okafor@kestrel-it.example", "partnercenter@kestrel-it.example"
ANNA = "anna.lindqvist@harbourvale.example"


class Hand:
    """Somebody's hand at a browser: every click is counted, and typing is none."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks: list[str] = []

    def click(self, what: Locator, name: str) -> None:
        """Click something once it is there, also what a worker has to make first."""
        what.click(timeout=60_000)
        self.clicks.append(name.removeprefix("^"))

    def link(self, name: str) -> None:
        """Follow a link of the page."""
        self.click(self.page.locator("body").get_by_role("link", name=name).first, name)

    def button(self, name: str) -> None:
        """Press a button of the page."""
        self.click(self.page.get_by_role("button", name=re.compile(name)).first, name)

    def account(self, address: str) -> None:
        """Choose an account on Microsoft's page."""
        self.click(self.page.locator(f'button[name="account"][value="{address}"]').first, address)


@pytest.fixture
def nothing(tmp_path: Path) -> Iterator[str]:
    """The link of the first owner of a demo with nothing set up."""
    demo = Demo(tmp_path)
    said = demo.start("--empty")
    link = re.search(r"http://localhost:\d+/first-owner/\S+", said)
    assert link is not None
    yield link[0]
    demo.end(signal.SIGTERM)


def test_a_partner_comes_from_nothing_to_the_first_changed_seat(
    nothing: str, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    hand = Hand(browser.new_context(locale="en-GB").new_page())
    page = hand.page
    page.goto(nothing)
    hand.link("Sign in with Microsoft")
    hand.account(DANA)
    hand.link("Delegated Admin")
    hand.link("Grant Partner Center Consent")
    hand.account(SERVICE)
    hand.link("Enable Direct CSP")
    hand.link("Choose Harbour & Vale Ltd")
    hand.button("Yes, test now")
    hand.link("Add companies")
    hand.click(page.get_by_label("Harbour & Vale Ltd"), "tick Harbour & Vale Ltd")
    hand.button("^Add")
    hand.button("Switch on the End User Portal of Harbour & Vale Ltd")
    email = page.get_by_label("E-mail address of the Microsoft account")
    expect(email).to_be_focused()
    page.keyboard.type(ANNA)
    hand.click(page.get_by_label("Role"), "Role")
    page.get_by_label("Role").select_option("Modify")
    hand.button("Add user")
    expect(page.get_by_role("heading", name="Send the invitation")).to_be_visible()
    sent = re.search(r"http://\S+", page.get_by_label("Text to send").input_value())
    assert sent is not None

    anna = Hand(browser.new_context(locale="en-GB").new_page())
    anna.page.goto(sent[0])
    anna.link("Sign in with Microsoft")
    anna.account(ANNA)
    anna.link("Subscriptions")
    anna.link("Microsoft 365 Business Premium")
    anna.button("One more")
    anna.button("^Add 1 seat")
    expect(anna.page.get_by_role("region", name="Progress").get_by_text("You now have 43 seats.")).to_be_visible(
        timeout=60_000
    )

    clicks = hand.clicks + anna.clicks
    with capsys.disabled():
        print(f"\nfrom nothing to the first changed seat: {len(clicks)} clicks")  # noqa: T201
        for number, name in enumerate(clicks, 1):
            print(f"{number:3} {name}")  # noqa: T201
    assert len(clicks) <= MOST_CLICKS
