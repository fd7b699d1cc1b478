"""Who acts: the value that every action takes as ``acting_as``."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class ActorKind(StrEnum):
    """On which side of the house somebody stands."""

    END_USER = "end_user"
    STAFF = "staff"
    OPERATOR = "operator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, or something, that does a thing.

    ``label`` is what people read, e.g. "Dana of Contoso IT, for Fabrikam"; ``id`` is the person's id, empty for the
    operator and the system.
    """

    kind: ActorKind
    id: str
    name: str
    label: str

    @classmethod
    def system(cls) -> Self:
        """Name the product itself: schedules, refreshes, wishes that are put back."""
        return cls(ActorKind.SYSTEM, "", "Tenantry", "Tenantry")

    @classmethod
    def operator(cls, name: str) -> Self:
        """Name whoever has the shell."""
        return cls(ActorKind.OPERATOR, "", name, name)
