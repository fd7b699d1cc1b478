"""What the stories over months have in common: days pass, and the mirror follows."""

from datetime import datetime, timedelta

from tenantry.jobs.queue import enqueue
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.licensing.models import Subscription, Wish
from tenantry.licensing.queries import SubscriptionView
from tenantry.licensing.refresh import refresh_company
from tests.support.house import House

PREMIUM = "Microsoft 365 Business Premium"


def pass_until(house: House, moment: datetime) -> None:
    """Let time pass at Microsoft and here."""
    house.sandbox.clock_set(moment)
    clock.read_commerce_clock_again()


def after_term(house: House, view: SubscriptionView) -> SubscriptionView:
    """Let the term end, give Microsoft time for the renewal, refresh, and look again."""
    assert view.facts.commitment_end is not None
    pass_until(house, view.facts.commitment_end + timedelta(hours=3))
    return refreshed(house, view)


def refreshed(house: House, view: SubscriptionView) -> SubscriptionView:
    """Refresh the company, do what follows from it, and look again."""
    refresh_company(view.row.company_id)
    run_due_jobs()
    return house.view(Subscription.objects.get(id=view.id))


def poll() -> list[str]:
    """Look at Microsoft's audit records and do what follows; return the jobs that ran after that."""
    enqueue("licensing.poll_audit_records")
    return run_due_jobs()[1:]


def change_elsewhere(house: House, view: SubscriptionView, **change: object) -> None:
    """Change a subscription as somebody at Partner Center would; names as the sandbox's control documents them."""
    about = {"customer": view.row.company.tenant_id, "subscription": view.row.upstream_id}
    house.sandbox.post("/_sandbox/change", {**about, **change})


def schedule_elsewhere(house: House, view: SubscriptionView, quantity: int, term: str = "P1Y") -> None:
    """Have somebody schedule another renewal in Microsoft's own pages."""
    facts = view.facts
    product = {"productId": facts.product_id, "skuId": facts.sku_id, "availabilityId": facts.availability_id}
    terms = {"billingCycle": "monthly", "termDuration": term}
    renewal = {"quantity": quantity, "product": product | terms}
    action = {"scheduleType": "TermEnd", "actionType": "RenewToNewTerm", "instructions": renewal}
    change_elsewhere(house, view, body={"autoRenewEnabled": True, "scheduledActions": [action]})


def kept_wish(view: SubscriptionView) -> Wish | None:
    """Return what is kept for the end of the term."""
    return Wish.objects.filter(subscription=view.row).first()
