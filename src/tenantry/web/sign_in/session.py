"""What the session of a signed-in person holds, and when it ends. All of it is on real time, never on the sandbox's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from tenantry.kernel.columns import fit
from tenantry.people.actions import Origin
from tenantry.people.models import Session
from tenantry.people.sessions import ADDRESS, AGENT, PERSON, SEEN, SIGNED_IN, digest_of

_PROVED = "proved_at"
_CONTEXTS = "contexts"
_OWNER_LINK = "owner_link"
# The moment of the last request is written at most this often: a page view should not cost a write.
_SEEN_STEP = timedelta(seconds=60)


class Ended(Enum):
    """Why a session is over."""

    IDLE = "idle"
    DAY = "day"  # a working day has passed since the sign-in
    ACCESS = "access"  # the person has no access any more
    FACTOR = "factor"  # staff must have used a second factor by now, and did not in this session


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that is still good."""

    person_id: UUID
    signed_in_at: datetime
    proved_at: datetime | None  # when the person last proved to Microsoft who they are; None: Microsoft does not say
    contexts: frozenset[str]  # authentication contexts that Microsoft confirmed for this sign-in
    by_owner_link: bool  # begun with the console's link: works without a second factor until it ends

    def satisfies(self, context: str) -> bool:
        """Say whether the session is enough where staff need an authentication context; empty: they need none."""
        return not context or self.by_owner_link or context in self.contexts


def begin(
    session: SessionBase,
    *,
    person_id: UUID,
    proved_at: datetime | None,
    now: datetime,
    origin: Origin = Origin(),  # noqa: B008 - frozen
    contexts: Collection[str] = (),
    by_owner_link: bool = False,
    signed_in_at: datetime | None = None,
) -> None:
    """Start a person's session under a new key; nothing of the session before it stays.

    ``signed_in_at`` is when its time began, if that was earlier than now.
    """
    session.flush()
    session[PERSON] = str(person_id)
    session[SIGNED_IN] = (signed_in_at or now).timestamp()
    session[_PROVED] = None if proved_at is None else proved_at.timestamp()
    session[SEEN] = now.timestamp()
    session[ADDRESS] = origin.address
    session[AGENT] = fit(Session, "agent", origin.agent)
    session[_CONTEXTS] = sorted(contexts)
    session[_OWNER_LINK] = by_owner_link
    session.set_expiry(settings.SESSION_ABSOLUTE_HOURS * 3600)


def end(session: SessionBase) -> None:
    """Forget everything."""
    session.flush()


def current(session: SessionBase, now: datetime, *, by_itself: bool = False) -> SignedIn | Ended | None:
    """Return who is signed in, or why the session is over; None if nobody was signed in.

    ``by_itself``: a page asks for its progress. Nobody has clicked, so the idle time goes on.
    """
    person_id = session.get(PERSON)
    if person_id is None:
        return None
    signed_in_at = _moment(session[SIGNED_IN])
    if now - signed_in_at >= timedelta(hours=settings.SESSION_ABSOLUTE_HOURS):
        return Ended.DAY
    seen_at = _moment(session[SEEN])
    if now - seen_at >= timedelta(minutes=settings.SESSION_IDLE_MINUTES):
        return Ended.IDLE
    if not by_itself and now - seen_at >= _SEEN_STEP:
        session[SEEN] = now.timestamp()
    proved_at = session[_PROVED]
    return SignedIn(
        UUID(person_id),
        signed_in_at,
        None if proved_at is None else _moment(proved_at),
        frozenset(session[_CONTEXTS]),
        session[_OWNER_LINK],
    )


def digest(session: SessionBase) -> str:
    """Return by what the lists of sessions know this one."""
    return digest_of(session.session_key or "")


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
