"""A campaign: random wishes of random people while Microsoft fails at random and workers are killed.

Everything random comes from the seed; what the machine makes of it (who is quicker) does not, and need not: whatever
happens, `verdict.judge` holds every order against the sandbox's journal.
"""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection

from tenantry.jobs import runs
from tenantry.jobs.queue import enqueue
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor, ActorKind
from tenantry.kernel.ids import CompanyId
from tenantry.licensing import actions
from tenantry.licensing.actions import PlacedOrder
from tenantry.licensing.models import OPEN_STATES, ChangeOrder, OrderEvent, OrderState, Subscription
from tenantry.licensing.moment import Moment
from tenantry.licensing.polling import poll_connection
from tenantry.licensing.queries import subscription_view
from tenantry.licensing.rules.facts import EndOfTerm, SubscriptionFacts
from tenantry.licensing.rules.wishes import (
    Cancel,
    DecideEndOfTerm,
    Reactivate,
    ScheduleHandling,
    ScheduleQuantity,
    SetQuantity,
    Wish,
    WithdrawSchedule,
)
from tenantry.people import actions as people
from tenantry.people.models import Company
from tenantry.people.outcomes import AddedCompanies
from tests.scenarios.verdict import CampaignResult, judge
from tests.support.house import OWNER, House
from tests.support.orders import allow, place
from tests.support.waiting import BUSY, until
from tests.support.workers import Workers, running_workers

# Everything that can be under way after a line was lost ends within SETTLE_SECONDS: the slowest fault is below it.
SETTLE_SECONDS = 4
SETTINGS = {
    "SETTLE_SECONDS": SETTLE_SECONDS,
    "ORDER_LEASE_SECONDS": 3,
    "UPSTREAM_READ_SECONDS": 2,
    "UPSTREAM_CONNECT_SECONDS": 2,
    "QUOTA_PER_MINUTE": 60_000,
    "WORKER_THREADS": 6,
}
MOST_OPEN = 40
MOST_OF_A_COMPANY = 20
CROWD = 3
WRITES = {"method": "PATCH", "path": "*/subscriptions/*"}
READS = {"method": "GET", "path": "*/subscriptions/*"}
# What goes wrong, and how often. "before" and "after" are named from the side of Microsoft: before or after it acted.
FAULTS: Sequence[dict[str, object]] = (
    {**WRITES, "kind": "throttle", "probability": 0.04, "retry_after": 1},
    {**WRITES, "kind": "status", "probability": 0.04, "status": 503},
    {**WRITES, "kind": "status_after", "probability": 0.04, "status": 500},
    {**WRITES, "kind": "slow", "probability": 0.04, "seconds": 0.7},
    {**WRITES, "kind": "slow", "probability": 0.03, "seconds": 2.6},  # it acts after we have hung up
    {**WRITES, "kind": "slow_after", "probability": 0.04, "seconds": 2.6},
    {**WRITES, "kind": "cut_before", "probability": 0.04},
    {**WRITES, "kind": "cut_after", "probability": 0.04},
    {**WRITES, "kind": "cut_midway", "probability": 0.04},
    {**WRITES, "kind": "malformed", "probability": 0.04},
    {**WRITES, "kind": "conflict", "probability": 0.02},
    {**WRITES, "kind": "accept_and_drop", "probability": 0.01},
    {**WRITES, "kind": "seats_changed", "probability": 0.03, "delta": 1, "when": "before"},
    {**WRITES, "kind": "seats_changed", "probability": 0.03, "delta": 1, "when": "after"},
    {**READS, "kind": "seats_changed", "probability": 0.01, "delta": 1, "when": "before"},
    {**READS, "kind": "stale", "probability": 0.02},
    {"method": "GET", "kind": "throttle", "probability": 0.01, "retry_after": 1},
    {"method": "GET", "kind": "status", "probability": 0.02, "status": 502},
    {"method": "GET", "kind": "cut_before", "probability": 0.01},
    {"method": "GET", "kind": "malformed", "probability": 0.01},
)
PEOPLE = tuple(
    Actor(ActorKind.END_USER, name.lower(), name, f"{name} of the company")
    for name in ("Anna", "Ben", "Chiara", "Deniz", "Emil", "Fatima")
)


def run_campaign(house: House, *, orders: int = 500, seed: int = 1, workers: int = 2) -> CampaignResult:
    """Place ``orders`` random orders at the house under faults and kills, wait until all are closed, and judge them."""
    house.sandbox.put("/_sandbox/switches", {"throttle": False})
    allow(changes=1_000_000)
    _add_all_companies(house)
    with running_workers(workers, **SETTINGS) as processes:
        _refresh_all()
        begun = time.monotonic()
        faults = random.Random(seed)
        for fault in FAULTS:
            house.sandbox.post("/_sandbox/faults", {**fault, "seed": faults.randrange(1_000_000)})
        crowd = Crowd(orders, seed)
        chaos = Chaos(house, processes, random.Random(seed + 1), crowd)
        crowd.start()
        chaos.run()
        crowd.join()
        struck = Counter[str]()
        for fault in house.sandbox.get("/_sandbox/faults")["faults"]:
            struck[fault["kind"]] += fault["struck"]
        house.sandbox.clear_faults()
        house.sandbox.put("/_sandbox/switches", {"patch_status": 200, "audit_lag_seconds": 0})
        # What waits because of a conflict would wait for minutes; to release the switch wakes it up.
        actions.go(acting_as=OWNER, moment=Moment.current())
        _wait_until_settled(90)
        _withdraw_what_microsoft_holds_up()
        seconds = time.monotonic() - begun
        _end_quietly(processes)
    poll_connection(house.connection.id)  # records that came late tell what an order came on top of
    return judge(
        house,
        seconds=seconds,
        kills=chaos.kills,
        stops=chaos.stops,
        faults=dict(struck),
        not_taken=dict(crowd.not_taken),
        workers_log=processes.told(),
    )


def _add_all_companies(house: House) -> None:
    added = people.add_companies(
        acting_as=OWNER,
        connection_id=house.connection.id,
        tenant_ids=list(house.connection.tenants.values_list("tenant_id", flat=True)),
        now=clock.now(),
    )
    assert isinstance(added, AddedCompanies), added


def _refresh_all() -> None:
    run = runs.new_run("refresh_subscriptions", asked_by=OWNER.name, now=clock.now())
    enqueue("licensing.refresh_all", run_id=run.id)

    def done() -> bool:
        found = runs.run(run.id)
        return found is not None and found.finished_at is not None

    until(done, 90, "the first refresh")


def _wait_until_settled(seconds: float) -> None:
    """Wait until no order is open any more, or only such as Microsoft holds up; what is open later counts as lost."""
    end = time.monotonic() + seconds * BUSY
    while time.monotonic() < end and len(_open_orders()) > len(_held_up_by_microsoft()):
        time.sleep(0.1)


def _end_quietly(workers: Workers) -> None:
    """Stop the workers; what a last refresh has put back meanwhile is still carried out."""
    for _ in range(5):
        workers.stop()
        if not _open_orders():
            return
        workers.start()
        _wait_until_settled(30)
        _withdraw_what_microsoft_holds_up()


def _open_orders() -> list[ChangeOrder]:
    return list(ChangeOrder.objects.filter(state__in=OPEN_STATES, needs_person=False))


def _held_up_by_microsoft() -> list[ChangeOrder]:
    """Return the orders that wait minutes for a renewal which really runs at the sandbox."""
    waiting = [order for order in _open_orders() if order.state == OrderState.QUEUED]
    last = OrderEvent.objects.order_by("order_id", "-id").distinct("order_id").filter(order__in=waiting)
    held_up = {event.order_id for event in last if event.what == "conflict"}
    return [order for order in waiting if order.id in held_up]


def _withdraw_what_microsoft_holds_up() -> None:
    """Do what a person would who does not want to wait for the end of a renewal."""
    for order in _held_up_by_microsoft():
        actions.withdraw_order(
            acting_as=OWNER, company_id=CompanyId(order.company_id), order_id=order.id, moment=Moment.current()
        )


class Crowd:
    """People who confirm random wishes, each in a thread of their own, until enough orders are placed."""

    def __init__(self, orders: int, seed: int) -> None:
        self.not_taken: Counter[str] = Counter()
        self.placed = 0
        self.failures: list[BaseException] = []
        self._wanted = orders
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._act, args=[random.Random(f"{seed}/{number}")], name=f"person-{number}")
            for number in range(CROWD)
        ]

    def start(self) -> None:
        """Let them begin."""
        for thread in self._threads:
            thread.start()

    def busy(self) -> bool:
        """Say whether somebody still has wishes."""
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        """Wait for the end; what went wrong in a thread comes out here."""
        for thread in self._threads:
            thread.join()
        for failure in self.failures:
            raise failure

    def _act(self, dice: random.Random) -> None:
        try:
            pool = _pool()
            while self.placed < self._wanted:
                if ChangeOrder.objects.filter(state__in=OPEN_STATES, needs_person=False).count() >= MOST_OPEN:
                    time.sleep(0.05)
                    continue
                self._confirm(dice, *dice.choice(pool))
        except BaseException as failure:
            self.failures.append(failure)
        finally:
            connection.close()

    def _confirm(self, dice: random.Random, company_id: uuid.UUID, subscription_id: uuid.UUID) -> None:
        moment = Moment.current()
        view = subscription_view(CompanyId(company_id), subscription_id, moment.commerce)
        assert view is not None
        if view.order is not None and dice.random() < 0.8:
            return  # most people see that one is under way
        who = dice.choice(PEOPLE)
        outcome = place(view, random_wish(dice, view.facts), who=who)
        with self._lock:
            if isinstance(outcome, PlacedOrder):
                self.placed += 1
            else:
                self.not_taken[outcome.reason] += 1
        if isinstance(outcome, PlacedOrder) and dice.random() < 0.05:
            actions.withdraw_order(
                acting_as=who, company_id=CompanyId(company_id), order_id=outcome.id, moment=Moment.current()
            )
        elif not isinstance(outcome, PlacedOrder):
            time.sleep(0.2 if outcome.reason == "stopped" else 0.01)


def _pool() -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return company and id of the subscriptions that people look at: some of every company."""
    rows = Subscription.objects.filter(gone_at=None).exclude(status="deleted").order_by("company_id", "id")
    taken: Counter[uuid.UUID] = Counter()
    found = []
    for company_id, subscription_id in rows.values_list("company_id", "id"):
        taken[company_id] += 1
        if taken[company_id] <= MOST_OF_A_COMPANY:
            found.append((company_id, subscription_id))
    return found


def random_wish(dice: random.Random, facts: SubscriptionFacts) -> Wish:
    """Wish something that a person could wish for such a subscription, possible or not."""
    seats = dice.randint(1, 3)
    handling = dice.choice(list(ScheduleHandling)) if facts.scheduled_at_term_end else None
    choice = dice.choice((EndOfTerm.RENEW, EndOfTerm.END, EndOfTerm.EXTEND))
    wishes: list[tuple[int, Wish]] = [
        (34, SetQuantity(facts.quantity + seats, handling)),
        (22, SetQuantity(max(1, facts.quantity - seats), handling)),
        (14, ScheduleQuantity(max(1, facts.quantity + dice.choice((-2, -1, 1, 2))))),
        (8, WithdrawSchedule()),
        (16, DecideEndOfTerm(choice, facts.quantity + seats if choice is EndOfTerm.RENEW and seats > 2 else None)),
        (2, Cancel()),
        (4, Reactivate()),
    ]
    return dice.choices([wish for _, wish in wishes], [weight for weight, _ in wishes])[0]


@dataclass(slots=True)
class Chaos:
    """Kills workers, throws the stop switch, changes things behind our back, while the crowd is busy."""

    house: House
    workers: Workers
    dice: random.Random
    crowd: Crowd
    kills: int = 0
    stops: int = 0
    _stopped_until: float | None = field(default=None, init=False)

    def run(self) -> None:
        """Act every few orders until nobody has wishes left: as often on a busy machine as on a quick one."""
        next_thing, next_kill = 5, 20
        while self.crowd.busy():
            time.sleep(0.05)
            if self._stopped_until is not None and time.monotonic() > self._stopped_until:
                self._release()
            if self.crowd.placed >= next_thing:
                next_thing += 5
                self._something()
            if self.crowd.placed >= next_kill:
                next_kill += self.dice.randint(30, 50)
                self.workers.kill(self.dice.choice(self.workers.running))
                self.workers.start()
                self.kills += 1
        self._release()

    def _something(self) -> None:
        sandbox = self.house.sandbox
        match self.dice.randrange(7):
            case 0:
                sandbox.put("/_sandbox/switches", {"patch_status": self.dice.choice((200, 202))})
            case 1:
                sandbox.put("/_sandbox/switches", {"patch_202_seconds": self.dice.choice((0.0, 0.5, 1.5))})
            case 2:
                sandbox.put("/_sandbox/switches", {"audit_lag_seconds": self.dice.choice((0.0, 0.5, 1.0))})
            case 3 | 4:
                self._change_behind_our_back()
            case 5:
                company = self.dice.choice(list(Company.objects.order_by("id")))
                enqueue("licensing.refresh_company", queueing_lock=f"refresh:{company.id}", company_id=company.id)
            case 6 if self._stopped_until is None:
                actions.stop(acting_as=OWNER, reason="campaign", moment=Moment.current())
                self._stopped_until = time.monotonic() + self.dice.uniform(0.2, 1.5)
                self.stops += 1

    def _release(self) -> None:
        if self._stopped_until is not None:
            actions.go(acting_as=OWNER, moment=Moment.current())
            self._stopped_until = None

    def _change_behind_our_back(self) -> None:
        seats = Subscription.objects.filter(status="active", kind="nce", is_trial=False).select_related("company")
        row = self.dice.choice(list(seats.order_by("id")))
        change = {"customer": row.company.tenant_id, "subscription": row.upstream_id, "quantity": row.quantity + 1}
        self.house.sandbox.post("/_sandbox/change", change)
