"""Fixtures for the tests of the sandbox itself: a small world behind a real socket."""

from collections.abc import Callable, Iterator

import pytest

from tenantry.sandbox.server import RunningSandbox
from tests.sandbox.commerce import Caller, Json, Stage, small_world

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
