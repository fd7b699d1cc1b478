"""Sessions of browsers: Django's store over our own table, and where somebody is signed in.

The browser has the key, the table a digest of it: a copy of the database opens nobody's session.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase, UpdateError

from tenantry.kernel import clock
from tenantry.people.models import Session

# What the data of a session says about who is signed in; the sign-in pages write it.
PERSON = "person_id"
SIGNED_IN = "signed_in_at"
SEEN = "seen_at"
ADDRESS = "address"
AGENT = "agent"


class SessionStore(SessionBase):
    """The sessions of this installation (setting SESSION_ENGINE)."""

    def load(self) -> dict[str, Any]:
        """Return what is kept under the key; nothing, and no key any more, where that is over or never was."""
        key = self.session_key
        row = None
        if key is not None:
            row = Session.objects.filter(digest=digest_of(key), expires_at__gt=clock.now()).first()
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row.data)

    def exists(self, session_key: str) -> bool:
        """Say whether something is kept under a key."""
        return Session.objects.filter(digest=digest_of(session_key)).exists()

    def create(self) -> None:
        """Begin under a new key."""
        self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]  # the stubs leave it out
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Keep the data. Errors: UpdateError where the session was ended meanwhile."""
        key = self.session_key
        if key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        columns = {"data": self.encode(data), "expires_at": self.get_expiry_date(), **_columns(data)}
        if must_create:
            Session.objects.create(digest=digest_of(key), **columns)
        elif not Session.objects.filter(digest=digest_of(key)).update(**columns):
            raise UpdateError

    def delete(self, session_key: str | None = None) -> None:
        """Forget what is kept under a key."""
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(digest=digest_of(key)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        """Forget every session that is over."""
        Session.objects.filter(expires_at__lte=clock.now()).delete()


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One browser in which somebody is signed in."""

    digest: str
    agent: str  # as the browser calls itself; may be empty
    address: str  # from where the person signed in; may be empty
    signed_in_at: datetime
    seen_at: datetime


def sessions_of(person_id: UUID, now: datetime) -> tuple[SessionRow, ...]:
    """Return where somebody is signed in, the latest click first."""
    idle_since = now - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    rows = Session.objects.filter(person_id=person_id, expires_at__gt=now, seen_at__gt=idle_since).order_by("-seen_at")
    return tuple(
        SessionRow(row.digest, row.agent, row.address or "", row.signed_in_at, row.seen_at)
        for row in rows
        if row.signed_in_at is not None and row.seen_at is not None
    )


def digest_of(key: str) -> str:
    """Return what the table has of a session's key."""
    return hashlib.sha256(key.encode()).hexdigest()


def _columns(data: Mapping[str, Any]) -> dict[str, object]:
    if PERSON not in data:
        return {"person_id": None, "signed_in_at": None, "seen_at": None, "address": None, "agent": ""}
    return {
        "person_id": UUID(data[PERSON]),
        "signed_in_at": datetime.fromtimestamp(data[SIGNED_IN], UTC),
        "seen_at": datetime.fromtimestamp(data[SEEN], UTC),
        "address": data[ADDRESS],
        "agent": data[AGENT],
    }
