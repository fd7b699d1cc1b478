"""Microsoft's figures as dated data, with their sources.

Where Microsoft sends a figure with a subscription, that one wins over these.
"""

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from tenantry.licensing.rules.facts import ScheduleGeneration
from tenantry.licensing.rules.plan import RuleUse

T = TypeVar("T")
READ = "2026-11"


class RuleName(StrEnum):
    """Every rule that can decide; `docs/domain/nce.md` says each in plain words, with its source."""

    ADD_ANY_TIME = "add-any-time"
    RETURN_WINDOW = "return-window"
    CANCEL_WINDOW = "cancel-window"
    FULL_REFUND = "full-refund"
    SCHEDULE_AT_TERM_END = "schedule-at-term-end"
    SCHEDULE_NEEDS_RENEWAL = "schedule-needs-renewal"
    SCHEDULE_DROPPED = "schedule-dropped"
    END_OF_TERM_CHOICE = "end-of-term-choice"
    EXTENDED_TERM = "extended-term"
    EXPIRY_GRACE = "expiry-grace"
    END_OF_SALE = "end-of-sale"
    LEGACY_ANY_TIME = "legacy-any-time"
    LEGACY_SUSPENDS = "legacy-suspends"
    SOFTWARE_SEATS_STAY = "software-seats-stay"
    SOFTWARE_RETURN = "software-return"
    KIND_WITHOUT_SEATS = "kind-without-seats"
    TRIAL_IS_FIXED = "trial-is-fixed"
    STATUS_ALLOWS = "status-allows"
    RENEWAL_RUNS = "renewal-runs"
    TERM_IS_OVER = "term-is-over"
    ZERO_IS_NO_QUANTITY = "zero-is-no-quantity"
    SEAT_LIMITS = "seat-limits"
    PROMOTION_LIMIT = "promotion-limit"
    UPDATE_LIMIT = "update-limit"
    ASSIGNED_SEATS = "assigned-seats"
    SOMETHING_CHANGES = "something-changes"


@dataclass(frozen=True, slots=True)
class Version(Generic[T]):
    """A figure and the moment from which it holds; ``since`` is None for the first one known."""

    value: T
    source: str
    since: datetime | None = None
    read: str = READ


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """A figure of one rule over time, the oldest version first."""

    rule: RuleName
    versions: tuple[Version[T], ...]

    def at(self, moment: datetime) -> Version[T]:
        """Return the version that is in force at ``moment``."""
        in_force = self.versions[0]
        for version in self.versions[1:]:
            if version.since is not None and version.since <= moment:
                in_force = version
        return in_force


@dataclass(frozen=True, slots=True)
class ExtendedTerm:
    """The paid extended service term: surcharges in percent on the monthly price, and which terms it applies to."""

    surcharge: int
    surcharge_without_monthly_plan: int
    for_terms_started_since: date


def _fixed(rule: RuleName, value: T, source: str) -> Dated[T]:
    return Dated(rule, (Version(value, source),))


_CANCELLATION = "Microsoft Learn, New commerce cancellation policy"
_LIFECYCLE = "Microsoft Learn, Subscription lifecycle"
_CREATE = "Microsoft Learn, Create a new subscription"
_EXTENDED = "Microsoft Learn, Extended service terms; percentages second-hand from distributors"


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All dated figures that the rules use; units are in the names.

    By which moment a version is looked up: windows and refunds by the purchase, the extended term by the end of the
    term, everything else by the present.
    """

    return_window_hours: Dated[int]
    full_refund_hours: Dated[int]
    extended_term: Dated[ExtendedTerm | None]
    schedule_generation: Dated[ScheduleGeneration]
    expired_grace_days: Dated[int]
    legacy_suspended_days: Dated[int]
    perpetual_return_days: Dated[int]
    renewal_hours: Dated[int]
    retry_minutes: Dated[int]
    update_limit: Dated[int]

    def use(self, rule: str, moment: datetime) -> RuleUse:
        """Name a rule with the day from which its version at ``moment`` holds."""
        for figure in fields(self):
            dated: Dated[object] = getattr(self, figure.name)
            since = dated.at(moment).since
            if dated.rule == rule and since is not None:
                return RuleUse(rule, since.date())
        return RuleUse(rule)

    def return_window(self, bought_at: datetime) -> timedelta:
        """Return how long seats bought at ``bought_at`` may be returned."""
        return timedelta(hours=self.return_window_hours.at(bought_at).value)


BOOK = RuleBook(
    return_window_hours=Dated(
        RuleName.RETURN_WINDOW,
        (
            Version(72, "CRN, Microsoft expands 72-hour window, 2022-03-17"),
            # In force from 2022-03-19 00:00 UTC, for everything bought in the seven days before as well.
            Version(168, _CANCELLATION, datetime(2022, 3, 12, tzinfo=UTC)),
        ),
    ),
    full_refund_hours=_fixed(RuleName.FULL_REFUND, 24, _CANCELLATION),
    extended_term=Dated(
        RuleName.EXTENDED_TERM,
        (
            Version(None, _LIFECYCLE),
            Version(ExtendedTerm(3, 23, date(2025, 4, 1)), _EXTENDED, datetime(2026, 5, 4, tzinfo=UTC)),
        ),
    ),
    schedule_generation=Dated(
        RuleName.SCHEDULE_AT_TERM_END,
        (
            Version(ScheduleGeneration.NEXT_TERM_INSTRUCTIONS, "Microsoft Learn, Create scheduled changes"),
            Version(ScheduleGeneration.SCHEDULED_ACTIONS, _EXTENDED, datetime(2026, 2, 16, tzinfo=UTC)),
        ),
    ),
    expired_grace_days=_fixed(RuleName.EXPIRY_GRACE, 30, _LIFECYCLE),
    legacy_suspended_days=_fixed(RuleName.LEGACY_SUSPENDS, 90, _LIFECYCLE),
    perpetual_return_days=_fixed(RuleName.SOFTWARE_RETURN, 30, _CANCELLATION),
    renewal_hours=_fixed(RuleName.RENEWAL_RUNS, 24, _CREATE),
    retry_minutes=_fixed(RuleName.RENEWAL_RUNS, 2, _CREATE),
    update_limit=_fixed(RuleName.UPDATE_LIMIT, 1200, _CREATE),
)
