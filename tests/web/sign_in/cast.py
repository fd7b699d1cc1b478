"""Who is who in the sign-in tests."""

from tenantry.kernel import clock
from tenantry.people import actions
from tenantry.people.models import EndUserRole, StaffRole
from tests.people.house import DANA, GREENFIELD_TENANT, House, add_company, make_house


def make_cast() -> House:
    """Invite Anna, Ben and Quinn; add Dana the owner and Samuel."""
    now = clock.now()
    house = make_house()
    greenfield = add_company(house.connection, GREENFIELD_TENANT)
    actions.enable_portal(acting_as=DANA, company_id=greenfield, now=now)
    for company_id, email, role in (
        (house.harbour, "anna.lindqvist@harbourvale.example", EndUserRole.ADMIN),
        (house.harbour, "ben.carter@harbourvale.example", EndUserRole.MODIFY),
        (greenfield, "quinn.avery@greenfield-schools.example", EndUserRole.VIEW),
    ):
        actions.invite_end_user(acting_as=DANA, company_id=company_id, email=email, role=role, now=now)
    for email, staff_role in (
        ("dana.okafor@kestrel-it.example", StaffRole.OWNER),
        ("samuel.rivera@kestrel-it.example", StaffRole.SUPPORT),
    ):
        actions.add_staff(acting_as=DANA, email=email, role=staff_role, now=now)
    return house
