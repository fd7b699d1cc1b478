"""Fixtures of the scenarios: a house on the sandbox."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.sandbox import SandboxHandle

if TYPE_CHECKING:
    from tests.support.house import House


@pytest.fixture
def house(transactional_db: None, sandbox: SandboxHandle) -> Iterator["House"]:
    """A consented connection; companies are added by the stories."""
    from tests.support.house import leave_house, make_house  # Django is ready only now

    yield make_house(sandbox)
    leave_house()
