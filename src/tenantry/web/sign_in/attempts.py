"""Tries to sign in that are under way: kept in the session of the browser that began them, each good for one return."""

import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

from tenantry.people import upstream
from tenantry.people.sessions import PERSON

_KEY = "sign_in_attempts"
_KEPT = 5  # several tabs may wait at Microsoft's page at once
_LIFE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Pending:
    """What a return must fit, and where it leads."""

    attempt: upstream.Attempt
    began_at: datetime
    next: str  # a path of this site, or empty
    owner_link: str  # digest of the one-time link, or empty
    context: str  # authentication context that Microsoft was asked to confirm, or empty
    again: UUID | None  # who must prove themselves again, in a fresh sign-in


def begin(
    session: SessionBase,
    authority: str,
    *,
    redirect_uri: str,
    now: datetime,
    next_path: str = "",
    owner_link: str = "",
    again: UUID | None = None,
    login_hint: str = "",
    prompt: str = "",
    context: str = "",
) -> str:
    """Keep a new attempt in the session and return where to send the browser.

    A session in which nobody is signed in ends when its last attempt is too old.
    """
    state = secrets.token_urlsafe(32)
    address, attempt = upstream.begin(
        authority,
        redirect_uri=redirect_uri,
        state=state,
        nonce=secrets.token_urlsafe(32),
        login_hint=login_hint,
        prompt="login" if again is not None else prompt,
        context=context,
    )
    kept = dict(list(_all(session).items())[-(_KEPT - 1) :])
    kept[state] = {
        "attempt": asdict(attempt),
        "began_at": now.timestamp(),
        "next": next_path,
        "owner_link": owner_link,
        "context": context,
        "again": "" if again is None else str(again),
    }
    session[_KEY] = kept
    if PERSON not in session:
        session.set_expiry(int(_LIFE.total_seconds()))
    return address


def take(session: SessionBase, state: str, now: datetime) -> Pending | None:
    """Take an attempt out of the session for good; None if there is none (any more) or it is too old."""
    kept = _all(session)
    found = kept.pop(state, None)
    if found is None:
        return None
    session[_KEY] = kept
    session.save()  # at once: whatever happens next, this state is used up
    began_at = datetime.fromtimestamp(found["began_at"], UTC)
    if now - began_at > _LIFE:
        return None
    return Pending(
        attempt=upstream.Attempt(**found["attempt"]),
        began_at=began_at,
        next=found["next"],
        owner_link=found["owner_link"],
        context=found["context"],
        again=UUID(found["again"]) if found["again"] else None,
    )


def _all(session: SessionBase) -> dict[str, dict[str, Any]]:
    return dict(session.get(_KEY, {}))
