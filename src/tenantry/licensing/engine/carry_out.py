"""Carry out one change order: read, judge again, write once, read back. Killed anywhere, it goes on where it stood."""

import contextlib
import time
import uuid
from collections.abc import Iterable
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction

from tenantry.clients.http.errors import (
    Conflict,
    Malformed,
    NotAllowed,
    NotFound,
    Refused,
    SignInNeeded,
    Throttled,
    Unavailable,
    Unreachable,
    Unsure,
    UpstreamError,
)
from tenantry.clients.partner_center.client import PartnerCenter, PatchAnswer
from tenantry.clients.partner_center.models import Subscription as Record
from tenantry.connection.queries import client_for
from tenantry.kernel import clock
from tenantry.kernel.refusals import Refusal
from tenantry.licensing import actions, ledger, outcomes
from tenantry.licensing.engine.lease import Lease, LeaseLostError, lease
from tenantry.licensing.engine.names import upstream_ids
from tenantry.licensing.engine.settle import settle_unsure
from tenantry.licensing.engine.waiting import GIVE_UP_AFTER, LATER_SECONDS, later, look_later, look_later_or_ask
from tenantry.licensing.engine.writes import patch_for
from tenantry.licensing.journal import in_between, journal_of
from tenantry.licensing.models import OPEN_STATES, ChangeOrder, OrderState
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import with_market
from tenantry.licensing.rules.book import BOOK
from tenantry.licensing.rules.facts import (
    SubscriptionFacts,
    changed_fields,
    facts_from_json,
    facts_to_json,
    fingerprint,
)
from tenantry.licensing.rules.plan import Write, plan_from_json, same_effect
from tenantry.licensing.rules.planner import plan_change
from tenantry.licensing.rules.settlement import AuditEntry, RecordStatus, is_reached
from tenantry.licensing.rules.weights import Weight, weigh
from tenantry.licensing.rules.wishes import wish_from_json
from tenantry.licensing.upstream import facts_from_record
from tenantry.traffic.calls import calls_for_order

log = structlog.get_logger(__name__)

# Between the stored intention to send and the sending itself: a process that was stopped for longer does not send.
SEND_AT_ONCE_SECONDS = 5.0
# The write's own waiting (quota, connection) is short, so that `SETTLE_SECONDS` covers everything still under way.
WRITE_PATIENCE_SECONDS = 10.0
READ_BACK_PAUSES = (0.0, 0.2, 0.5, 1.0)
LOOK_AGAIN_SECONDS = 5.0
# As often carrying an order out may end in an error that nobody foresaw before a person is asked.
MOST_ERRORS = 5
HELD_SECONDS = 30.0


def carry_out(order_id: uuid.UUID) -> None:
    """Take the order up if it is due and nobody else holds it, and bring it as far as it will go now."""
    moment = Moment.current()
    with lease(order_id, moment) as held:
        if held is None:
            _wake_after_other_holder(order_id, moment)
            return
        with contextlib.suppress(LeaseLostError), calls_for_order(order_id):
            try:
                order = held.order()
                client = _client(held, order)
                if client is not None:
                    _step(held, order, client)
            except LeaseLostError:
                raise
            except Exception as error:
                log.exception("order.unforeseen_error", order=str(order_id))
                _after_unforeseen_error(held, error)


def _after_unforeseen_error(held: Lease, error: Exception) -> None:
    """Try again later after an error that nobody foresaw; one that stays goes to a person, and is told.

    In transactions of its own: what the error interrupted was rolled back. Where not even this can be written, the
    database is in trouble, and the error of that goes on to the job.
    """
    order, moment = held.order(), Moment.current()
    sent, name = order.state in (OrderState.SENDING, OrderState.UNSURE), type(error).__name__
    errors = order.errors + 1
    if errors < MOST_ERRORS:
        seconds = LATER_SECONDS[errors - 1]
        with transaction.atomic():
            at = moment.in_seconds(seconds)
            held.move("unforeseen_error", moment, errors=errors, not_before=at, facts={"error": name})
            actions.wake(order.id, seconds=seconds, moment=moment)
        return
    try:
        if sent:
            evidence = {"settled": "undecidable", "seen": ["unforeseen_error"], "error": name}
            outcomes.hand_over(held, order, evidence)
        else:
            outcomes.fail(held, order, code="unforeseen_error", words=name, advice="")
    except Exception:
        # Even saying so fails: staff find it among what needs a person all the same.
        log.exception("order.not_handed_over", order=str(order.id))
        held.move(
            "needs_person",
            moment,
            state=OrderState.UNSURE,
            needs_person=True,
            not_before=moment.in_seconds(24 * 3600),
            facts={"error": name},
        )


def _wake_after_other_holder(order_id: uuid.UUID, moment: Moment) -> None:
    order = ChangeOrder.objects.filter(id=order_id, state__in=OPEN_STATES).only("lease_until", "not_before").first()
    if order is None:
        return
    due = max(order.lease_until or moment.real, order.not_before)
    actions.wake(order_id, seconds=max(0.5, (due - moment.real).total_seconds() + 0.5), moment=moment)


def _client(held: Lease, order: ChangeOrder) -> PartnerCenter | None:
    """Return the client of the order's connection, or settle the order when there is no way to Microsoft."""
    try:
        return client_for(order.company.connection_id)
    except UpstreamError as error:
        _no_way(held, order, error)
        return None


def _step(held: Lease, order: ChangeOrder, client: PartnerCenter) -> None:
    if order.state == OrderState.SENDING and not order.accepted:
        # Whoever was sending is gone, since right before now at the latest. Only Microsoft knows whether it arrived.
        moment = Moment.current()
        with transaction.atomic():
            held.move("sender_lost", moment, state=OrderState.UNSURE, sent_at=moment.real)
            outcomes.tell_unsure(order)
        order = held.order()
    if order.state in (OrderState.REQUESTED, OrderState.QUEUED):
        _send(held, order, client)
    elif order.state == OrderState.SENDING:
        read_back(held, order, client)
    elif order.state == OrderState.UNSURE:
        settle_unsure(held, order, client)


def _send(held: Lease, order: ChangeOrder, client: PartnerCenter) -> None:
    try:
        record = client.subscription(*upstream_ids(order))
    except UpstreamError as error:
        _no_way(held, order, error)
        return
    read_on = clock.commerce_now()
    facts = with_market(facts_from_record(record), order.subscription)
    write = _judge(held, order, record, facts)
    if write is None:
        return
    try:
        patch = patch_for(write, record)
    except ValueError as error:
        outcomes.fail(held, order, code="cannot_write", words=str(error), advice="")
        return
    before = facts_to_json(facts_from_record(record))
    announced = _announce(held, write, weigh(facts, write), before=before, read_on=read_on)
    if isinstance(announced, Refusal):
        outcomes.refuse(held, order, announced, record)
    if not isinstance(announced, ChangeOrder):
        return
    order = announced
    if order.sent_at is None or (clock.now() - order.sent_at).total_seconds() > SEND_AT_ONCE_SECONDS:
        _queue_again(held, "too_late_to_send", Moment.current(), 0.5)
        return
    try:
        answer = client.patch_subscription(
            *upstream_ids(order),
            patch,
            request_id=str(order.request_id),
            correlation_id=str(order.correlation_id),
            patience=WRITE_PATIENCE_SECONDS,
        )
    except UpstreamError as error:
        _not_accepted(held, order, error)
        return
    except BaseException:
        with contextlib.suppress(LeaseLostError):
            _unsure(held, order, "interrupted", {})
        raise
    held.move("accepted", Moment.current(), accepted=True)
    order.accepted = True
    read_back(held, order, client, answer)


def _judge(held: Lease, order: ChangeOrder, record: Record, facts: SubscriptionFacts) -> Write | None:
    """Plan again from what Microsoft says now, and return what is to be written; None when the order was refused."""
    if fingerprint(facts) != order.seen:
        seen = with_market(facts_from_json(order.subscription.facts), order.subscription)
        outcomes.refuse_changed(held, order, record, changed_fields(seen, facts))
        return None
    plan = plan_change(facts, wish_from_json(order.wish), clock.commerce_now(), BOOK)
    if plan.refusal is not None:
        outcomes.refuse(held, order, plan.refusal, record)
        return None
    if not same_effect(plan_from_json(order.plan), plan):
        outcomes.refuse_changed(held, order, record, ())
        return None
    return plan.write


def _announce(
    held: Lease, write: Write, weights: Iterable[Weight], *, before: dict[str, object], read_on: datetime
) -> ChangeOrder | Refusal | None:
    """Store that the write is about to be sent, and return the order as it stands then.

    A refusal where it is beyond the partner's limits; None when the stop switch is thrown: then the order waits. Rows
    are locked in the order that holds everywhere: the order, the stop switch, the company's tally.
    """
    moment = Moment.current()
    request_id, correlation_id = uuid.uuid4(), uuid.uuid4()
    with transaction.atomic():
        order = held.locked()
        # The row lock orders us against the switch: whoever threw it has stopped everything that is not announced yet.
        if ledger.stopped_for_update():
            _queue_again(held, "held", moment, HELD_SECONDS)
            return None
        if (refusal := ledger.announce(order, write, weights, moment)) is not None:
            return refusal
        held.move(
            "sending",
            moment,
            only_from=OrderState.QUEUED,
            state=OrderState.SENDING,
            request_id=request_id,
            correlation_id=correlation_id,
            sent_at=moment.real,
            sent_on=moment.commerce,
            accepted=False,
            errors=0,
            before=before,
            read_on=read_on,
            # The order keeps the ids of its last sending only; its steps keep those of every one.
            facts={"request_id": str(request_id), "correlation_id": str(correlation_id)},
        )
        order = held.order()
        outcomes.record_sending(order, moment)
    return order


def _not_accepted(held: Lease, order: ChangeOrder, error: UpstreamError) -> None:
    """Sort what Microsoft, or the line to it, answered to the write."""
    moment = Moment.current()
    match error:
        case Throttled():
            _queue_again(held, "throttled", moment, error.retry_after or 5.0, error)
        case Unreachable():
            _queue_again(held, "unreachable", moment, later(order), error)
        case Conflict():
            minutes = BOOK.retry_minutes.at(moment.commerce).value
            _queue_again(held, "conflict", moment, error.retry_after or minutes * 60, error)
        case Refused() | NotFound():
            outcomes.refuse_by_microsoft(held, order, error)
        case NotAllowed() | SignInNeeded():
            _fail(held, order, error)
        case _:
            _unsure(held, order, "answer_lost", {"words": error.words, "code": error.code})


def _fail(held: Lease, order: ChangeOrder, error: UpstreamError) -> None:
    outcomes.fail(held, order, code=error.code, words=error.words, advice=error.advice, quoted=error.quoted)


def _unsure(held: Lease, order: ChangeOrder, what: str, facts: dict[str, object]) -> None:
    """Leave the order to be settled. What Microsoft may take from here on counts from now, when the line was lost."""
    moment = Moment.current()
    with transaction.atomic():
        held.move(
            what,
            moment,
            state=OrderState.UNSURE,
            sent_at=moment.real,
            not_before=moment.in_seconds(1.0),
            facts=facts,
        )
        outcomes.tell_unsure(order)
        actions.wake(order.id, seconds=1.0, moment=moment)


def _queue_again(held: Lease, what: str, moment: Moment, seconds: float, error: UpstreamError | None = None) -> None:
    """Put an order that certainly did not act back into the queue, or give up after a day."""
    order = held.order()
    if error is not None and moment.real - order.created_at > GIVE_UP_AFTER:
        _fail(held, order, error)
        return
    facts = {"words": error.words, "code": error.code, "seconds": round(seconds)} if error else {}
    with transaction.atomic():
        held.move(what, moment, state=OrderState.QUEUED, not_before=moment.in_seconds(seconds), facts=facts)
        actions.wake(order.id, seconds=seconds, moment=moment)


def _no_way(held: Lease, order: ChangeOrder, error: UpstreamError) -> None:
    """Microsoft could not be read: an unsent order waits or fails, a sent one keeps waiting to be settled."""
    moment = Moment.current()
    if order.state in (OrderState.SENDING, OrderState.UNSURE):
        look_later_or_ask(held, order, "cannot_look", {"words": error.words, "code": error.code}, quote=error.quote)
    elif isinstance(error, Throttled | Unavailable | Conflict | Malformed | Unsure):
        _queue_again(held, "cannot_read", moment, error.retry_after or later(order), error)
    elif isinstance(error, NotFound):
        outcomes.refuse_by_microsoft(held, order, error)
    else:
        _fail(held, order, error)


def read_back(held: Lease, order: ChangeOrder, client: PartnerCenter, answer: PatchAnswer | None = None) -> None:
    """Microsoft has taken the write: say "applied" only when the subscription shows it; until then look again.

    ``answer`` is what it said, while that is at hand: with 200 it has acted. What it only accepted (202) may still come
    to nothing while somebody else does the same: then our own record is waited for, and without one `settle_unsure`
    decides.
    """
    done = answer is not None and not answer.accepted
    plan = plan_from_json(order.plan)
    if plan.write is None:
        raise ValueError(f"order {order.id} was sent without a write")
    record = None
    for pause in READ_BACK_PAUSES:
        time.sleep(pause)
        try:
            record = client.subscription(*upstream_ids(order))
        except UpstreamError as error:
            look_later_or_ask(held, order, "cannot_look", {"words": error.words, "code": error.code}, quote=error.quote)
            return
        if is_reached(plan.write, facts_from_record(record)):
            journal = _records(order, client)
            between = in_between(order, journal)  # records may be late: the polled ones tell it then
            if "undid" in between and plan.write.target.scheduled:
                # Ours dropped what was scheduled: this may be an old reading, or the same decision of somebody else.
                step = "not_yet_shown"
                break
            if done or _has_own(order, journal):
                outcomes.apply(held, order, plan, record, evidence=between)
                return
            step = "not_yet_recorded"
            break
    else:
        step = "not_yet_shown"
    told = _acted_otherwise(order, client, plan.write, answer)
    if told:
        settle_unsure(held, order, client, told=told)
        return
    if order.sent_at is None or (clock.now() - order.sent_at).total_seconds() < settings.SETTLE_SECONDS:
        look_later(held, order, step, min(later(order), LOOK_AGAIN_SECONDS), {})
        return
    settle_unsure(held, order, client)


def _acted_otherwise(
    order: ChangeOrder, client: PartnerCenter, write: Write, answer: PatchAnswer | None
) -> tuple[AuditEntry, ...]:
    """Return the records that tell that seats were undone instead of what was wanted, where the answer shows it too."""
    if answer is None or answer.accepted or answer.subscription is None:
        return ()
    if is_reached(write, facts_from_record(answer.subscription)):
        return ()
    records = _records(order, client)
    return records if "undid" in in_between(order, records) else ()


def _records(order: ChangeOrder, client: PartnerCenter) -> tuple[AuditEntry, ...]:
    """Return what Microsoft has recorded since the reading; nothing where that cannot be read now."""
    try:
        return journal_of(order, client)
    except UpstreamError:
        return ()


def _has_own(order: ChangeOrder, journal: tuple[AuditEntry, ...]) -> bool:
    ours = str(order.correlation_id).lower()
    return any(entry.correlation_id.lower() == ours and entry.status is RecordStatus.SUCCEEDED for entry in journal)
