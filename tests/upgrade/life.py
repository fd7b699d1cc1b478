"""The life of an installation that a dump is made of: something of everything that an upgrade has to carry over.

Run by `dump`, against the commit of a release. What it does goes through the doors of that commit, so after a door was
changed this file follows; the dumps that stand here already stay as they are.
"""

from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.test import Client
from django.urls import reverse

from tenantry.audit.actions import publish_heads
from tenantry.config.rehearsal import choose_account
from tenantry.jobs.queue import enqueue
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.kernel.ids import CompanyId
from tenantry.licensing import actions, renewing
from tenantry.licensing.jobs import carry_out_order
from tenantry.licensing.models import ChangeOrder, OrderState, Wish
from tenantry.licensing.moment import Moment
from tenantry.licensing.rules.facts import EndOfTerm, fingerprint
from tenantry.licensing.rules.wishes import DecideEndOfTerm, ScheduleQuantity, SetQuantity
from tenantry.notices.actions import set_address
from tenantry.notices.models import Notice
from tenantry.people.actions import invite_end_user
from tenantry.people.models import Company, EndUserRole, StaffRole
from tenantry.people.outcomes import Invited
from tests.scenarios.months import change_elsewhere, refreshed, schedule_elsewhere
from tests.support.house import HARBOUR, MERIDIAN, NORDLYS, OWNER, House, finish
from tests.support.orders import ANNA, placed
from tests.support.sign_in import sign_in_client
from tests.support.waiting import until
from tests.support.workers import Workers, worker_environment

ADMIN = "anna.lindqvist@harbourvale.example"
STAFF = "dana.okafor@kestrel-it.example"
DROPPED = "Customer Care: m365 e3"
# Longer than the dump takes: what waits for Microsoft when the release is stopped waits in the dump.
FOR_EVER = 600


class OpenPage(TypedDict):
    """A form that was open in a browser when the release was stopped: whose, where it goes, and what it sends."""

    person: str
    address: str
    fields: dict[str, str]
    leads_to: str  # a part of the address of the page that a person then sees


class Kept(TypedDict):
    """What is not in the database and outlives it in browsers and mailboxes."""

    cookies: dict[str, dict[str, str]]
    pages: list[OpenPage]
    sign_in_return: str  # the address at which Microsoft sends somebody back who was signing in
    heads: str  # the chain heads as the mail published them
    orders: dict[str, str]  # by number: the state in which each order is to end, whatever state it is in now
    decisions: dict[str, str]  # by subscription: what the record is to say of each decision after the end of the term


def live(house: House) -> Kept:
    """Do everything that leaves something behind, and return what browsers and mailboxes hold at the end."""
    set_address(acting_as=OWNER, address="alerts@kestrel-it.example", now=clock.now())
    meridian, harbour, nordlys = (house.add_company(tenant) for tenant in (MERIDIAN, HARBOUR, NORDLYS))
    house.end_user(harbour, ADMIN, EndUserRole.ADMIN)
    house.staff(STAFF, StaffRole.OWNER)
    _ended_orders(house, meridian)
    decisions = _decisions(house, meridian, harbour, nordlys)
    ends = {str(order.number): str(order.state) for order in ChangeOrder.objects.all()}
    _order_for_a_person(house, meridian)
    _orders_of_a_killed_worker(house, meridian)
    browsers = {person: _signed_in(person) for person in (ADMIN, STAFF)}
    pages = _open_pages(house, harbour, nordlys, browsers)
    heads = "\n".join(head.line() for head in publish_heads())
    changed = _waiting(house, meridian, harbour)
    for order in ChangeOrder.objects.exclude(number__in=ends):
        ends[str(order.number)] = str(OrderState.REFUSED if order == changed else OrderState.APPLIED)
    return Kept(
        cookies={
            person: {name: cookie.value for name, cookie in browser.cookies.items()}
            for person, browser in browsers.items()
        },
        pages=pages,
        sign_in_return=_signing_in(),
        heads=heads,
        orders=ends,
        decisions=decisions,
    )


def _ended_orders(house: House, meridian: Company) -> None:
    """An order in each state in which nothing happens any more."""
    view = house.subscription(meridian, "Board: exchange 1")
    _is(finish(placed(view, SetQuantity(view.facts.quantity + 2)).id), OrderState.APPLIED)
    view = house.subscription(meridian, "Fleet: m365 e3")
    _is(finish(placed(view, ScheduleQuantity(view.facts.quantity - 5)).id), OrderState.SCHEDULED)
    view = house.subscription(meridian, "Fleet: exchange 1")
    change_elsewhere(house, view, quantity=view.facts.quantity + 1)
    _is(finish(placed(view, SetQuantity(view.facts.quantity + 3)).id), OrderState.REFUSED)
    view = house.subscription(meridian, "HR: teams phone")
    house.sandbox.fault("status", method="PATCH", status=403, code=900308, count=1)
    _is(finish(placed(view, SetQuantity(view.facts.quantity + 3)).id), OrderState.FAILED)
    view = house.subscription(meridian, "HR: exchange 1")
    order = placed(view, SetQuantity(view.facts.quantity + 3))
    company = CompanyId(meridian.id)
    actions.withdraw_order(acting_as=ANNA, company_id=company, order_id=order.id, moment=Moment.current())
    _is(ChangeOrder.objects.get(id=order.id), OrderState.WITHDRAWN)


def _decisions(house: House, meridian: Company, harbour: Company, nordlys: Company) -> dict[str, str]:
    """Decisions for the end of a term: kept in each way, lost, and one that Microsoft drops at the end."""
    fewer = house.subscription(harbour, "Microsoft 365 Business Premium")
    finish(placed(fewer, ScheduleQuantity(fewer.facts.quantity - 2)).id)
    end = house.subscription(harbour, "Exchange Online (Plan 1)")
    finish(placed(end, DecideEndOfTerm(EndOfTerm.END)).id)
    renew = house.subscription(nordlys, "Microsoft Teams Rooms Pro")
    refusal = renewing.confirm_renewal(
        acting_as=ANNA,
        company_id=CompanyId(nordlys.id),
        subscription_id=renew.id,
        seen=fingerprint(renew.facts),
        moment=Moment.current(),
    )
    assert refusal is None, refusal
    lost = house.subscription(nordlys, "Microsoft 365 E3")
    finish(placed(lost, ScheduleQuantity(lost.facts.quantity - 5)).id)
    schedule_elsewhere(house, house.view(lost.row), lost.facts.quantity - 10, term="P3Y")
    refreshed(house, lost)
    assert Wish.objects.get(subscription=lost.row).lost_at is not None
    dropped = house.subscription(meridian, DROPPED)
    finish(placed(dropped, ScheduleQuantity(dropped.facts.quantity - 2)).id)
    as_decided = {str(view.id): "wish.came_true" for view in (fewer, end, renew, dropped)}
    return as_decided | {str(lost.id): "wish.did_not_come_true"}


def _order_for_a_person(house: House, meridian: Company) -> None:
    """An order whose answer was lost, and Microsoft's records could not be read for a day."""
    view = house.subscription(meridian, "Legal: m365 e3")
    house.sandbox.fault("cut_after", method="PATCH", count=1)
    order = placed(view, SetQuantity(view.facts.quantity + 3))
    run_due_jobs()
    house.sandbox.fault("status", method="GET", path="/v1/auditrecords", status=403)
    now = clock.now()
    ChangeOrder.objects.filter(id=order.id).update(sent_at=now - timedelta(hours=25), not_before=now)
    carry_out_order(str(order.id))
    assert _now(order).needs_person
    house.sandbox.clear_faults()
    run_due_jobs()


def _orders_of_a_killed_worker(house: House, meridian: Company) -> None:
    """Orders that were being sent when the machine lost its power: not arrived, acted, and accepted by Microsoft."""

    changes = {"UPSTREAM_READ_SECONDS": FOR_EVER, "SETTLE_SECONDS": FOR_EVER}
    workers = Workers(worker_environment(**changes), Path(settings.VAR) / "worker.log")
    workers.start()
    arrived = house.subscription(meridian, "Marketing: m365 e3")
    for view, fault in ((house.subscription(meridian, "Marketing: exchange 1"), "slow"), (arrived, "slow_after")):
        path = f"*/subscriptions/{view.row.upstream_id}"
        house.sandbox.fault(fault, method="PATCH", path=path, seconds=FOR_EVER, count=1)
        order = placed(view, SetQuantity(view.facts.quantity + 1))
        until(lambda order=order: _now(order).state == OrderState.SENDING, 60, "sending")  # type: ignore[misc]
    until(lambda: house.at_microsoft(arrived.row).quantity == arrived.facts.quantity + 1, 30, "acting")
    house.sandbox.put("/_sandbox/switches", {"patch_status": 202, "patch_202_seconds": FOR_EVER})
    view = house.subscription(meridian, "Marketing: visio 2")
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    until(lambda: _now(order).accepted, 60, "the answer")
    for worker in list(workers.running):
        workers.kill(worker)
    house.sandbox.put("/_sandbox/switches", {"patch_status": 200})


def _waiting(house: House, meridian: Company, harbour: Company) -> ChangeOrder:
    """Orders and other jobs that wait for a worker, with the stop switch thrown at the end.

    Return the order that is to be refused, because somebody has changed the seats since.
    """

    def tried(name: str, fault: str, **details: object) -> ChangeOrder:
        view = house.subscription(meridian, name)
        house.sandbox.fault(fault, method="PATCH", count=1, **details)
        order = placed(view, SetQuantity(view.facts.quantity + 1))
        carry_out_order(str(order.id))
        return _now(order)

    _is(tried("Northern Sites: m365 e3", "throttle", retry_after=2), OrderState.QUEUED)
    _is(tried("Northern Sites: teams phone", "cut_after"), OrderState.UNSURE)
    _is(tried("Northern Sites: visio 2", "cut_before"), OrderState.UNSURE)
    view = house.subscription(meridian, "Engineering: m365 e3")
    placed(view, SetQuantity(view.facts.quantity + 1))
    view = house.subscription(meridian, "Engineering: exchange 1")
    changed = placed(view, SetQuantity(view.facts.quantity + 1))
    change_elsewhere(house, view, quantity=view.facts.quantity + 2)
    view = house.subscription(meridian, "Engineering: visio 2")
    held = placed(view, SetQuantity(view.facts.quantity + 1))
    actions.stop(acting_as=OWNER, reason="The release is being changed", moment=Moment.current())
    carry_out_order(str(held.id))
    house.sandbox.fault("status", path="*openid-configuration*", status=503)
    invited = invite_end_user(
        acting_as=OWNER,
        company_id=harbour.id,
        email="ben.carter@harbourvale.example",
        role=EndUserRole.MODIFY,
        now=clock.now(),
    )
    assert isinstance(invited, Invited) and not invited.usable, invited
    house.sandbox.clear_faults()
    dropped = house.subscription(meridian, DROPPED)  # nobody knows of it yet
    change_elsewhere(house, dropped, body={"scheduledActions": None, "scheduledNextTermInstructions": None})
    enqueue("licensing.refresh_company", company_id=str(meridian.id))
    for notice in Notice.objects.all():
        enqueue("notices.send", notice_id=notice.id, lock=f"notice:{notice.id}")
    return changed


def _signed_in(person: str) -> Client:
    browser = Client(enforce_csrf_checks=True)
    answer = sign_in_client(browser, person)
    assert answer.status_code == 302, answer
    return browser


def _signing_in() -> str:
    """Go as far as Microsoft's answer, which the browser has not brought back yet."""
    start = Client().get("/sign-in/start/", {"next": "/"})
    back = urlsplit(choose_account(start.headers["Location"], ADMIN))
    return f"{back.path}?{back.query}"


def _open_pages(house: House, harbour: Company, nordlys: Company, browsers: dict[str, Client]) -> list[OpenPage]:
    """Open pages whose forms a person may send only after the upgrade."""

    def at(company: Company, name: str, place: str, **query: object) -> str:
        view = house.subscription(company, name)
        address = reverse(f"portal:{place}", args=[company.id, view.id])
        return f"{address}?{urlencode(query)}"

    asked = {"choice": "end", "sure": "ask"}
    opened = [
        (ADMIN, at(harbour, "Visio Plan 2", "change", seats=7, when="now", schedule="keep"), "plan", "/orders/"),
        (ADMIN, at(harbour, "Planner and Project Plan 3", "end_of_term", **asked), "plan", "/orders/"),
        (ADMIN, at(harbour, "Power BI Pro", "end_of_term", choice="renew"), "keep", "/subscriptions/"),
        (ADMIN, at(harbour, "Microsoft Teams Phone Standard", "change", withdraw="yes"), "plan", "/orders/"),
        (STAFF, at(nordlys, "Power BI Premium Per User", "change", seats=9, when="now"), "plan", "/orders/"),
        (STAFF, at(nordlys, "Microsoft 365 E5", "stop", sure="ask"), "plan", "/orders/"),
        (STAFF, reverse("office:limits"), "changes_per_day", "/office/settings/"),
        (STAFF, reverse("office:end_user_portal", args=[harbour.id]), "email", "/portal/"),
    ]
    pages = [_open(browsers[person], person, *page) for person, *page in opened]
    pages[-1]["fields"] |= {"email": "chloe.adeyemi@harbourvale.example", "role": "view"}
    return pages


def _open(browser: Client, person: str, address: str, field: str, leads_to: str) -> OpenPage:
    """Open a page and return what its form with this field would send."""
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    reader = _Forms()
    reader.feed(answer.content.decode())
    fields = next((form for form in reader.forms if field in form), None)
    assert fields is not None, f"{address} has no form with {field}"
    goes_to = fields.pop("") or address.partition("?")[0]
    return OpenPage(person=person, address=goes_to, fields=fields, leads_to=leads_to)


class _Forms(HTMLParser):
    """Read the forms of a page: their fields with what stands in them, and under "" the address they lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Take a form or one of its fields."""
        found = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append({"": found.get("action", "").partition("#")[0]})
        elif tag == "input" and self.forms and _is_sent(found):
            self.forms[-1][found["name"]] = found.get("value", "")


def _is_sent(field: dict[str, str]) -> bool:
    return "name" in field and (field.get("type") not in ("radio", "checkbox") or "checked" in field)


def _now(order: ChangeOrder) -> ChangeOrder:
    return ChangeOrder.objects.get(id=order.id)


def _is(order: ChangeOrder, state: OrderState) -> None:
    assert order.state == state, (order.number, order.state, order.outcome)
