"""What a plan says: the verdict, what would be written, and what follows, in the order of time."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from tenantry.kernel.refusals import Facts, Refusal
from tenantry.licensing.rules import codec
from tenantry.licensing.rules.facts import ScheduledChange, Status, same_change
from tenantry.licensing.rules.wishes import ScheduleHandling, Wish


class Intent(StrEnum):
    """What is asked of Microsoft; each intent has its own way of writing."""

    ADD_SEATS = "add_seats"
    RETURN_SEATS = "return_seats"
    CANCEL = "cancel"
    SCHEDULE_CHANGE = "schedule_change"
    WITHDRAW_SCHEDULE = "withdraw_schedule"
    RENEW = "renew"
    END_AT_TERM = "end_at_term"
    EXTEND_AT_TERM = "extend_at_term"
    SUSPEND = "suspend"
    REACTIVATE = "reactivate"


CHANGES_QUANTITY = frozenset({Intent.ADD_SEATS, Intent.RETURN_SEATS})


@dataclass(frozen=True, slots=True)
class Target:
    """How the subscription is to look afterwards: total seats, status, auto-renew, and every scheduled change."""

    quantity: int
    status: Status
    auto_renew: bool | None
    scheduled: tuple[ScheduledChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """One change at Microsoft, by its outcome.

    When the quantity changes at once, Microsoft drops the scheduled changes: `put_back` names those that have to be
    written again after the quantity has been confirmed.
    """

    intent: Intent
    target: Target

    @property
    def put_back(self) -> tuple[ScheduledChange, ...]:
        """Scheduled changes to write again in a second step; empty for every intent that writes them itself."""
        return self.target.scheduled if self.intent in CHANGES_QUANTITY else ()


@dataclass(frozen=True, slots=True)
class Allowed(codec.Tagged):
    """It may be done, and takes effect at once."""


@dataclass(frozen=True, slots=True)
class Scheduled(codec.Tagged):
    """It may be written now, and Microsoft applies it at ``at``."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Refused(codec.Tagged):
    """It may not be done, for a reason and with a next step."""

    refusal: Refusal


Verdict = Allowed | Scheduled | Refused


class When(StrEnum):
    """Where a consequence stands on the way from now into the future."""

    NOW = "now"
    UNTIL = "until"
    AT_TERM_END = "at_term_end"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Consequence:
    """One thing that follows. ``at`` is the instant that the sentence names, None where Microsoft names none."""

    when: When
    key: str
    at: datetime | None = None
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caution:
    """Something to read first; a ``dangerous`` one asks for a second confirmation."""

    key: str
    dangerous: bool = False
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question: ``quantity`` is the number of seats at the renewal that it leads to."""

    answer: ScheduleHandling
    quantity: int


@dataclass(frozen=True, slots=True)
class Question:
    """Something only the person can answer before the change is sent; the answer goes into the wish."""

    key: str
    options: tuple[Option, ...]
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule that had a say, in the version that was in force: ``since`` is None for a rule that never changed."""

    name: str
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another wish that would be allowed; ``at`` is when it takes effect, None for now."""

    wish: Wish
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What would happen to one subscription if ``wish`` were confirmed at the moment of planning.

    ``write`` is None when the wish is refused or a question is still open. ``rules`` names the deciding rule last.
    """

    wish: Wish
    verdict: Verdict
    write: Write | None = None
    consequences: tuple[Consequence, ...] = ()
    warnings: tuple[Caution, ...] = ()
    questions: tuple[Question, ...] = ()
    rules: tuple[RuleUse, ...] = ()
    alternatives: tuple[Alternative, ...] = ()

    @property
    def refusal(self) -> Refusal | None:
        """The refusal, when the wish is refused."""
        return self.verdict.refusal if isinstance(self.verdict, Refused) else None

    @property
    def dangerous(self) -> bool:
        """Whether the person has to confirm twice."""
        return any(warning.dangerous for warning in self.warnings)


def same_effect(shown: Plan, now: Plan) -> bool:
    """Say whether the plan made now does what the shown one promised.

    Compared: the verdict, the write, what happens at once and at the end of the term, and that no dangerous warning is
    new. Deadlines and counts that run by themselves may differ.
    """
    if isinstance(shown.verdict, Refused) or isinstance(now.verdict, Refused):
        return _reason(shown) == _reason(now)
    return (
        shown.verdict == now.verdict
        and _same_write(shown.write, now.write)
        and _promises(shown) == _promises(now)
        and _dangers(now) <= _dangers(shown)
    )


def _reason(plan: Plan) -> str | None:
    return plan.refusal.reason if plan.refusal else None


def _same_write(one: Write | None, other: Write | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.intent is other.intent and same_target(one.target, other.target)


def same_target(one: Target, other: Target) -> bool:
    """Say whether two targets ask for the same state, however Microsoft writes the scheduled changes."""
    return (
        (one.quantity, one.status, one.auto_renew) == (other.quantity, other.status, other.auto_renew)
        and len(one.scheduled) == len(other.scheduled)
        and all(same_change(mine, theirs) for mine, theirs in zip(one.scheduled, other.scheduled, strict=True))
    )


def _promises(plan: Plan) -> list[Consequence]:
    return [
        consequence
        if consequence.when is When.AT_TERM_END
        else Consequence(consequence.when, consequence.key, facts=consequence.facts)
        for consequence in plan.consequences
        if consequence.when in (When.NOW, When.AT_TERM_END)
    ]


def _dangers(plan: Plan) -> set[str]:
    return {warning.key for warning in plan.warnings if warning.dangerous}


def plan_to_json(plan: Plan) -> dict[str, object]:
    """Write a plan as JSON values, to be stored as it was shown."""
    return codec.dump_object(plan)


def plan_from_json(data: object) -> Plan:
    """Read a stored plan back.

    Errors: ValueError for anything that `plan_to_json` has not written.
    """
    return codec.load(Plan, data)
