"""Settle an order whose answer was lost: ask Microsoft what happened, never send again blindly."""

from dataclasses import asdict
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from tenantry.clients.http.errors import NotFound, UpstreamError
from tenantry.clients.partner_center.client import PartnerCenter
from tenantry.licensing import actions, outcomes
from tenantry.licensing.engine.lease import Lease
from tenantry.licensing.engine.names import upstream_ids
from tenantry.licensing.engine.waiting import later, look_later, look_later_or_ask, steps_since_sending
from tenantry.licensing.journal import in_between, journal_of
from tenantry.licensing.models import ChangeOrder, OrderState
from tenantry.licensing.moment import Moment
from tenantry.licensing.rules.facts import facts_from_json, facts_to_json
from tenantry.licensing.rules.plan import plan_from_json
from tenantry.licensing.rules.settlement import AuditEntry, SentWrite, Settled, Settlement, settle
from tenantry.licensing.upstream import facts_from_record

MOST_SENDINGS = 5
# As often an undecidable order is looked at again before a person is asked.
LOOKS = 3


def settle_unsure(
    held: Lease, order: ChangeOrder, client: PartnerCenter, *, told: tuple[AuditEntry, ...] | None = None
) -> None:
    """Ask for the subscription and for Microsoft's records, and decide as far as they allow.

    ``told``: Microsoft has answered that it has acted, and these records of it tell so: nothing can be under way any
    more. They are not asked for again, because another reading of them may be older.
    """
    plan = plan_from_json(order.plan)
    if plan.write is None or order.before is None or order.sent_at is None:
        raise ValueError(f"order {order.id} is unsure but was never sent")
    journal: tuple[AuditEntry, ...] | None
    try:
        # The records first: a change that happens in between shows in the subscription at the latest.
        journal = journal_of(order, client) if told is None else told
    except UpstreamError:
        journal = None
    try:
        record = client.subscription(*upstream_ids(order))
    except UpstreamError as error:
        code = "not_found" if isinstance(error, NotFound) else error.code
        look_later_or_ask(held, order, "cannot_look", {"words": error.words, "code": code}, quote=error.quote)
        return
    horizon = timedelta(seconds=settings.SETTLE_SECONDS if told is None else 0)
    sent = SentWrite(
        write=plan.write,
        before=facts_from_json(order.before),
        correlation_id=str(order.correlation_id),
        sent_at=order.sent_at,
        horizon=horizon,
        accepted=order.accepted,
    )
    moment = Moment.current()
    current = facts_from_record(record)
    settlement = settle(sent, current, journal, moment.real)
    evidence = _evidence(settlement) | in_between(order, journal or ())
    looks = steps_since_sending(order).count("looking_again")
    match settlement.outcome:
        case Settled.APPLIED if "accepted_by_microsoft" in settlement.evidence and not looks:
            # Nothing is recorded, and one reading may be an old one: it counts when it shows twice.
            look_later(held, order, "looking_again", min(later(order), horizon.total_seconds() / 4), evidence)
        case Settled.APPLIED | Settled.OVERWRITTEN:
            outcomes.apply(held, order, plan, record, evidence=evidence)
        case Settled.OTHER_EFFECT:
            outcomes.end_otherwise(held, order, plan, record, evidence=evidence)
        case Settled.NOT_ACTED:
            _send_again(held, order, evidence, moment)
        case Settled.UNDECIDABLE if journal is None:
            look_later_or_ask(held, order, "records_unavailable", evidence)
        case Settled.UNDECIDABLE if looks < LOOKS or moment.real < order.sent_at + 2 * horizon:
            # A person is asked only when it stays so: a record or the state may have been late.
            look_later(held, order, "looking_again", min(later(order), horizon.total_seconds() / 4), evidence)
        case Settled.UNDECIDABLE:
            outcomes.hand_over(held, order, evidence | {"now": facts_to_json(current)})
        case Settled.WAIT:
            left = (order.sent_at + horizon - moment.real).total_seconds()
            seconds = max(0.5, min(left + 0.1, later(order)))
            look_later(held, order, "waiting_for_microsoft", seconds, {})


def _send_again(held: Lease, order: ChangeOrder, evidence: dict[str, object], moment: Moment) -> None:
    """Microsoft's records show that it did not act: back into the queue, where it is read and judged afresh."""
    if order.events.filter(what="sending").count() >= MOST_SENDINGS:
        outcomes.fail(held, order, code="too_many_tries", words="", advice="service_trouble")
        return
    with transaction.atomic():
        held.move(
            "did_not_arrive",
            moment,
            state=OrderState.QUEUED,
            not_before=moment.real,
            accepted=False,
            facts=evidence,
        )
        actions.wake(order.id)


def _evidence(settlement: Settlement) -> dict[str, object]:
    return {
        "settled": settlement.outcome.value,
        "seen": list(settlement.evidence),
        "records": [
            {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in asdict(entry).items()}
            for entry in settlement.records
        ],
    }
