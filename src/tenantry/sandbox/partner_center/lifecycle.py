"""What happens to subscriptions because time passes, each at its exact moment.

Renewals, ends of return windows, ends of terms, months of the extended service term, charge cycles, and the stages
after the end (reference 6.2–6.7, read 2026-11).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tenantry.sandbox.partner_center import happenings, terms
from tenantry.sandbox.partner_center.kinds import Kind, kind_of
from tenantry.sandbox.store import Subscription
from tenantry.sandbox.switches import Switches
from tenantry.sandbox.wire import JsonDict, parse_moment

LEGACY_SUSPENDED_DAYS = 90
_LIVING_BY_TERM = frozenset({Kind.NCE, Kind.LEGACY, Kind.SOFTWARE, Kind.MARKETPLACE})


class Happening(StrEnum):
    """What the clock does to a subscription; the values are shown to people."""

    WINDOW_ENDS = "a return window ends"
    CANCEL_WINDOW_ENDS = "the cancellation window ends"
    PENDING_ENDS = "a pending operation ends"
    CYCLE_ENDS = "a charge cycle ends"
    ACTION_DUE = "a scheduled action on a date of its own is due"
    TERM_ENDS = "the term ends"
    EXTENDED_MONTH_ENDS = "a month of the extended term ends"
    RENEWAL_COMPLETES = "the renewal completes"
    EXPIRING_ENDS = "the subscription expires"
    EXPIRED_ENDS = "the expired stage ends"
    DISABLED_ENDS = "the disabled stage ends"
    SUSPENSION_ENDS = "the suspension has lasted too long"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the clock will do, or did, to a subscription."""

    at: datetime
    what: Happening
    subscription: Subscription


Recorder = Callable[[Subscription, str, datetime, JsonDict], None]


@dataclass(slots=True)
class Timetable:
    """All that is due, in order of time; `record` is told of every change the service makes by itself.

    A subscription stands in the heap with the moment of its next event; entries that no longer agree with the
    subscription are skipped, so a change only has to call `plan` again.
    """

    switches: Switches
    record: Recorder
    _heap: list[tuple[datetime, int, Subscription]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)

    def plan(self, subscription: Subscription) -> None:
        """Find a subscription's next event and enter it."""
        event = next_event(subscription)
        subscription.due = event.at if event else None
        if event is not None:
            heapq.heappush(self._heap, (event.at, next(self._order), subscription))

    def next(self) -> Event | None:
        """Tell what is due next."""
        self._drop_outdated()
        return next_event(self._heap[0][2]) if self._heap else None

    def run_until(self, now: datetime) -> list[Event]:
        """Do everything that is due by a moment, in order, each thing at its own moment; tells what was done."""
        done: list[Event] = []
        while True:
            self._drop_outdated()
            if not self._heap or self._heap[0][0] > now:
                return done
            subscription = heapq.heappop(self._heap)[2]
            event = next_event(subscription)
            if event is not None:
                self._do(event)
                done.append(event)
            self.plan(subscription)

    def _drop_outdated(self) -> None:
        while self._heap and self._heap[0][2].due != self._heap[0][0]:
            heapq.heappop(self._heap)

    def _do(self, event: Event) -> None:
        subscription = event.subscription
        before = dict(subscription.as_wire())
        _HANDLERS[event.what](subscription, event.at, self.switches)
        subscription.touch()
        if event.what not in {Happening.WINDOW_ENDS, Happening.CANCEL_WINDOW_ENDS, Happening.PENDING_ENDS}:
            self.record(subscription, event.what.value, event.at, before)


def next_event(subscription: Subscription) -> Event | None:
    """Find the first thing that the clock will do to a subscription, None where it leaves it alone."""
    if subscription.hidden.get("still"):
        return None
    found = min(_candidates(subscription), default=None, key=lambda candidate: candidate[0])
    return Event(found[0], found[1], subscription) if found else None


def _candidates(subscription: Subscription) -> list[tuple[datetime, Happening]]:
    body, hidden = subscription.body, subscription.hidden
    status = body.get("status")
    found = [(lot.until, Happening.WINDOW_ENDS) for lot in subscription.lots]
    if until := body.get("cancellationAllowedUntilDate"):
        found.append((parse_moment(until), Happening.CANCEL_WINDOW_ENDS))
    if pending := hidden.get("pending"):
        found.append((parse_moment(pending["until"]), Happening.PENDING_ENDS))
    if kind_of(subscription) not in _LIVING_BY_TERM:
        return found
    if status == "active":
        found += _while_active(subscription)
    elif status == "suspended":
        if since := hidden.get("suspended_at"):
            found.append((parse_moment(since) + timedelta(days=LEGACY_SUSPENDED_DAYS), Happening.SUSPENSION_ENDS))
        elif end := terms.end_moment(body):
            found += [(end, Happening.TERM_ENDS), *_cycle(body, end)]  # it is billed on until then
    elif status in {"expired", "disabled"} and (ended := hidden.get("ended_at")):
        days = (
            happenings.EXPIRED_DAYS
            if status == "expired"
            else int(hidden.get("disabled_days", happenings.DISABLED_DAYS))
        )
        what = Happening.EXPIRED_ENDS if status == "expired" else Happening.DISABLED_ENDS
        found.append((parse_moment(ended) + timedelta(days=days), what))
    return found


def _while_active(subscription: Subscription) -> list[tuple[datetime, Happening]]:
    body, hidden = subscription.body, subscription.hidden
    if until := hidden.get("renewal_until"):
        return [(parse_moment(until), Happening.RENEWAL_COMPLETES)]
    if until := hidden.get("expiring_until"):
        return [(parse_moment(until), Happening.EXPIRING_ENDS)]
    found: list[tuple[datetime, Happening]] = []
    end = terms.end_moment(body)
    if end is not None and body.get("termDuration", "P1Y") in terms.MONTHS_OF_TERM:
        found.append((end, Happening.EXTENDED_MONTH_ENDS if hidden.get("extended") else Happening.TERM_ENDS))
        found += _cycle(body, end)
    found += [
        (parse_moment(action["effectiveDate"]), Happening.ACTION_DUE)
        for action in body.get("scheduledActions") or []
        if action.get("effectiveDate") and str(happenings.schedule_type(action)).lower() == "customdate"
    ]
    return found


def _cycle(body: JsonDict, end: datetime) -> list[tuple[datetime, Happening]]:
    """Give the end of the present charge cycle, where the term does not end with it."""
    cycle = terms.end_moment({"commitmentEndDate": body.get("billingCycleEndDate")})
    return [(cycle, Happening.CYCLE_ENDS)] if cycle is not None and cycle < end else []


_HANDLERS: dict[Happening, Callable[[Subscription, datetime, Switches], None]] = {
    Happening.WINDOW_ENDS: happenings.close_windows,
    Happening.CANCEL_WINDOW_ENDS: happenings.close_cancelling,
    Happening.PENDING_ENDS: happenings.end_pending,
    Happening.CYCLE_ENDS: happenings.end_cycle,
    Happening.ACTION_DUE: happenings.act_on_date,
    Happening.TERM_ENDS: happenings.end_term,
    Happening.EXTENDED_MONTH_ENDS: happenings.end_extended_month,
    Happening.RENEWAL_COMPLETES: happenings.renew,
    Happening.EXPIRING_ENDS: happenings.expire,
    Happening.EXPIRED_ENDS: happenings.disable,
    Happening.DISABLED_ENDS: happenings.remove,
    Happening.SUSPENSION_ENDS: happenings.remove,
}
