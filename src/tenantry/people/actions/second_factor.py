"""Whether staff must have used a second factor, proven by an authentication context of the partner's tenant."""

import re
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from tenantry.audit import actions as audit
from tenantry.kernel.actor import Actor
from tenantry.kernel.refusals import Refusal
from tenantry.people.models import StaffSignInRule

_CONTEXT = re.compile(r"c[1-9][0-9]?", re.ASCII)


def read_context(typed: str) -> str:
    """Return the name of an authentication context, c1 to c99, as Microsoft writes it; empty if it is none."""
    name = typed.strip().lower()
    return name if _CONTEXT.fullmatch(name) else ""


@transaction.atomic
def require_second_factor(*, acting_as: Actor, context: str, proven: Collection[str], now: datetime) -> Refusal | None:
    """Let staff in only with a sign-in for which Microsoft confirms an authentication context.

    ``proven`` are the contexts of the session of whoever asks: nobody can shut themselves out by a slip.
    """
    acting_as.check_whole_partner()
    if not read_context(context):
        return Refusal(reason="context_invalid", rule="people.authentication_context", next_step="write_context")
    if context not in proven:
        return Refusal(
            reason="context_not_proven",
            rule="people.second_factor_tried_first",
            next_step="try_second_factor",
            facts={"context": context},
        )
    _set(acting_as, context, "second_factor.required", now)
    return None


@transaction.atomic
def stop_requiring_second_factor(*, acting_as: Actor, now: datetime) -> None:
    """Let staff in with whatever the partner's tenant itself asks for."""
    acting_as.check_whole_partner()
    _set(acting_as, "", "second_factor.not_required", now)


def _set(acting_as: Actor, context: str, verb: str, now: datetime) -> None:
    rule, _created = StaffSignInRule.objects.select_for_update().get_or_create(id=1)
    if rule.context == context:
        return
    before, rule.context = rule.context, context
    rule.save(update_fields=["context"])
    audit.record(
        acting_as=acting_as,
        verb=verb,
        subject_kind="second_factor",
        subject_id="staff",
        before={"context": before},
        after={"context": context},
        now=now,
    )
