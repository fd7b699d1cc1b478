"""Scheduled changes as a subscription was read with them, in either of their two shapes (read 2026-11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tenantry.clients.partner_center.models import (
    ActionType,
    Instructions,
    ScheduledAction,
    ScheduleType,
    Subscription,
)


class Generation(StrEnum):
    """Which of the two shapes a scheduled change is written in."""

    ACTIONS = "scheduledActions"  # since February 2026; knows ending and extending
    INSTRUCTIONS = "scheduledNextTermInstructions"  # since 2021; always on trials


@dataclass(frozen=True, slots=True)
class EndAction:
    """What Microsoft will do at the end of the term, as far as a schedule says it; instructions only for a change."""

    action: ActionType
    instructions: Instructions | None
    generation: Generation


def end_action(subscription: Subscription) -> EndAction | None:
    """Return what is scheduled for the end of the term; None means that `auto_renew_enabled` alone decides.

    Where both shapes are present the newer one counts, as Microsoft does it.
    """
    for action in subscription.scheduled_actions or ():
        if action.schedule_type is ScheduleType.TERM_END:
            return EndAction(action.action_type, action.instructions, Generation.ACTIONS)
    instructions = subscription.scheduled_next_term_instructions
    if instructions is not None:
        return EndAction(ActionType.RENEW, instructions, Generation.INSTRUCTIONS)
    return None


def actions_as_read(subscription: Subscription) -> list[ScheduledAction]:
    """Return the scheduled actions, each with its original at hand."""
    actions = subscription.as_read().get("scheduledActions")
    if not isinstance(actions, Sequence) or isinstance(actions, str):
        return []
    return [ScheduledAction.parse(action) for action in actions]
