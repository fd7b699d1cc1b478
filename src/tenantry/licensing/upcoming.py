"""The ends of terms of all companies, from stored columns: for the partner's list of renewals."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tenantry.licensing.finding import words_query
from tenantry.licensing.models import NAME_WORDS, OPEN_STATES, ChangeOrder, OrderState, Subscription, Wish
from tenantry.licensing.queries import DECIDED_BEFORE, YEAR
from tenantry.licensing.rules.book import BOOK
from tenantry.licensing.rules.facts import facts_from_json
from tenantry.licensing.rules.plan import Intent
from tenantry.licensing.rules.terms import Ending, Outcome, end_of_term

UNDECIDED = "undecided"
# Parts of what is undecided, to look for alone: a decision that Microsoft does not have, and a trial that becomes paid.
LOST, TRIALS = "lost", "trials"
# What happens at the end of a term, beside "undecided", which goes before all of them.
KINDS: Mapping[str, tuple[Outcome, ...]] = {
    "renews": (Outcome.RENEWS, Outcome.RENEWS_CHANGED, Outcome.UPGRADES, Outcome.CONVERTS),
    "ends": (Outcome.ENDS, Outcome.EXPIRES),
    "extends": (Outcome.EXTENDS, Outcome.STAYS_EXTENDED),
}


@dataclass(frozen=True, slots=True)
class UpcomingEnd:
    """One end of a term with its company; ``ending`` is what the record says, without what the catalogue adds."""

    row: Subscription
    ending: Ending
    wish: Wish | None
    undecided: bool
    under_way: bool

    @property
    def may_be_confirmed(self) -> bool:
        """Say whether it renews by itself as it is, and nobody has said yet that this is right."""
        open_to_all = self.wish is None or self.wish.lost_at is not None
        return open_to_all and not self.under_way and self.ending.outcome is Outcome.RENEWS


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A part of the list, and how many there are of each kind and in all."""

    rows: list[UpcomingEnd]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Part:
    """The first of some ends of terms, the soonest first, and how many there are."""

    rows: list[UpcomingEnd]
    total: int


@dataclass(frozen=True, slots=True)
class Due:
    """What wants somebody's decision within `DECIDED_BEFORE`; what was lost, within a year. No end is in two parts."""

    decisions: Part
    lost: Part
    trials: Part


def upcoming(
    now: datetime,
    *,
    only: Iterable[uuid.UUID] | None,
    since: datetime,
    until: datetime,
    search: str = "",
    kind: str = "",
    offset: int = 0,
    limit: int = 50,
) -> Upcoming:
    """Return the running terms that end within a span of time, the soonest first; three queries.

    ``only`` are the companies that the viewer sees, None means all. The search finds parts of a company's name, and
    subscriptions by the first letters of words.
    """
    found = _running(only, max(since, now), until)
    if search:
        names = Q(company__name__icontains=search)
        query = words_query(search)
        found = found.alias(words=NAME_WORDS).filter(names if query is None else names | Q(words=query))
    asked = _undecided(now, found)
    kinds = {name: Q(outcome__in=[one.value for one in outcomes]) & ~asked for name, outcomes in KINDS.items()}
    kinds[UNDECIDED] = asked
    if kind in {LOST, TRIALS}:
        kinds[kind] = _LOST if kind == LOST else asked & ~_LOST & Q(outcome=Outcome.CONVERTS)
    counts = found.aggregate(all=Count("id"), **{name: Count("id", filter=which) for name, which in kinds.items()})
    if kind in kinds:
        found = found.filter(kinds[kind])
    return Upcoming(_read(found, asked, now, offset, limit), counts)


def due(now: datetime, *, only: Iterable[uuid.UUID] | None, limit: int) -> Due:
    """Return what wants a decision, of all companies that the viewer sees; six queries.

    ``only`` as for `upcoming`.
    """
    soon, year = _running(only, now, now + DECIDED_BEFORE), _running(only, now, now + YEAR)
    asked = _undecided(now, soon) & ~_LOST
    converts = Q(outcome=Outcome.CONVERTS)
    counts = soon.aggregate(
        decisions=Count("id", filter=asked & ~converts), trials=Count("id", filter=asked & converts)
    )
    lost = year.filter(_LOST)
    return Due(
        decisions=Part(_read(soon.filter(asked & ~converts), asked, now, 0, limit), counts["decisions"]),
        lost=Part(_read(lost, _LOST, now, 0, limit), lost.count()),
        trials=Part(_read(soon.filter(asked & converts), asked, now, 0, limit), counts["trials"]),
    )


def next_end(now: datetime, *, only: Iterable[uuid.UUID] | None) -> Subscription | None:
    """Return the running subscription whose term ends next, with its company; None where none ends within a year."""
    found = _running(only, now, now + YEAR).select_related("company").defer("upstream", "facts")
    return found.order_by("commitment_end", "id").first()


_LOST = Q(wish__lost_at__isnull=False)


def _running(only: Iterable[uuid.UUID] | None, since: datetime, until: datetime) -> QuerySet[Subscription]:
    found = Subscription.objects.filter(
        status="active",
        gone_at=None,
        company__removed_at=None,
        commitment_end__gte=since,
        commitment_end__lt=until,
    )
    return found if only is None else found.filter(company_id__in=only)


def _read(found: QuerySet[Subscription], asked: Q, now: datetime, offset: int, limit: int) -> list[UpcomingEnd]:
    open_orders = ChangeOrder.objects.filter(subscription_id=OuterRef("id"), state__in=OPEN_STATES)
    rows = (
        found.select_related("company", "wish")
        .defer("upstream")
        .annotate(undecided=asked, under_way=Exists(open_orders))
        .order_by("commitment_end", "id")[offset : offset + limit]
    )
    return [
        UpcomingEnd(
            row=row,
            ending=end_of_term(facts_from_json(row.facts), now, BOOK),
            wish=getattr(row, "wish", None),
            undecided=row.undecided,
            under_way=row.under_way,
        )
        for row in rows
    ]


def _undecided(now: datetime, found: QuerySet[Subscription]) -> Q:
    """Return what `queries.needs_decision` says of one company, for all."""
    extended = found.filter(outcome=Outcome.STAYS_EXTENDED)
    chosen = ChangeOrder.objects.filter(
        subscription__in=extended, state=OrderState.SCHEDULED, plan__write__intent=Intent.EXTEND_AT_TERM
    ).values_list("subscription_id", "requested_at", "subscription__facts__term_start")
    on_purpose = [
        row_id for row_id, asked_at, began in chosen if not began or asked_at >= datetime.fromisoformat(began)
    ]
    near = Q(commitment_end__lt=now + DECIDED_BEFORE, asks=True) & ~Q(outcome=Outcome.STAYS_EXTENDED)
    unasked = Q(outcome=Outcome.STAYS_EXTENDED) & ~Q(id__in=on_purpose)
    return _LOST | (Q(wish__isnull=True) & (near | unasked))
