"""The tables of roles, spelled out as the product describes them."""

import pytest

from tenantry.people.models import EndUserRole, StaffRole
from tenantry.people.permissions import (
    ACTING_STAFF_MAY,
    END_USER_MAY,
    OFFICE_PERMISSIONS,
    PORTAL_PERMISSIONS,
    STAFF_MAY,
    Permission,
)

YES, NO = True, False


@pytest.mark.parametrize(
    ("permission", "view", "modify", "admin"),
    [
        (Permission.SEE, YES, YES, YES),
        (Permission.CHANGE_QUANTITY, NO, YES, YES),
        (Permission.DECIDE_END, NO, NO, YES),
        (Permission.CANCEL, NO, NO, YES),
        (Permission.SEE_PEOPLE, NO, NO, YES),
    ],
)
def test_roles_of_an_end_user(permission: Permission, view: bool, modify: bool, admin: bool) -> None:
    assert (permission in END_USER_MAY[EndUserRole.VIEW]) is view
    assert (permission in END_USER_MAY[EndUserRole.MODIFY]) is modify
    assert (permission in END_USER_MAY[EndUserRole.ADMIN]) is admin


@pytest.mark.parametrize(
    ("permission", "support", "billing", "admin", "owner"),
    [
        (Permission.OFFICE_SEE, YES, YES, YES, YES),
        (Permission.OFFICE_ACT, YES, NO, YES, YES),
        (Permission.OFFICE_COMPANIES, NO, NO, YES, YES),
        (Permission.OFFICE_BILLING, NO, YES, YES, YES),
        (Permission.OFFICE_SETTINGS, NO, NO, YES, YES),
        (Permission.OFFICE_OWNER, NO, NO, NO, YES),
    ],
)
def test_roles_of_staff(permission: Permission, support: bool, billing: bool, admin: bool, owner: bool) -> None:
    assert (permission in STAFF_MAY[StaffRole.SUPPORT]) is support
    assert (permission in STAFF_MAY[StaffRole.BILLING]) is billing
    assert (permission in STAFF_MAY[StaffRole.ADMIN]) is admin
    assert (permission in STAFF_MAY[StaffRole.OWNER]) is owner


def test_the_tables_cover_every_role_and_mix_nothing() -> None:
    assert set(END_USER_MAY) == set(EndUserRole)
    assert set(STAFF_MAY) == set(StaffRole)
    assert all(allowed <= PORTAL_PERMISSIONS for allowed in END_USER_MAY.values())
    assert all(allowed <= OFFICE_PERMISSIONS for allowed in STAFF_MAY.values())
    assert set(Permission) == PORTAL_PERMISSIONS | OFFICE_PERMISSIONS
    assert END_USER_MAY[EndUserRole.ADMIN] == ACTING_STAFF_MAY
