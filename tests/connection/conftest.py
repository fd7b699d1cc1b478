"""Fixtures of the connection tests; Django is not ready yet when this file is read, so imports of ours come late."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.sandbox import SandboxHandle

if TYPE_CHECKING:
    from tests.support.house import House


@pytest.fixture
def microsoft(transactional_db: None, sandbox: SandboxHandle) -> Iterator[SandboxHandle]:
    """The sandbox, before anybody has consented to anything."""
    from tenantry.jobs.testing import forget_jobs
    from tests.support.house import leave_house

    leave_house()
    yield sandbox
    leave_house()
    forget_jobs()


@pytest.fixture
def house(microsoft: SandboxHandle) -> "House":
    """A consented connection whose tenants are known."""
    from tests.support.house import make_house

    return make_house(microsoft)
