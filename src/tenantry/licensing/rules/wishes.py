"""What a person may wish for one subscription. A wish is stored with its order and planned again before it is sent."""

from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from tenantry.licensing.rules import codec
from tenantry.licensing.rules.facts import EndOfTerm, ScheduledChange


class ScheduleHandling(StrEnum):
    """What becomes of a scheduled quantity when the quantity changes now: "still 8, or 11?" """

    KEEP = "keep"
    SHIFT = "shift"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class SetQuantity(codec.Tagged):
    """Have ``quantity`` seats from now on; ``schedule`` answers what becomes of a scheduled quantity."""

    quantity: int
    schedule: ScheduleHandling | None = None


@dataclass(frozen=True, slots=True)
class ScheduleQuantity(codec.Tagged):
    """Have ``quantity`` seats from the next term on.

    ``change`` is what else the next term was to bring (product, term, billing plan), where such a change is put back.
    """

    quantity: int
    change: ScheduledChange | None = None


@dataclass(frozen=True, slots=True)
class WithdrawSchedule(codec.Tagged):
    """Take back the change that waits for the end of the term; the term renews as it is."""


@dataclass(frozen=True, slots=True)
class DecideEndOfTerm(codec.Tagged):
    """Choose how the term ends. ``quantity`` is the number of seats of the next term, only with RENEW."""

    choice: EndOfTerm
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Cancel(codec.Tagged):
    """Stop the subscription now. A legacy subscription is suspended, which is how Microsoft stops those."""


@dataclass(frozen=True, slots=True)
class Reactivate(codec.Tagged):
    """Take a suspended legacy subscription back into use."""


Wish = SetQuantity | ScheduleQuantity | WithdrawSchedule | DecideEndOfTerm | Cancel | Reactivate


def wish_to_json(wish: Wish) -> dict[str, object]:
    """Write a wish as JSON values."""
    return codec.dump_object(wish)


def wish_from_json(data: object) -> Wish:
    """Read a wish back.

    Errors: ValueError for anything that `wish_to_json` has not written.
    """
    return cast(Wish, codec.load_any(Wish, data))
