"""A reading is judged by the time it was taken: one from before the renewal says nothing about how the term ended."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from tenantry.audit.models import AuditRow
from tenantry.kernel import clock
from tenantry.licensing.models import Subscription, Wish
from tenantry.licensing.refresh import refresh_company
from tenantry.licensing.rules.wishes import ScheduleQuantity
from tenantry.notices.models import Notice
from tests.support.house import House, finish
from tests.support.orders import placed

PREMIUM = "Microsoft 365 Business Premium"


def test_a_reading_under_way_when_the_term_ends_raises_no_false_alarm(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    end, fewer = view.facts.commitment_end, view.facts.quantity - 4
    assert end is not None
    finish(placed(view, ScheduleQuantity(fewer)).id)

    def verbs() -> list[str]:
        return [row.verb for row in AuditRow.objects.filter(subject_id=str(view.id)).order_by("id")]

    # The answer is made before the term ends and comes late: by then the renewal is long done.
    answer = house.sandbox.fault("slow_after", path="*/subscriptions", method="GET", seconds=600, count=1)

    def end_the_term() -> None:
        house.sandbox.wait_until_struck(answer)
        house.sandbox.clock_set(end + timedelta(days=5))
        house.sandbox.end_fault(answer)

    with ThreadPoolExecutor() as beside:
        ending = beside.submit(end_the_term)
        refresh_company(view.row.company_id)
        ending.result()
    assert (verbs(), Notice.objects.count(), Wish.objects.count()) == ([], 0, 1)
    assert Subscription.objects.get(id=view.id).facts["quantity"] == view.facts.quantity

    clock.read_commerce_clock_again()
    refresh_company(view.row.company_id)
    assert (verbs(), Notice.objects.count(), Wish.objects.count()) == (["wish.came_true"], 0, 0)
    assert Subscription.objects.get(id=view.id).facts["quantity"] == fewer
