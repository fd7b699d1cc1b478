"""When an attempt may be repeated, and how long to wait before; small functions without state."""

import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenantry.clients.http.errors import Throttled, Unavailable, Unreachable, UpstreamError

ATTEMPTS = 4  # three repetitions, as the vendor's own libraries do (read 2026-11)
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 20.0
LONGEST_RETRY_AFTER = 3600.0
ANSWERS_WORTH_REPEATING = frozenset({408, 500, 502, 503, 504})
_WORDS = re.compile(r"try again in (\d+) second", re.IGNORECASE)


def pause_before(attempt: int) -> float:
    """Return seconds to wait before attempt number `attempt` (2, 3, …): exponential, with jitter from half to full."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (attempt - 2))
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads load, protects nothing


def may_repeat(error: UpstreamError, harmless: bool) -> bool:
    """Say whether the same request may be sent again by itself.

    What was certainly not sent may always be; everything else only where repeating is harmless.
    """
    if isinstance(error, Unreachable):
        return True
    if not harmless:
        return False
    if isinstance(error, Throttled):
        return True
    return isinstance(error, Unavailable) and (
        error.http_status is None or error.http_status in ANSWERS_WORTH_REPEATING
    )


def pause_for(error: UpstreamError, attempt: int) -> float:
    """Return seconds to wait before repeating after `error`: what the vendor said, or the exponential pause."""
    if error.retry_after is not None:
        return error.retry_after
    return pause_before(attempt + 1)


def read_retry_after(headers: Mapping[str, str], text: str) -> float | None:
    """Return the seconds to wait, at most an hour: Retry-After (number or date), else "try again in n seconds".

    A date is judged by the answer's own Date, so no clock of ours is asked.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_RETRY_AFTER)
    if value:
        until, sent = _date(value), _date(headers.get("date", ""))
        if until is not None and sent is not None:
            return min(max(0.0, (until - sent).total_seconds()), LONGEST_RETRY_AFTER)
    found = _WORDS.search(text)
    return min(float(found[1]), LONGEST_RETRY_AFTER) if found else None


def _date(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
