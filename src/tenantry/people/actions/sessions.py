"""Ending sessions: a person their own, an owner those of others. The browser is signed out with its next click."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from tenantry.audit import actions as audit
from tenantry.kernel.actor import Actor
from tenantry.people.models import Person, Session


@transaction.atomic
def end_sessions(*, acting_as: Actor, person_id: UUID, now: datetime, only: str = "", keep: str = "") -> int:
    """End sessions of a person, and return how many there were.

    ``only`` names a single one by its digest, ``keep`` one that stays: that of whoever asks.
    """
    if acting_as.id != str(person_id):
        acting_as.check_whole_partner()
    sessions = Session.objects.filter(person_id=person_id).exclude(digest=keep)
    if only:
        # What is no digest names no session, and not every text can be looked for.
        sessions = sessions.filter(digest=only) if only.isalnum() else sessions.none()
    ended, _of_which = sessions.delete()
    if ended:
        audit.record(
            acting_as=acting_as,
            verb="session.ended",
            subject_kind="person",
            subject_id=str(person_id),
            subject_name=Person.objects.get(id=person_id).name,
            before={"sessions": ended},
            now=now,
        )
    return ended
