"""Every read of licensing that pages and other rooms may use. All of it is bound to a company."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Count, F, FilteredRelation, Max, Min, Q, QuerySet, Sum

from tenantry.kernel.ids import CompanyId
from tenantry.licensing.market import Market
from tenantry.licensing.models import (
    OPEN_STATES,
    UNREADABLE,
    ChangeOrder,
    CompanyRefresh,
    LicenceCount,
    OrderEvent,
    OrderState,
    Subscription,
    SubscriptionChange,
    Wish,
)
from tenantry.licensing.rules.book import BOOK
from tenantry.licensing.rules.facts import Status, SubscriptionFacts, facts_from_json
from tenantry.licensing.rules.plan import Caution, Intent
from tenantry.licensing.rules.terms import Ending, Outcome, end_of_term, leaves_a_question

LISTED = ("active", "pending", "suspended", "expired", "disabled", "unknown", "none")
NEEDS_A_PERSON = Q(state=OrderState.UNSURE, needs_person=True)
SOON = timedelta(days=30)
YEAR = timedelta(days=366)
DECIDED_BEFORE = timedelta(days=60)  # so long before its end the question of a term is open
_OVER = Q(status="deleted") | Q(gone_at__isnull=False)
SHOWS = {  # the parts of a company's list
    "current": ~_OVER,
    "active": Q(status="active", gone_at=None),
    "trials": Q(is_trial=True, gone_at=None),
    "over": _OVER,
    "all": Q(),
}
SORTS = {
    "name": ("offer_name", "friendly_name", "id"),
    "-name": ("-offer_name", "-friendly_name", "id"),
    "quantity": ("quantity", "offer_name", "id"),
    "-quantity": ("-quantity", "offer_name", "id"),
    "date": ("sort_date", "offer_name", "id"),
    "-date": ("-sort_date", "offer_name", "id"),
}


@dataclass(frozen=True, slots=True)
class Licences:
    """Assigned and free seats of a product in the whole tenant, all channels together."""

    name: str
    assigned: int
    total: int

    @property
    def free(self) -> int:
        """Seats that nobody has; never below 0."""
        return max(0, self.total - self.assigned)


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """One subscription with what a page says about it.

    ``licences`` is None where it is not known; ``order`` is the open change order, ``wish`` the kept end-of-term wish.
    """

    row: Subscription
    facts: SubscriptionFacts
    ending: Ending
    order: ChangeOrder | None
    wish: Wish | None
    licences: Licences | None

    @property
    def id(self) -> uuid.UUID:
        """Our id of the subscription."""
        return self.row.id

    @property
    def name(self) -> str:
        """What the company calls it, or the product's name."""
        return self.row.friendly_name or self.row.offer_name


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the mirror of a company is (real time), and what stands in the way."""

    succeeded_at: datetime | None
    refreshing: bool
    failed_at: datetime | None
    advice: str
    words: str  # Microsoft's own
    request_id: str
    licences_known: bool | None
    unkept: tuple[str, ...] = ()  # records that the last reading could not keep, with why

    @property
    def failing(self) -> bool:
        """Whether the last try failed."""
        return self.failed_at is not None and (self.succeeded_at is None or self.failed_at > self.succeeded_at)


@dataclass(frozen=True, slots=True)
class Overview:
    """The four figures of the overview: seats count every active subscription that has seats."""

    active: int
    seats: int
    ending_soon: int
    trials: int


def facts_of(subscription: Subscription) -> SubscriptionFacts:
    """Return the facts of one mirrored subscription with limits, market facts and counts."""
    return with_market(facts_from_json(subscription.facts), subscription)


def with_market(facts: SubscriptionFacts, subscription: Subscription) -> SubscriptionFacts:
    """Add limits, market facts, counts and the other subscriptions of its product to what a record of it says."""
    market = Market(CompanyId(subscription.company_id), [subscription])
    return market.with_others(market.complete(facts), subscription)


def subscription_rows(
    company_id: CompanyId, *, search: str = "", show: str = "current", sort: str = "date"
) -> QuerySet[Subscription]:
    """Return the rows of a company's list; slice them before you make views of them.

    ``show``: a key of `SHOWS`; "current" is what is not over. ``sort``: a key of `SORTS`.
    """
    rows = _searched(company_id, search).filter(SHOWS.get(show, SHOWS["current"])).defer("upstream")
    return rows.order_by(*SORTS.get(sort, SORTS["date"]))


def _searched(company_id: CompanyId, search: str) -> QuerySet[Subscription]:
    rows = Subscription.objects.filter(company_id=company_id)
    if not search:
        return rows
    return rows.filter(Q(offer_name__icontains=search) | Q(friendly_name__icontains=search))


def views(company_id: CompanyId, rows: Iterable[Subscription], now: datetime) -> list[SubscriptionView]:
    """Turn rows of one company into what pages show, in a number of queries that does not depend on how many."""
    listed = list(rows)
    return _views(Market(company_id, listed), listed, *_orders_and_wishes(listed), now)


def _orders_and_wishes(
    rows: Sequence[Subscription],
) -> tuple[Mapping[uuid.UUID, ChangeOrder], Mapping[uuid.UUID, Wish]]:
    ids = [row.id for row in rows]
    orders = ChangeOrder.objects.filter(subscription_id__in=ids, state__in=OPEN_STATES).defer("plan", "before")
    wishes = Wish.objects.filter(subscription_id__in=ids)
    return {order.subscription_id: order for order in orders}, {wish.subscription_id: wish for wish in wishes}


def _views(
    market: Market,
    rows: Sequence[Subscription],
    orders: Mapping[uuid.UUID, ChangeOrder],
    wishes: Mapping[uuid.UUID, Wish],
    now: datetime,
) -> list[SubscriptionView]:
    found = []
    for row in rows:
        facts = market.complete(facts_from_json(row.facts))
        found.append(
            SubscriptionView(
                row=row,
                facts=facts,
                ending=end_of_term(facts, now, BOOK),
                order=orders.get(row.id),
                wish=wishes.get(row.id),
                licences=_licences(market.count(facts)),
            )
        )
    return found


def _licences(count: LicenceCount | None) -> Licences | None:
    return Licences(count.name, count.assigned, count.total) if count else None


@dataclass(frozen=True, slots=True)
class Listed:
    """A part of a company's list, how many each of `SHOWS` has, how fresh. Of an order id, number, state are read."""

    views: list[SubscriptionView]
    counts: Mapping[str, int]
    freshness: Freshness


def listed(
    company_id: CompanyId,
    now: datetime,
    *,
    search: str = "",
    show: str = "current",
    sort: str = "date",
    offset: int = 0,
    limit: int = 100,
) -> Listed:
    """Return one page of a company's list, in six queries however long it is; arguments as `subscription_rows`."""
    rows = list(
        subscription_rows(company_id, search=search, show=show, sort=sort)
        .select_related("wish")
        .annotate(
            open_order=FilteredRelation("orders", condition=Q(orders__state__in=OPEN_STATES)),
            order_id=F("open_order__id"),
            order_number=F("open_order__number"),
            order_state=F("open_order__state"),
        )[offset : offset + limit]
    )
    market = Market(company_id, rows)
    orders = {
        row.id: ChangeOrder.from_db(None, ("id", "number", "state"), (row.order_id, row.order_number, row.order_state))
        for row in rows
        if row.order_id is not None
    }
    wishes = {row.id: wish for row in rows if (wish := getattr(row, "wish", None)) is not None}
    counts = _searched(company_id, search).aggregate(
        **{name: Count("id", filter=which) for name, which in SHOWS.items()}
    )
    return Listed(_views(market, rows, orders, wishes, now), counts, freshness_from(market.refresh))


def is_of_company(company_id: CompanyId, subscription_id: uuid.UUID) -> bool:
    """Say whether a company has this subscription."""
    return Subscription.objects.filter(company_id=company_id, id=subscription_id).exists()


def subscription_view(company_id: CompanyId, subscription_id: uuid.UUID, now: datetime) -> SubscriptionView | None:
    """Return one subscription of a company, ready to be planned; None when it is missing or another company's."""
    row = Subscription.objects.filter(company_id=company_id, id=subscription_id).first()
    if row is None:
        return None
    market = Market(company_id, [row])
    (view,) = _views(market, [row], *_orders_and_wishes([row]), now)
    return replace(view, facts=market.with_others(view.facts, row))


def overview(company_id: CompanyId, now: datetime) -> Overview:
    """Return the figures of a company's overview in one query."""
    seats = ~Q(kind__in=("azure_plan", "legacy_azure", "reservation"))
    active = Q(status="active", gone_at=None)
    figures = Subscription.objects.filter(company_id=company_id).aggregate(
        active=Count("id", filter=active),
        seats=Sum("quantity", filter=active & seats),
        ending=Count("id", filter=active & Q(commitment_end__gte=now, commitment_end__lt=now + SOON)),
        trials=Count("id", filter=active & Q(is_trial=True)),
    )
    return Overview(figures["active"], figures["seats"] or 0, figures["ending"], figures["trials"])


@dataclass(frozen=True, slots=True)
class Shortage:
    """A coming moment at which fewer seats of a product stand than are assigned; ``view`` is what loses seats then."""

    view: SubscriptionView
    at: datetime
    caution: Caution


@dataclass(frozen=True, slots=True)
class YearAhead:
    """The active subscriptions whose term ends within a year, and what becomes short of seats; the soonest first."""

    renewals: list[SubscriptionView]
    shortages: list[Shortage]


def year_ahead(company_id: CompanyId, now: datetime) -> YearAhead:
    """Return what the next twelve months bring to a company, in a fixed number of queries."""
    rows = list(
        Subscription.objects.filter(company_id=company_id, status="active", gone_at=None)
        .defer("upstream")
        .order_by("commitment_end", "offer_name", "id")
    )
    market = Market(company_id, rows)
    found = _views(market, rows, *_orders_and_wishes(rows), now)
    ends = ((view, view.facts.commitment_end) for view in found)
    by_id = {view.id: view for view in found}
    short = market.shortages({view.id: view.facts for view in found}, now)
    return YearAhead(
        renewals=[view for view, end in ends if end is not None and now <= end < now + YEAR],
        shortages=[Shortage(by_id[row_id], at, caution) for at, row_id, caution in short],
    )


def needs_decision(found: Iterable[SubscriptionView], now: datetime) -> list[SubscriptionView]:
    """Keep what a person should look at, by deadline.

    That is: a lost wish, a trial that converts, an end of term within 60 days about which nobody has decided anything,
    and an extended term that nobody has chosen. A monthly term that renews is a decision in itself.
    """
    looked_at = list(found)
    extended = {view.id: view.facts for view in looked_at if view.ending.outcome is Outcome.STAYS_EXTENDED}
    chosen = _chose_to_extend(extended)

    def open_question(view: SubscriptionView) -> bool:
        facts = view.facts
        if facts.status is not Status.ACTIVE or facts.commitment_end is None:
            return False
        if view.wish is not None:
            return view.wish.lost_at is not None
        if view.id in extended:
            return view.id not in chosen
        return facts.commitment_end - now < DECIDED_BEFORE and leaves_a_question(facts)

    return [view for view in looked_at if open_question(view)]


def _chose_to_extend(extended: Mapping[uuid.UUID, SubscriptionFacts]) -> set[uuid.UUID]:
    """Return which of some subscriptions somebody let roll into the extended term on purpose, in their last term."""
    if not extended:
        return set()
    chosen = ChangeOrder.objects.filter(
        subscription_id__in=extended, state=OrderState.SCHEDULED, plan__write__intent=Intent.EXTEND_AT_TERM
    )
    began = {subscription_id: facts.term_start for subscription_id, facts in extended.items()}
    return {
        subscription_id
        for subscription_id, requested_at in chosen.values_list("subscription_id", "requested_at")
        if (start := began[subscription_id]) is None or requested_at >= start
    }


def orders(company_id: CompanyId) -> QuerySet[ChangeOrder]:
    """Return a company's change orders, the newest first."""
    return ChangeOrder.objects.filter(company_id=company_id).select_related("subscription").order_by("-number")


def order(company_id: CompanyId, order_id: uuid.UUID) -> ChangeOrder | None:
    """Return one order of a company; None when it is missing or another company's."""
    return orders(company_id).select_related("company", "subscription").filter(id=order_id).first()


def events(order_id: uuid.UUID) -> list[OrderEvent]:
    """Return the steps of an order, the oldest first."""
    return list(OrderEvent.objects.filter(order_id=order_id).order_by("id"))


def changes(company_id: CompanyId, subscription_id: uuid.UUID | None = None) -> QuerySet[SubscriptionChange]:
    """Return what changed at Microsoft, of a company or of one subscription, the newest first."""
    found = SubscriptionChange.objects.filter(company_id=company_id).select_related("subscription", "order")
    if subscription_id is not None:
        found = found.filter(subscription_id=subscription_id)
    return found.order_by("-seen_at", "-id")


def office_orders(company_ids: Iterable[uuid.UUID] | None) -> QuerySet[ChangeOrder]:
    """Return the orders of some companies, or of all with None, the newest first: for the back office."""
    found = ChangeOrder.objects.select_related("subscription", "company").order_by("-number")
    return found if company_ids is None else found.filter(company_id__in=company_ids)


def office_subscriptions(company_ids: Iterable[uuid.UUID] | None) -> QuerySet[Subscription]:
    """Return the subscriptions of some companies, or of all with None, with their companies: for the back office."""
    found = Subscription.objects.filter(company__removed_at=None).select_related("company").defer("upstream")
    return found if company_ids is None else found.filter(company_id__in=company_ids)


def waiting_for_a_person(company_ids: Iterable[uuid.UUID] | None) -> QuerySet[ChangeOrder]:
    """Return unsure orders that Microsoft's records do not decide."""
    return office_orders(company_ids).filter(NEEDS_A_PERSON)


def freshness(company_id: CompanyId) -> Freshness:
    """Say how fresh a company's mirror is."""
    return freshness_from(CompanyRefresh.objects.filter(company_id=company_id).first())


def freshness_from(found: CompanyRefresh | None) -> Freshness:
    """Return what a row says of how fresh a mirror is; without one it was never read."""
    refresh = found or CompanyRefresh()
    running = refresh.started_at is not None and all(
        ended is None or ended < refresh.started_at for ended in (refresh.succeeded_at, refresh.failed_at)
    )
    return Freshness(
        succeeded_at=refresh.succeeded_at,
        refreshing=running,
        failed_at=refresh.failed_at,
        advice=refresh.advice,
        words=refresh.words,
        request_id=refresh.request_id,
        licences_known=refresh.licences_known,
        unkept=tuple(refresh.words.split("\n")) if refresh.advice == UNREADABLE else (),
    )


@dataclass(frozen=True, slots=True)
class OverallFreshness:
    """When the company that was refreshed longest ago, and the latest one, were refreshed; how many fail.

    ``incomplete`` counts those with records that could not be kept.
    """

    oldest: datetime | None
    newest: datetime | None
    failing: int
    never: int
    incomplete: int


def overall_freshness() -> OverallFreshness:
    """Say how fresh the mirror is over all companies that are here now."""
    found = CompanyRefresh.objects.filter(company__removed_at=None).aggregate(
        oldest=Min("succeeded_at"),
        newest=Max("succeeded_at"),
        failing=Count(
            "pk", filter=Q(failed_at__isnull=False) & (Q(succeeded_at=None) | Q(failed_at__gt=F("succeeded_at")))
        ),
        never=Count("pk", filter=Q(succeeded_at=None)),
        incomplete=Count("pk", filter=Q(advice=UNREADABLE)),
    )
    return OverallFreshness(**found)
