"""Hold every order of a campaign against the sandbox's journal."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tenantry.licensing.models import OPEN_STATES, ChangeOrder, OrderEvent, OrderState
from tenantry.licensing.rules.facts import ScheduledAction
from tenantry.licensing.rules.plan import CHANGES_QUANTITY, Intent, plan_from_json
from tenantry.licensing.rules.settlement import decides_term_end
from tests.support.house import House

TOOK_EFFECT = (OrderState.APPLIED, OrderState.SCHEDULED)


@dataclass(frozen=True, slots=True)
class CampaignResult:
    """What a campaign came to. The lists hold sentences about single orders; all but `to_a_person` must be empty.

    lost: neither closed nor left to a person. second_effects: more than one write of the order acted, or a write that
    no order knows. falsely_applied: said to have taken effect, but no write acted (or it did something else).
    falsely_ended: said to have come to nothing (or to something else), but a write did as wished. unsaid: a write that
    undid somebody's change of seats, and the order does not say so. to_a_person: what Microsoft's records do not
    decide, with the evidence; `decidable` are those of them that they do decide. other_effects: how many orders acted,
    but only undid somebody's change of seats.
    """

    orders: int
    states: Mapping[str, int]
    writes: int
    kills: int
    stops: int
    faults: Mapping[str, int]
    not_taken: Mapping[str, int]
    seconds: float
    lost: tuple[str, ...]
    second_effects: tuple[str, ...]
    falsely_applied: tuple[str, ...]
    falsely_ended: tuple[str, ...]
    unsaid: tuple[str, ...]
    to_a_person: tuple[str, ...]
    decidable: tuple[str, ...]
    already_so: int
    other_effects: int
    settling: tuple[float, ...] = field(repr=False)

    @property
    def clean(self) -> bool:
        """Whether every order agrees with the journal."""
        untrue = self.lost or self.second_effects or self.falsely_applied or self.falsely_ended
        return not (untrue or self.unsaid or self.decidable)


def judge(
    house: House,
    *,
    seconds: float,
    kills: int,
    stops: int,
    faults: Mapping[str, int],
    not_taken: Mapping[str, int],
    workers_log: str,
) -> CampaignResult:
    """Compare what the orders say with what the sandbox did."""
    assert "Traceback" not in workers_log, workers_log[-4000:]
    writes = house.sandbox.journal(method="PATCH")
    by_id: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for write in writes:
        by_id[str(write["headers"].get("ms-correlationid", "")).lower()].append(write)
    orders = list(ChangeOrder.objects.select_related("subscription", "company").order_by("number"))
    sent = _sent_ids()
    lost, second, applied, ended, unsaid, person, decidable = [], [], [], [], [], [], []
    already_so = other_effects = 0
    for order in orders:
        mine = [write for correlation_id in sent[order.id] for write in by_id.pop(correlation_id, [])]
        acted = [write for write in mine if write["acted"]]
        as_wished = any(_did_as_wished(order, write) for write in acted)
        words = _words(order, mine)
        if order.state in OPEN_STATES and not order.needs_person:
            lost.append(words)
        if len(acted) > 1:
            second.append(words)
        if any(_undid_seats(order, write) for write in acted) and "undid" not in (order.outcome or {}):
            unsaid.append(words)
        if order.state in TOOK_EFFECT:
            if not acted and any(_was_already_so(order, write) for write in mine):
                already_so += 1
            elif not as_wished:
                applied.append(words)
        elif order.needs_person:
            person.append(words)
            if acted or not _is_undecidable(order):
                decidable.append(words)
        elif order.outcome and order.outcome.get("settled") == "other_effect":
            other_effects += 1
            if as_wished or not any(_undid_seats(order, write) for write in acted):
                ended.append(words)
        elif acted:
            ended.append(words)
    second += [f"no order knows of {write}" for strays in by_id.values() for write in strays if write["acted"]]
    return CampaignResult(
        orders=len(orders),
        states=dict(Counter(order.state for order in orders)),
        writes=sum(1 for write in writes if write["acted"]),
        kills=kills,
        stops=stops,
        faults=faults,
        not_taken=not_taken,
        seconds=seconds,
        lost=tuple(lost),
        second_effects=tuple(second),
        falsely_applied=tuple(applied),
        falsely_ended=tuple(ended),
        unsaid=tuple(unsaid),
        to_a_person=tuple(person),
        decidable=tuple(decidable),
        already_so=already_so,
        other_effects=other_effects,
        settling=tuple(_settling_times()),
    )


def _sent_ids() -> dict[object, list[str]]:
    """Return the correlation id of every sending, by order."""
    found: dict[object, list[str]] = defaultdict(list)
    for event in OrderEvent.objects.filter(what="sending").order_by("id"):
        found[event.order_id].append(str(event.facts["correlation_id"]).lower())
    return found


def _was_already_so(order: ChangeOrder, write: Mapping[str, Any]) -> bool:
    """Say whether Microsoft took a write that had nothing left to change: somebody else had just made the same one."""
    return write["status"] in (200, 202) and _did_as_wished(order, write)


def _did_as_wished(order: ChangeOrder, write: Mapping[str, Any]) -> bool:
    """Say whether the subscription stood as the order wants it right after the write."""
    wanted, after = plan_from_json(order.plan).write, write["after"]
    if wanted is None or after is None:
        return False
    if wanted.intent in CHANGES_QUANTITY:
        return bool(after["quantity"] == wanted.target.quantity)
    if not decides_term_end(wanted):
        return bool(after["status"] == wanted.target.status)
    renews = bool(after["autoRenewEnabled"]) == bool(wanted.target.auto_renew)
    return renews and _at_term_end(after) == {
        (_ACTIONS[change.action], change.quantity)
        for change in wanted.target.scheduled
        if (change.action, change.quantity) != (ScheduledAction.RENEW, after["quantity"])
    }


_ACTIONS = {
    ScheduledAction.RENEW: "RenewToNewTerm",
    ScheduledAction.TRANSITION: "Transition",
    ScheduledAction.END: "Cancel",
    ScheduledAction.EXTEND: "RenewToExtendedServiceTerm",
}


def _at_term_end(after: Mapping[str, Any]) -> set[tuple[str, int | None]]:
    """Name what was scheduled, but for a renewal that changes no seats."""
    found = [
        (action["actionType"], (action.get("instructions") or {}).get("quantity"))
        for action in after["scheduledActions"] or []
    ]
    if next_term := after["scheduledNextTermInstructions"]:
        found.append(("RenewToNewTerm", next_term["quantity"]))
    return set(found) - {("RenewToNewTerm", after["quantity"])}


def _undid_seats(order: ChangeOrder, write: Mapping[str, Any]) -> bool:
    """Say whether a write about something else moved seats: somebody's change came between reading and writing.

    The write sends the quantity back as it was read, and with it Microsoft drops the schedule.
    """
    wanted = plan_from_json(order.plan).write
    moved = write["before_quantity"] != write["after_quantity"]
    return moved and wanted is not None and wanted.intent not in CHANGES_QUANTITY and wanted.intent is not Intent.CANCEL


def _is_undecidable(order: ChangeOrder) -> bool:
    """Say whether the records of an order that did not act leave it open.

    They do when one without an id did what was wanted, and when what was wanted is there without any record (the
    reading before the write was an old one).
    """
    seen = order.outcome.get("seen", []) if order.outcome else []
    return "record_without_id" in seen or seen == ["state_reached", "unexplained_change"]


def _settling_times() -> Iterable[float]:
    """Yield how long each order stayed unsure, in seconds, every time that it was."""
    since: dict[object, float] = {}
    for event in OrderEvent.objects.order_by("order_id", "id"):
        moment = event.happened_at.timestamp()
        if event.state == OrderState.UNSURE and event.what != "needs_person":
            since.setdefault(event.order_id, moment)
        elif event.order_id in since:
            yield moment - since.pop(event.order_id)


def _words(order: ChangeOrder, writes: Iterable[Mapping[str, Any]]) -> str:
    steps = ", ".join(OrderEvent.objects.filter(order=order).order_by("id").values_list("what", flat=True))
    names = ("number", "status", "acted", "before_quantity", "after_quantity", "faults")
    seen = [[write[name] for name in names] for write in writes]
    return (
        f"#{order.number} {order.state}{' (a person)' if order.needs_person else ''} {order.wish} on "
        f"{order.subscription.upstream_id}: {steps}; outcome {order.outcome}; writes {seen}"
    )
