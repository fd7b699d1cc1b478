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


class NotForWholePartnerError(PermissionError):
    """Somebody who is there for some companies asked for what touches all of them; no page leads here."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, or something, that does a thing.

    ``label`` is what people read, e.g. "Dana of Contoso IT, for Fabrikam"; ``id`` is the person's id, empty for the
    operator and the system. ``whole_partner`` is false for end users and for staff who are for named companies only.
    """

    kind: ActorKind
    id: str
    name: str
    label: str
    whole_partner: bool = True

    def check_whole_partner(self) -> None:
        """Let nobody go on who is for some companies only: for what touches all of them.

        Errors: NotForWholePartnerError.
        """
        if not self.whole_partner:
            raise NotForWholePartnerError(f"{self.name} is not there for all companies.")

    @classmethod
    def system(cls) -> Self:
        """Name the product itself: schedules, refreshes, wishes that are put back."""
        return cls(ActorKind.SYSTEM, "", "Tenantry", "Tenantry")

    @classmethod
    def operator(cls, name: str) -> Self:
        """Name whoever has the shell."""
        return cls(ActorKind.OPERATOR, "", name, name)
