"""What each role may do, as data."""

from collections.abc import Mapping
from enum import Enum

from tenantry.people.models import EndUserRole, StaffRole


class Permission(Enum):
    """Something that a page or a button needs before it opens."""

    # In a company's portal.
    SEE = "see"
    CHANGE_QUANTITY = "change_quantity"
    DECIDE_END = "decide_end"
    CANCEL = "cancel"
    SEE_PEOPLE = "see_people"
    SET_TIME_ZONE = "set_time_zone"  # of the company
    # In the partner's back office.
    OFFICE_SEE = "office_see"  # companies, subscriptions, orders, logs of their companies
    OFFICE_ACT = "office_act"  # act for a company in its portal, as themselves
    OFFICE_COMPANIES = "office_companies"  # companies, portals and their people
    OFFICE_BILLING = "office_billing"
    OFFICE_SETTINGS = "office_settings"  # settings, logo, stop switch, limits
    OFFICE_OWNER = "office_owner"  # partner connections, Direct CSP, staff


PORTAL_PERMISSIONS = frozenset(
    {
        Permission.SEE,
        Permission.CHANGE_QUANTITY,
        Permission.DECIDE_END,
        Permission.CANCEL,
        Permission.SEE_PEOPLE,
        Permission.SET_TIME_ZONE,
    }
)
OFFICE_PERMISSIONS = frozenset(Permission) - PORTAL_PERMISSIONS
# What touches every company at once: whoever is for named companies only has none of it, whatever the role.
WHOLE_PARTNER_PERMISSIONS = frozenset({Permission.OFFICE_SETTINGS, Permission.OFFICE_OWNER})

END_USER_MAY: Mapping[EndUserRole, frozenset[Permission]] = {
    EndUserRole.VIEW: frozenset({Permission.SEE}),
    EndUserRole.MODIFY: frozenset({Permission.SEE, Permission.CHANGE_QUANTITY}),
    EndUserRole.ADMIN: PORTAL_PERMISSIONS,
}

STAFF_MAY: Mapping[StaffRole, frozenset[Permission]] = {
    StaffRole.SUPPORT: frozenset({Permission.OFFICE_SEE, Permission.OFFICE_ACT}),
    StaffRole.BILLING: frozenset({Permission.OFFICE_SEE, Permission.OFFICE_BILLING}),
    StaffRole.ADMIN: OFFICE_PERMISSIONS - {Permission.OFFICE_OWNER},
    StaffRole.OWNER: OFFICE_PERMISSIONS,
}

# Staff who act for a company stand in for its administrator.
ACTING_STAFF_MAY = PORTAL_PERMISSIONS
