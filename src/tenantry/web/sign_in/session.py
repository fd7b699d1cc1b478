"""What the session of a signed-in person holds, and when it ends. All of it is on real time, never on the sandbox's."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

_PERSON = "person_id"
_SIGNED_IN = "signed_in_at"
_PROVED = "proved_at"
_SEEN = "seen_at"
# The moment of the last request is written at most this often: a page view should not cost a write.
_SEEN_STEP = timedelta(seconds=60)


class Ended(Enum):
    """Why a session is over."""

    IDLE = "idle"
    DAY = "day"  # a working day has passed since the sign-in
    ACCESS = "access"  # the person has no access any more


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that is still good."""

    person_id: UUID
    proved_at: datetime | None  # when the person last proved to Microsoft who they are; None: Microsoft does not say


def begin(session: SessionBase, *, person_id: UUID, proved_at: datetime | None, now: datetime) -> None:
    """Start a person's session under a new key; nothing of the session before it stays."""
    session.flush()
    session[_PERSON] = str(person_id)
    session[_SIGNED_IN] = now.timestamp()
    session[_PROVED] = None if proved_at is None else proved_at.timestamp()
    session[_SEEN] = now.timestamp()
    session.set_expiry(settings.SESSION_ABSOLUTE_HOURS * 3600)


def end(session: SessionBase) -> None:
    """Forget everything."""
    session.flush()


def current(session: SessionBase, now: datetime, *, by_itself: bool = False) -> SignedIn | Ended | None:
    """Return who is signed in, or why the session is over; None if nobody was signed in.

    ``by_itself``: a page asks for its progress. Nobody has clicked, so the idle time goes on.
    """
    person_id = session.get(_PERSON)
    if person_id is None:
        return None
    if now - _moment(session[_SIGNED_IN]) >= timedelta(hours=settings.SESSION_ABSOLUTE_HOURS):
        return Ended.DAY
    seen_at = _moment(session[_SEEN])
    if now - seen_at >= timedelta(minutes=settings.SESSION_IDLE_MINUTES):
        return Ended.IDLE
    if not by_itself and now - seen_at >= _SEEN_STEP:
        session[_SEEN] = now.timestamp()
    proved_at = session[_PROVED]
    return SignedIn(UUID(person_id), None if proved_at is None else _moment(proved_at))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
