"""Take secrets out of anything that is kept or shown."""

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"

_HIDDEN_FIELDS = (
    "access_token|refresh_token|id_token|client_secret|client_assertion|code_verifier|authorization|set-cookie|cookie"
    "|password|assertion|sastoken|sig|x-api-key"
)
_PATTERNS = (
    re.compile(r"(?i)\b(bearer|basic|signature)\s+[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){1,4}"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
)
_NAMED = (
    re.compile(rf"(?i)(?P<name>\b(?:{_HIDDEN_FIELDS})[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}}]{{6,}}"),
    re.compile(r"(?i)(?P<name>\bcode[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}]{16,}"),  # short ones are error numbers
)
_HEAD = re.compile(r"(?is)<head\b[^>]*>.*?</head>")
_MARKUP = re.compile(r"(?is)<(script|style)\b.*?</\1>|<[^>]*>")
_SPACE = re.compile(r"\s+")


def redact(text: str, known: Iterable[str] = ()) -> str:
    """Replace secrets in a text: the `known` values exactly, and whatever looks like a token, key, cookie or code."""
    for secret in known:
        if len(secret) >= 6:
            text = text.replace(secret, HIDDEN)
    for pattern in _PATTERNS:
        text = pattern.sub(HIDDEN, text)
    for pattern in _NAMED:
        text = pattern.sub(lambda match: match["name"] + HIDDEN, text)
    return text


def plain_words(text: str, known: Iterable[str] = (), limit: int = 300) -> str:
    """Return an answer's text as one short redacted line without markup.

    A page's title mostly repeats its heading, so the head counts only where nothing else says anything.
    """
    plain = redact(text, known)
    words = _without_markup(_HEAD.sub(" ", plain)) or _without_markup(plain)
    return words if len(words) <= limit else words[: limit - 1] + "…"


def _without_markup(text: str) -> str:
    return _SPACE.sub(" ", _MARKUP.sub(" ", text)).strip()
