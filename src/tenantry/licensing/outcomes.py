"""How an order ends: state, mirror, audit row, kept wish and notice are stored together."""

from collections.abc import Mapping, Sequence
from datetime import UTC

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from tenantry.audit import actions as audit
from tenantry.clients.http.errors import UpstreamError
from tenantry.clients.partner_center.models import Subscription as Record
from tenantry.jobs.queue import enqueue
from tenantry.kernel.actor import Actor
from tenantry.kernel.columns import fit
from tenantry.kernel.refusals import FactValue, Refusal, refusal_to_json
from tenantry.licensing import keeping, mirror
from tenantry.licensing.engine.lease import Lease
from tenantry.licensing.models import ChangeOrder, OrderState
from tenantry.licensing.moment import Moment
from tenantry.licensing.rules.plan import Plan, Scheduled
from tenantry.licensing.upstream import facts_from_record
from tenantry.notices.actions import notify

LICENCES_FOLLOW_SECONDS = 60.0


def apply(held: Lease, order: ChangeOrder, plan: Plan, record: Record, *, evidence: Mapping[str, object]) -> None:
    """Say that the order took effect: the subscription, read back, shows it."""
    moment = Moment.current()
    state = OrderState.SCHEDULED if isinstance(plan.verdict, Scheduled) else OrderState.APPLIED
    with transaction.atomic():
        held.move(
            "confirmed",
            moment,
            state=state,
            settled_at=moment.commerce,
            needs_person=False,
            outcome=evidence,
        )
        order = held.order()
        subscription = mirror.store_one(order.subscription, record, moment, order=order)
        _record(order, "change_order.took_effect", moment, after=evidence)
        _tell_in_between(order, evidence)
        keeping.after_order(order, plan, subscription, facts_from_record(record), moment)
        _refresh_later(order, moment)


def end_otherwise(
    held: Lease, order: ChangeOrder, plan: Plan, record: Record, *, evidence: Mapping[str, object]
) -> None:
    """End an order that acted, but only undid somebody's change of seats: the wish is kept, and put back by itself."""
    moment = Moment.current()
    with transaction.atomic():
        held.move(
            "other_effect",
            moment,
            state=OrderState.FAILED,
            settled_at=moment.commerce,
            needs_person=False,
            outcome=evidence,
        )
        order = held.order()
        subscription = mirror.store_one(order.subscription, record, moment, order=order)
        _record(order, "change_order.other_effect", moment, after=evidence)
        _tell_in_between(order, evidence)
        keeping.after_order(order, plan, subscription, facts_from_record(record), moment)
        _refresh_later(order, moment)


def _refresh_later(order: ChangeOrder, moment: Moment) -> None:
    """Read the company again: the count of assigned seats follows at Microsoft within minutes."""
    enqueue(
        "licensing.refresh_company",
        queueing_lock=f"refresh:{order.company_id}",
        at=moment.in_seconds(LICENCES_FOLLOW_SECONDS),
        company_id=order.company_id,
    )


@transaction.atomic
def note(order: ChangeOrder, told: Mapping[str, object]) -> None:
    """Add what Microsoft's records tell only now to the outcome of an order that took effect."""
    outcome = dict(order.outcome or {})
    if not told or {**outcome, **told} == outcome:
        return
    ChangeOrder.objects.filter(id=order.id).update(outcome={**outcome, **told})
    if told.keys() - outcome.keys():
        _tell_in_between(order, told)


def refuse(held: Lease, order: ChangeOrder, refusal: Refusal, record: Record | None = None) -> None:
    """End an order that the rules refuse now; nothing was sent."""
    with transaction.atomic():
        _end(held, order, OrderState.REFUSED, "refused", {"refusal": refusal_to_json(refusal)}, record=record)
        keeping.after_refusal(order, Moment.current(), changed=refusal.reason == "changed_meanwhile")


def refuse_changed(held: Lease, order: ChangeOrder, record: Record, fields: Sequence[str]) -> None:
    """End an order whose subscription is no longer as the person saw it; nothing was sent."""
    reason = "changed_meanwhile" if fields else "plan_changed"
    facts: dict[str, FactValue] = {"fields": ", ".join(fields), "quantity": record.quantity}
    refuse(held, order, Refusal(reason, "as_seen", "look_again", facts=facts), record)


def refuse_by_microsoft(held: Lease, order: ChangeOrder, error: UpstreamError) -> None:
    """End an order that Microsoft refused, with its own words."""
    outcome = {"advice": error.advice, "kind": error.kind, "words": error.quote, "code": error.code}
    with transaction.atomic():
        _end(held, order, OrderState.REFUSED, "refused_by_microsoft", outcome, error=error)
        keeping.after_refusal(order, Moment.current())


def fail(held: Lease, order: ChangeOrder, *, code: str, words: str, advice: str, quoted: bool = False) -> None:
    """End an order that could not be carried out; it certainly did not act.

    ``quoted``: the words are Microsoft's own.
    """
    reason = "words" if quoted else "reason"
    with transaction.atomic():
        _end(held, order, OrderState.FAILED, "failed", {"advice": advice, reason: words, "code": code})
        keeping.after_refusal(order, Moment.current())
        _tell(
            order,
            "order_failed",
            _("Change order #%(number)s failed") % {"number": order.number},
            _("It was not carried out at Microsoft. Reason: %(words)s") % {"words": words},
        )


def tell_unsure(order: ChangeOrder) -> None:
    """Tell the partner that Microsoft's answer was lost; in the caller's transaction."""
    _tell(
        order,
        "order_unsure",
        _("Microsoft's answer to change order #%(number)s was lost") % {"number": order.number},
        _("Nothing is sent again before Microsoft's records say what happened. The order's page shows the outcome."),
    )


def _tell_in_between(order: ChangeOrder, evidence: Mapping[str, object]) -> None:
    """Tell the partner when the order came on top of a change by somebody else, or undid one of seats."""
    undid = evidence.get("undid")
    if isinstance(undid, Mapping):
        _tell(
            order,
            "seats_undone",
            _("Change order #%(number)s undid somebody's change of seats") % {"number": order.number},
            _(
                "Somebody changed the seats while the order was on its way. It carried the seats as they were read "
                "before, so that Microsoft set %(to)s again instead of %(from)s. If they were meant to stay, the "
                "order's page leads to putting them back."
            )
            % undid,
        )
    elif evidence.get("overwrote"):
        _tell(
            order,
            "change_overwritten",
            _("Change order #%(number)s came on top of a change by somebody else") % {"number": order.number},
            _(
                "Somebody changed the subscription right before the order reached Microsoft, and the order may have "
                "undone that. The order's page names that change: look whether it has to be made again."
            ),
        )


def hand_over(held: Lease, order: ChangeOrder, evidence: Mapping[str, object]) -> None:
    """Leave an order to a person: Microsoft's records do not decide what became of it."""
    moment = Moment.current()
    with transaction.atomic():
        held.move(
            "needs_person",
            moment,
            state=OrderState.UNSURE,  # also where Microsoft had accepted it
            needs_person=True,
            outcome=evidence,
            not_before=moment.in_seconds(24 * 3600),
        )
        _record(order, "change_order.undecidable", moment, after=evidence)
        _tell(
            order,
            "order_undecidable",
            _("Change order #%(number)s needs a person") % {"number": order.number},
            _("It was sent, and then an error here kept its outcome from being stored. The order's page shows it.")
            if "error" in evidence
            else _("Microsoft's records do not say whether it took effect. The order's page shows what is known."),
        )


def record_sending(order: ChangeOrder, moment: Moment) -> None:
    """Write into the audit record that the order is about to be sent; in the caller's transaction."""
    _record(order, "change_order.sending", moment, before=order.before)


def _end(
    held: Lease,
    order: ChangeOrder,
    state: OrderState,
    what: str,
    outcome: Mapping[str, object],
    *,
    record: Record | None = None,
    error: UpstreamError | None = None,
) -> None:
    moment = Moment.current()
    with transaction.atomic():
        held.move(
            what,
            moment,
            state=state,
            settled_at=moment.commerce,
            outcome=outcome,
            microsoft_code=fit(ChangeOrder, "microsoft_code", error.code) if error else "",
            microsoft_words=fit(ChangeOrder, "microsoft_words", error.quote) if error else "",
            facts={"code": error.code, "words": error.words} if error else {},
        )
        order = held.order()
        if record is not None:
            mirror.store_one(order.subscription, record, moment, order=None)
        _record(order, f"change_order.{state.value}", moment, after=outcome)


def _record(
    order: ChangeOrder,
    verb: str,
    moment: Moment,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    audit.record(
        acting_as=Actor.system(),
        verb=verb,
        subject_kind="change_order",
        subject_id=str(order.id),
        subject_name=f"#{order.number} {order.subscription.offer_name}",
        company_id=order.company_id,
        before=before,
        after=after,
        outcome=order.state,
        rule=order.rule,
        request_id=str(order.request_id or ""),
        now=moment.real,
    )


def _tell(order: ChangeOrder, kind: str, subject: str, sentence: str) -> None:
    """Store a notice about the order. It is written in the installation's language: nobody's session is at hand."""
    with translation.override(settings.LANGUAGE_CODE):
        asked = order.requested_at.astimezone(UTC)
        body = _(
            "%(sentence)s\n\nCompany: %(company)s\nSubscription: %(subscription)s\nAsked for by: %(who)s, %(when)s\n\n"
            "%(url)s/office/orders/%(id)s/"
        ) % {
            "sentence": sentence,
            "company": order.company.name,
            "subscription": order.subscription.friendly_name or order.subscription.offer_name,
            "who": order.actor_label,
            "when": asked.strftime("%Y-%m-%d %H:%M UTC"),
            "url": settings.BACKOFFICE_URL,
            "id": order.id,
        }
        notify(
            kind=kind,
            subject=subject,
            body=body,
            company_id=order.company_id,
            subject_id=str(order.id),
            now=Moment.current().real,
        )
