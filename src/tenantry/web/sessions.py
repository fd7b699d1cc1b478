"""Where somebody is signed in, as plain words, for the people who may end it."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.people.sessions import sessions_of
from tenantry.web.sign_in import session

# The first one that fits: most browsers also carry the names of those that they descend from.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class ListedSession:
    """One browser in which somebody is signed in."""

    digest: str
    device: str
    address: str
    signed_in_at: datetime
    seen_at: datetime
    this_one: bool  # the browser that asks


def listed_sessions(person_id: UUID, now: datetime, *, current: str = "") -> tuple[ListedSession, ...]:
    """Return where somebody is signed in; ``current`` is the digest of the session that asks."""
    return tuple(
        ListedSession(
            digest=row.digest,
            device=device_text(row.agent),
            address=row.address,
            signed_in_at=row.signed_in_at,
            seen_at=row.seen_at,
            this_one=row.digest == current,
        )
        for row in sessions_of(person_id, now)
    )


def own_sessions(request: HttpRequest, person_id: UUID, now: datetime) -> dict[str, object]:
    """Return what the list of a person's own sessions shows, on the page to which ending one leads back."""
    return {
        "sessions": listed_sessions(person_id, now, current=session.digest(request.session)),
        "sessions_now": now,
        "own": True,
        "end_url": reverse("sign_in:end_sessions"),
        "next": request.path,
    }


def device_text(agent: str) -> str:
    """Name browser and system out of what a browser calls itself; what nobody knows is shown as it is written."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or re.sub(r"\s+", " ", agent).strip()[:60] or _("Unknown browser")
