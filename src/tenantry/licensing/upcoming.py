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
    """The first of some ends of terms, the soonest first, and how many there are; no more than ``most`` are counted."""

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
    found = running(only, max(since, now), until)
    if search:
        names = Q(company__name__icontains=search)
        query = words_query(search)
        found = found.alias(words=NAME_WORDS).filter(names if query is None else names | Q(words=query))
    asked = undecided(now + DECIDED_BEFORE, found)
    kinds = {name: Q(outcome__in=[one.value for one in outcomes]) & ~asked for name, outcomes in KINDS.items()}
    kinds[UNDECIDED] = asked
    if kind in {LOST, TRIALS}:
        kinds[kind] = LOST_NOW if kind == LOST else asked & ~LOST_NOW & Q(outcome=Outcome.CONVERTS)
    counts = found.aggregate(all=Count("id"), **{name: Count("id", filter=which) for name, which in kinds.items()})
    if kind in kinds:
        found = found.filter(kinds[kind])
    return Upcoming(_read(found, asked, now, offset, limit), counts)


def due(now: datetime, *, only: Iterable[uuid.UUID] | None, limit: int, most: int) -> Due:
    """Return what wants a decision, of all companies that the viewer sees; seven queries.

    ``only`` as for `upcoming`; ``limit`` is how many of each kind are read, ``most`` up to where they are counted.
    """
    soon, year = running(only, now, now + DECIDED_BEFORE), running(only, now, now + YEAR)
    asked = undecided(now + DECIDED_BEFORE, soon) & ~LOST_NOW
    converts = Q(outcome=Outcome.CONVERTS)

    def part(found: QuerySet[Subscription]) -> Part:
        return Part(_read(found, asked, now, 0, limit), found.order_by("commitment_end")[:most].count())

    return Due(
        decisions=part(soon.filter(asked & ~converts)),
        lost=part(year.filter(LOST_NOW)),
        trials=part(soon.filter(asked & converts)),
    )


def next_end(now: datetime, *, only: Iterable[uuid.UUID] | None) -> Subscription | None:
    """Return the running subscription whose term ends next, with its company; None where none ends within a year."""
    found = running(only, now, now + YEAR).select_related("company").defer("upstream", "facts")
    return found.order_by("commitment_end", "id").first()


LOST_NOW = Q(wish__lost_at__isnull=False)


def running(only: Iterable[uuid.UUID] | None, since: datetime, until: datetime) -> QuerySet[Subscription]:
    """Return the running subscriptions of companies, of all with None, whose terms end within a span of time."""
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


def undecided(before: datetime, found: QuerySet[Subscription]) -> Q:
    """Return which of these somebody should decide about; one query.

    With ``before`` at the end of `DECIDED_BEFORE` it is what `queries.needs_decision` says of one company.
    """
    on_purpose = chosen_to_extend(found)
    near = Q(commitment_end__lt=before, asks=True) & ~Q(outcome=Outcome.STAYS_EXTENDED)
    unasked = Q(outcome=Outcome.STAYS_EXTENDED) & ~Q(id__in=on_purpose)
    return LOST_NOW | (Q(wish__isnull=True) & (near | unasked))


def chosen_to_extend(found: QuerySet[Subscription]) -> list[uuid.UUID]:
    """Return which of these run on month by month because somebody chose it in their last term; one query."""
    extended = found.filter(outcome=Outcome.STAYS_EXTENDED)
    chosen = ChangeOrder.objects.filter(
        subscription__in=extended, state=OrderState.SCHEDULED, plan__write__intent=Intent.EXTEND_AT_TERM
    ).values_list("subscription_id", "requested_at", "subscription__facts__term_start")
    return [row_id for row_id, asked_at, began in chosen if not began or asked_at >= datetime.fromisoformat(began)]
