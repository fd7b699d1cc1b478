"""Many confirmations at once, with a few left of a day's limit: as many are sent as are left, the others are told."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bench.figures import Figure
from bench.orders import LONGEST_SECONDS, seats_that_can_grow, shown_plan
from bench.stage import Answer, Visitor, Web, wait_until
from tenantry.kernel import clock
from tenantry.licensing.models import OPEN_STATES, ChangeOrder, OrderState, Sent
from tenantry.people.models import Company
from tests.support.house import House
from tests.support.orders import allow

LEFT = 5
TOLD = "Your partner allows"


def figures(house: House, web: Web, session: str, company: Company) -> list[Figure]:
    """Confirm 30, and then 200, additions of one company at the same moment."""
    return [_at_once(house, web, session, company, many) for many in (30, 200)]


def _at_once(house: House, web: Web, session: str, company: Company, many: int) -> Figure:
    house.sandbox.clock_advance(timedelta(days=1, minutes=1).total_seconds())
    clock.read_commerce_clock_again()
    before, patches = set(ChangeOrder.objects.values_list("id", flat=True)), len(house.patches())
    allow(changes=LEFT)
    looking = web.visitor(session)
    forms = [form for row in seats_that_can_grow(company) if (form := shown_plan(looking, row))][:many]
    assert len(forms) == many, len(forms)
    together = threading.Barrier(many)

    def confirm(form: tuple[str, str, str]) -> Answer:
        address, page, plan = form
        visitor = Visitor(web.port, dict(looking.cookies))
        together.wait()
        return visitor.post(address, page, plan=plan)

    with ThreadPoolExecutor(many) as beside:
        answers = list(beside.map(confirm, forms))
    placed = ChangeOrder.objects.exclude(id__in=before)
    wait_until(lambda: not placed.filter(state__in=OPEN_STATES).exists(), LONGEST_SECONDS, "the outcomes")
    acted = len(house.patches()) - patches
    applied = placed.filter(state=OrderState.APPLIED).count()
    entered = Sent.objects.filter(order__in=placed, measure="changes").count()
    refused = [answer for answer in answers if "/orders/" not in answer.headers.get("location", "")]
    looking = web.visitor(session)  # the line of before may have been closed meanwhile
    told = sum(TOLD in looking.get(answer.headers["location"]).text for answer in refused)
    allow(changes=1_000_000)
    return Figure(
        "limit",
        f"{many} confirmations at once with {LEFT} left of the day's limit: sent, refused with the limit's sentence",
        f"{acted}, {told}",
        f"{LEFT}, {many - LEFT}",
        (acted, applied, entered, told) == (LEFT, LEFT, LEFT, many - LEFT),
    )
