"""The world in which odd inputs are tried."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.sandbox import SandboxHandle

if TYPE_CHECKING:
    from tests.isolation.samples import World


@pytest.fixture
def world(sandbox: SandboxHandle, transactional_db: None) -> "Iterator[World]":
    """A house in which every door is open to somebody."""
    # This file is read before Django is ready for models.
    from tests.bad_inputs.run import make_odd_world
    from tests.support.house import leave_house, make_house

    yield make_odd_world(make_house(sandbox))
    leave_house()
