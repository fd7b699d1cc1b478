"""Every page that the product declares, whoever adds one: axe in both schemes, nothing sideways, no hidden blanks."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tenantry.web.access import Audience
from tests.browser.portal import blanks, findings
from tests.isolation.addresses import all_addresses
from tests.isolation.samples import World, make_world, value_for
from tests.support.house import leave_house, make_house
from tests.support.sandbox import SandboxHandle

pytestmark = pytest.mark.browser

# Who looks, and at least how many pages there are.
ROUNDS = {
    "portal": ("admin at Harbour", {Audience.PORTAL, Audience.SIGNED_IN, Audience.REHEARSAL}, 13),
    "office": ("owner for all", {Audience.OFFICE}, 25),
    "doors": ("signed out", {Audience.PUBLIC}, 3),
}


@pytest.fixture
def world(sandbox: SandboxHandle, transactional_db: None) -> Iterator[World]:
    """The house in which every address has something to show."""
    yield make_world(make_house(sandbox))
    leave_house()


@pytest.mark.parametrize("round_", list(ROUNDS))
def test_axe_finds_nothing_on_any_page(world: World, web: LiveServer, page: Page, round_: str) -> None:
    name, audiences, least = ROUNDS[round_]
    page.emulate_media(reduced_motion="reduce")
    visitor = next(one for one in world.visitors if one.name == name)
    if visitor.person_id:
        session = visitor.client().cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": web.url, "sameSite": "Lax"}]
        )
    seen, wrong = set(), []
    for path in _paths(world, audiences):
        answer = page.request.get(web.url + path)
        if "text/html" not in answer.headers.get("content-type", "") or not answer.url.startswith(web.url):
            continue
        if answer.status == 405 or answer.url in seen or "<html" not in answer.text():
            continue  # a form's address, a page that was seen, or a part of one
        seen.add(answer.url)
        page.goto(answer.url)
        wrong += [f"{path}: {one}" for one in blanks(page)]
        for scheme, width in (("light", 1280), ("dark", 320)):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.set_viewport_size({"width": width, "height": 800})
            wrong += [f"{path} {scheme}: {one}" for one in findings(page)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{path} scrolls sideways at {width}")
    assert wrong == []
    assert len(seen) >= least


def _paths(world: World, audiences: set[Audience]) -> list[str]:
    """Fill in the addresses for some audiences, and one that leads nowhere."""
    return [
        *(
            one.path({name: value_for(name, converter, world.values) for name, converter in one.parts.items()})
            for one in all_addresses()
            if one.access and one.access.audience in audiences
        ),
        "/nothing-here/",
    ]
