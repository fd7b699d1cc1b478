"""What the base templates read: plain values that the pages of a room put into their context."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation; `key` is compared with `current_place`, `count` is shown when above nought."""

    key: str
    label: str
    url: str
    icon: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class PlaceGroup:
    """A titled run of places in the side bar of the back office; an empty label shows no title."""

    label: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Tab:
    """One side of a thing that has several; also one page of a page head's row of tabs."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the way back; the last one has no address."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever is signed in, with the addresses behind the person menu."""

    name: str
    user_name: str
    sign_out_url: str
    preferences_url: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class CompanyChoice:
    """One company that the person may switch to."""

    name: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class HeadLogo:
    """A logo in the head of pages: within 502 × 81 pixels, on a plate where it would not stand out.

    ``on`` is "light" or "dark" where it stands on such pages only.
    """

    url: str
    width: int
    height: int
    on: str = ""
    plate: bool = False


@dataclass(frozen=True, slots=True)
class FrameBrand:
    """The partner's look: `stylesheet_url` sets the `--brand-…` properties; no logo leaves the name in letters."""

    name: str
    stylesheet_url: str = ""
    logos: tuple[HeadLogo, ...] = ()
    home_url: str = "/"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The sandbox's date and the address that moves it (POST with `by`: day, week or event)."""

    now: datetime
    advance_url: str
    mailbox_url: str = ""
    sandbox_url: str = ""
    next_event: str = ""


@dataclass(frozen=True, slots=True)
class StopSwitch:
    """The thrown stop switch; leave it out of the context while it is not thrown."""

    since: datetime
    by: str = ""
    reason: str = ""
    settings_url: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is wrong with the installation as a whole; `tone` is caution or critical."""

    title: str
    text: str
    tone: str = "critical"
    code: str = ""


@dataclass(frozen=True, slots=True)
class ActingAsStaff:
    """A person of the partner inside a company's portal, named as such."""

    name: str
    partner: str
    company: str
    leave_url: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """What one can do instead: a link, or a form that posts `fields` when `post` is set."""

    label: str
    url: str
    post: bool = False
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProgressStep:
    """One step of a change order's way; `state` is done, active, failed, unsure or waiting."""

    label: str
    state: str
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of a timeline; `tone` is neutral, positive, info, caution or critical.

    `exact` shows the second instead of how long ago it was, where the order of things within a minute matters.
    """

    at: datetime
    sentence: str
    who: str = ""
    detail: str = ""
    tone: str = "neutral"
    icon: str = ""
    url: str = ""
    exact: bool = False
