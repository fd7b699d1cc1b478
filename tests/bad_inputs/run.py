"""Try so many odd inputs, spread over all doors and parsers, and say what went otherwise than it has to."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as examples_settings
from hypothesis.strategies import SearchStrategy

from tenantry.branding.models import Brand
from tenantry.connection.models import ConnectionMode, PartnerConnection, Tenant
from tenantry.kernel import clock
from tenantry.licensing.models import ChangeOrder, OrderState
from tenantry.people.models import EndUserRole, StaffRole
from tenantry.web.access import Audience
from tests.bad_inputs.asking import examples
from tests.bad_inputs.doors import DOORS
from tests.bad_inputs.parsers import PARSERS, Parser
from tests.bad_inputs.services import ODD_CONTROLS, ODD_DOCUMENTS, answering, client_of, controls, discovery
from tests.bad_inputs.visits import Place, findings_of
from tests.clients.vendor import Reply
from tests.isolation.addresses import Address, all_addresses
from tests.isolation.people import Visitor
from tests.isolation.samples import World, make_world
from tests.support.house import HARBOUR, NORDLYS, House
from tests.support.sandbox import SandboxHandle

SEED = int(os.environ.get("BAD_INPUTS_SEED", "20261201"))
Input = TypeVar("Input")


@dataclass(slots=True)
class Outcome:
    """What came of the inputs: how many were tried, and each finding with its input."""

    tried: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def failures(self) -> int:
        """Return how many were answered 500."""
        return sum(": 500: " in finding for finding in self.findings)


def make_odd_world(house: House) -> World:
    """Make the world of the walk, with an order and a tenant that wait for a person, as their doors are shut else."""
    world = make_world(house)
    order = ChangeOrder.objects.get(number=str(world.values["number"]))
    order.state, order.needs_person = OrderState.UNSURE, True
    order.save()
    gone = Tenant.objects.exclude(tenant_id__in=(HARBOUR, NORDLYS)).order_by("tenant_id")[0]
    gone.missing_since = clock.now()
    gone.save()
    # Nothing hangs on this one, so that it can be removed.
    unused = PartnerConnection.objects.create(
        name="Unused",
        mode=ConnectionMode.APPLICATION,
        partner_tenant_id=house.connection.partner_tenant_id,
        client_id=str(uuid4()),
        created_at=clock.now(),
    )
    Brand.objects.get_or_create(id=1)  # or a refused logo makes the row that stands for "nothing is set"
    # The order is in the way of every other change of its subscription.
    free = house.subscription(world.harbour, "Microsoft Teams Phone").row.id
    other = {"tenant_id": gone.id, "subscription_id": free, "connection_id": unused.id}
    return World(world.harbour, world.nordlys, world.visitors, world.values | other)


def places(world: World) -> Iterator[Place]:
    """Return every door, each with somebody whom it is open to."""
    for number, address in enumerate(all_addresses()):
        visitor = next(one for one in world.visitors if _fits(one, address))
        cookies = {name: morsel.value for name, morsel in visitor.client().cookies.items()}
        yield Place(number, address.name, DOORS[address.name], address, world, cookies)


def try_doors(world: World, count: int, outcome: Outcome) -> None:
    """Try so many inputs at the doors, each of them nearly as often as any other."""
    found = list(places(world))
    for number, place in enumerate(found):
        share = count // len(found) + (number < count % len(found))
        try_each(place.name, examples(place), share, partial(findings_of, place), outcome)


def try_parsers(sandbox: SandboxHandle, count: int, outcome: Outcome) -> None:
    """Try so many inputs at everything that reads what others wrote; the sandbox may be odd afterwards."""
    answers: list[Reply] = []
    with answering(answers) as vendor, client_of(vendor) as client:
        rows: dict[str, Parser[Any]] = {
            **PARSERS,
            "discovery": Parser(ODD_DOCUMENTS, discovery(client, answers)),
            "sandbox": Parser(ODD_CONTROLS, controls(sandbox)),
        }
        for number, (name, parser) in enumerate(rows.items()):
            share = count // len(rows) + (number < count % len(rows))
            try_each(name, parser.inputs, share, parser.finding, outcome)


def try_each(
    name: str, inputs: SearchStrategy[Input], count: int, finding: Callable[[Input], str], outcome: Outcome
) -> None:
    """Try so many inputs of one door."""
    if not count:
        return

    @seed(f"{SEED} {name}")
    @examples_settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs)
    def each(one: Input) -> None:
        outcome.tried += 1
        try:
            words = finding(one)
        except Exception as error:
            words = f"500: {error!r:.300}"
        if words:
            outcome.findings.append(f"{name}: {words}: {one!r:.1000}")

    each()


def _fits(visitor: Visitor, address: Address) -> bool:
    access = address.access
    if access is None or access.audience in {Audience.PUBLIC, Audience.REHEARSAL}:
        return visitor.person_id is None
    if access.audience is Audience.OFFICE:
        return visitor.role is StaffRole.OWNER and visitor.sees is None
    return visitor.name == f"{EndUserRole.ADMIN} at Harbour"
