"""One real object for every id that may stand in an address; all of them belong to Harbour & Vale or to the partner."""

from collections.abc import Mapping
from dataclasses import dataclass

from tenantry.connection.models import Tenant
from tenantry.jobs import runs
from tenantry.kernel import clock
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.people.models import Company, EndUser, EndUserRole, SignInRecord, Staff, StaffRole
from tests.isolation.people import Visitor, make_visitors
from tests.support.house import HARBOUR, NORDLYS, House
from tests.support.orders import placed

# Ids of what belongs to one company: at another company's address, and for those who do not see it, they answer 404.
OWNED = frozenset({"subscription_id", "order_id", "end_user_id", "number"})


@dataclass(frozen=True, slots=True)
class World:
    """Two companies with open portals, everybody who may come, and the values for the parts of addresses."""

    harbour: Company
    nordlys: Company
    visitors: tuple[Visitor, ...]
    values: dict[str, object]


def make_world(house: House) -> World:
    """Mirror both companies from the sandbox and make what addresses name."""
    harbour, nordlys = house.add_company(HARBOUR), house.add_company(NORDLYS)
    visitors = make_visitors(house, harbour, nordlys)
    view = house.subscription(harbour, "Microsoft 365 Business Premium")
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    end_user = EndUser.objects.get(company=harbour, role=EndUserRole.MODIFY)
    run = runs.new_run("refresh_company", subject_id=harbour.id, company_id=harbour.id, now=clock.now())
    sign_in = SignInRecord.objects.create(
        happened_at=clock.now(), accepted=False, reason="other_name", company=harbour, tid=HARBOUR, oid="oid"
    )
    values: dict[str, object] = {
        "company_id": harbour.id,
        "subscription_id": view.row.id,
        "order_id": order.id,
        "number": order.number,
        "end_user_id": end_user.id,
        "staff_id": Staff.objects.get(role=StaffRole.SUPPORT, all_companies=True).id,
        "sign_in_id": sign_in.id,
        "run_id": run.id,
        "connection_id": house.connection.id,
        "tenant_id": Tenant.objects.get(tenant_id=HARBOUR).id,
    }
    return World(harbour, nordlys, visitors, values)


def value_for(name: str, converter: str, values: Mapping[str, object]) -> object:
    """Return the sample for a part of an address; plain words and numbers need none."""
    if name in values:
        return values[name]
    if converter in {"str", "slug"}:
        return "sample"
    raise AssertionError(f"No sample object for <{converter}:{name}>: add one to tests/isolation/samples.py")
