"""The error tree of every client.

::

    UpstreamError          anything that went wrong with a vendor; carries code, words, ids, advice and `retry`
      Throttled            429, or the own quota is used up: it did not act; `retry_after` seconds
      Unavailable          a harmless request got no usable answer (5xx, time-out, cut line): it may be repeated
        Unreachable        certainly not sent: no connection, no name, no TLS; also true for writes
      Unsure               a write was sent and its answer lost (time-out, cut line, 5xx, unreadable answer): look first
      Refused              the vendor understood and said no; `kind` is the business class
      NotAllowed           token, role or granular admin right is missing
      NotFound             404, or a code that means it
      Conflict             409 and kin: something is under way or changed meanwhile; it did not act
      SignInNeeded         the vendor issued no token: somebody has to sign in or to mend the consent
      Malformed            the answer to a harmless request cannot be read

`retry` says whether trying again can help: NEVER (not without a change), LATER (the same request, after `retry_after`
seconds when given), LOOK_FIRST (read what happened, then decide).
"""

# ruff: noqa: N818 - the names say what happened, as callers catch them

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tenantry.clients.http.bodies import JsonValue

# Keys of what a person can do about an error, whoever the vendor is. The texts are written where they are shown.
ADVICE = frozenset(
    {
        "refused",
        "not_allowed",
        "not_found",
        "token_refused",
        "sign_in_again",
        "being_processed",
        "stale",
        "throttled",
        "unreachable",
        "service_trouble",
        "outcome_unknown",
        "malformed",
    }
)


class Retry(StrEnum):
    """Whether trying again can help."""

    NEVER = "never"
    LATER = "later"
    LOOK_FIRST = "look_first"


class UpstreamError(Exception):
    """Something went wrong with a vendor; the module's docstring shows the tree.

    `words` say what went wrong, redacted: the vendor's own where they are `quoted`, else ours;
    `advice` is a key for what a person can do about it: one of `ADVICE` here, or of the vendor's own client;
    `kind` is a coarse class ("window", "limit", "gdap" …) where the vendor's code tells one, else "".
    """

    default_advice = "refused"
    default_retry = Retry.NEVER

    def __init__(
        self,
        words: str,
        *,
        code: str = "",
        kind: str = "",
        http_status: int | None = None,
        request_id: str = "",
        correlation_id: str = "",
        advice: str = "",
        retry: Retry | None = None,
        retry_after: float | None = None,
        quoted: bool = False,
    ) -> None:
        self.words = words
        self.quoted = quoted
        self.code = code
        self.kind = kind
        self.http_status = http_status
        self.request_id = request_id
        self.correlation_id = correlation_id
        self.advice = advice or self.default_advice
        self.retry = retry or self.default_retry
        self.retry_after = retry_after
        super().__init__(words)

    @property
    def quote(self) -> str:
        """What may be shown as the vendor's own words; empty where it gave none."""
        return self.words if self.quoted else ""

    def __str__(self) -> str:
        status = f"HTTP {self.http_status}" if self.http_status is not None else "no answer"
        code = f", code {self.code}" if self.code else ""
        return f"{self.words} ({status}{code}, request {self.request_id or 'unknown'})"


class Throttled(UpstreamError):
    """Too many calls; the request did not act."""

    default_advice = "throttled"
    default_retry = Retry.LATER


class Unavailable(UpstreamError):
    """A harmless request got no usable answer."""

    default_advice = "service_trouble"
    default_retry = Retry.LATER


class Unreachable(Unavailable):
    """The request was certainly not sent."""

    default_advice = "unreachable"


class Unsure(UpstreamError):
    """A write was sent and its answer lost: nobody knows yet whether it acted."""

    default_advice = "outcome_unknown"
    default_retry = Retry.LOOK_FIRST


class Refused(UpstreamError):
    """The vendor understood and said no."""


class NotAllowed(UpstreamError):
    """A token, role or right is missing."""

    default_advice = "not_allowed"


class NotFound(UpstreamError):
    """What was asked for is not there."""

    default_advice = "not_found"


class Conflict(UpstreamError):
    """Something else is under way, or it changed meanwhile; the request did not act."""

    default_advice = "being_processed"
    default_retry = Retry.LATER


class SignInNeeded(UpstreamError):
    """The vendor refused to issue a token."""

    default_advice = "sign_in_again"


class Malformed(UpstreamError):
    """The answer to a harmless request cannot be read."""

    default_advice = "malformed"
    default_retry = Retry.LATER


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is not a success, for a client's `explain` to turn into an error.

    `body` is the decoded JSON or None; `text` is redacted and without markup; `write` says that repeating is not
    harmless; `secrets` are what the request carried and what must not be in the error's words.
    """

    http_status: int
    headers: Mapping[str, str] = field(repr=False)
    body: JsonValue = field(repr=False)
    text: str
    write: bool
    request_id: str
    correlation_id: str
    retry_after: float | None
    secrets: tuple[str, ...] = field(default=(), repr=False)


def explain_by_status(failure: Failure, *, code: str = "", words: str = "", advice: str = "") -> UpstreamError:
    """Build the error that the HTTP status alone tells; code, words and advice are the vendor's where there are any."""
    status = failure.http_status
    retry: Retry | None = None
    retry_after = failure.retry_after
    error: type[UpstreamError]
    if status == 429:
        error = Throttled
    elif status >= 500 or status == 408:
        error = Unsure if failure.write else Unavailable
        advice = "" if failure.write else advice
    elif status in (401, 403):
        error = NotAllowed
        advice = advice or ("token_refused" if status == 401 else "")
    elif status in (404, 410):
        error = NotFound
    elif status == 409:
        error = Conflict
    elif status in (412, 417):
        error = Conflict
        advice = advice or "stale"
        retry = Retry.LOOK_FIRST
    elif status < 400:
        error = Unsure if failure.write else Malformed
    else:
        error = Refused
    return error(
        words or failure.text or f"HTTP {status}",
        quoted=bool(words or failure.text),
        code=code,
        http_status=status,
        request_id=failure.request_id,
        correlation_id=failure.correlation_id,
        advice=advice,
        retry=retry,
        retry_after=retry_after,
    )
