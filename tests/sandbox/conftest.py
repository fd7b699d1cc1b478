"""Fixtures for the tests of the sandbox itself: a small world behind a real socket."""

from collections.abc import Callable, Iterator

import pytest

from tenantry.sandbox import worlds
from tenantry.sandbox.app import Sandbox, create_app
from tenantry.sandbox.server import RunningSandbox
from tests.sandbox.commerce import Caller, Json, Stage, small_world
from tests.sandbox.entra_kit import Browser

Play = Callable[..., Caller]


@pytest.fixture(scope="session")
def stage() -> Iterator[tuple[Stage, str]]:
    """One server for all tests of this process."""
    stage = Stage()
    with RunningSandbox(stage) as running:
        yield stage, running.url


@pytest.fixture
def play(stage: tuple[Stage, str]) -> Play:
    """`play(*subscriptions, **changes of the world)` puts a world on and gives a caller for it."""

    def put_on(*subscriptions: Json, **changes: object) -> Caller:
        stage[0].play(small_world(*subscriptions, **changes))
        return Caller(stage[1])

    return put_on


@pytest.fixture
def caller(play: Play) -> Caller:
    """A caller of the small world with one subscription of each kind."""
    return play()


@pytest.fixture(scope="module")
def app() -> Sandbox:
    """A sandbox of its own for the tests of one file."""
    return create_app(worlds.load("small-msp"))


@pytest.fixture(scope="module")
def url(app: Sandbox) -> Iterator[str]:
    """Where it is."""
    with RunningSandbox(app) as running:
        yield running.url


@pytest.fixture
def browser(app: Sandbox, url: str) -> Browser:
    """A browser in front of it, with nothing of earlier tests."""
    app.reset()
    return Browser(url)
