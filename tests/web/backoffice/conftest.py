"""Fixtures of the back office; Django is not ready yet when this file is read, so imports of ours come late."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.sandbox import SandboxHandle

if TYPE_CHECKING:
    from tenantry.people.models import Company
    from tests.people.house import House as SmallHouse
    from tests.support.house import House


@pytest.fixture
def house(transactional_db: None, sandbox: SandboxHandle) -> Iterator["House"]:
    """A consented connection; companies are added by the tests."""
    from tests.support.house import leave_house, make_house

    yield make_house(sandbox)
    leave_house()


@pytest.fixture
def small(db: None, sandbox: SandboxHandle) -> "SmallHouse":
    """Two companies with open portals, for pages that need nothing of the mirror; much quicker than `house`."""
    from tests.people.house import make_house

    return make_house()


@pytest.fixture
def harbour_vale(small: "SmallHouse") -> "Company":
    """Harbour & Vale of the small house."""
    from tenantry.people.models import Company

    return Company.objects.get(id=small.harbour)
