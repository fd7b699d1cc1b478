"""Fixtures of the portal: a company with mirrored subscriptions, and people who look at it."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.support.sandbox import SandboxHandle

if TYPE_CHECKING:
    from tenantry.people.models import Company
    from tests.support.house import House

Visitor = Callable[[str], Client]


@pytest.fixture
def house(transactional_db: None, sandbox: SandboxHandle) -> Iterator["House"]:
    """A consented connection; companies are added by the tests."""
    from tests.support.house import leave_house, make_house  # Django is ready only now

    yield make_house(sandbox)
    leave_house()


@pytest.fixture
def harbour(house: "House") -> "Company":
    """Harbour & Vale with its portal open; who is who stands in `visitors`."""
    from tests.web.portal.visitors import open_portal

    return open_portal(house)


@pytest.fixture
def visitor(harbour: "Company") -> Visitor:
    """Give a browser that is signed in as a person of the world."""
    from tests.web.portal.visitors import signed_in

    return signed_in
