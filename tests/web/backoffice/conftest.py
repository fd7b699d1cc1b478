"""Fixtures of the back office; Django is not ready yet when this file is read, so imports of ours come late."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.sandbox import SandboxHandle

if TYPE_CHECKING:
    from django.test import Client

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


@pytest.fixture
def dana(small: "SmallHouse") -> "Client":
    """An owner who can sign in: the only one."""
    from tenantry.people.models import StaffRole
    from tests.people.house import PARTNER_TENANT
    from tests.support.people import make_person, make_staff
    from tests.web.backoffice.visitors import signed_in

    person = make_person(PARTNER_TENANT, "dana-oid", "Dana Okafor", "dana.okafor@kestrel-it.example")
    make_staff(person, StaffRole.OWNER)
    return signed_in(person)
