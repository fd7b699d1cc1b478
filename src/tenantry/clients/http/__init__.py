"""HTTP for vendor APIs: session, quota, retry, redaction, error tree. The only place that imports httpx2."""

from tenantry.clients.http.bodies import JsonObject, JsonValue
from tenantry.clients.http.errors import (
    Conflict,
    Failure,
    Malformed,
    NotAllowed,
    NotFound,
    Refused,
    Retry,
    SignInNeeded,
    Throttled,
    Unavailable,
    Unreachable,
    Unsure,
    UpstreamError,
)
from tenantry.clients.http.quota import LocalQuota, Quota
from tenantry.clients.http.records import Answer, Call, IdHeaders, Observer, Timeouts, TokenSource
from tenantry.clients.http.redaction import redact
from tenantry.clients.http.session import Session

__all__ = [
    "Answer",
    "Call",
    "Conflict",
    "Failure",
    "IdHeaders",
    "JsonObject",
    "JsonValue",
    "LocalQuota",
    "Malformed",
    "NotAllowed",
    "NotFound",
    "Observer",
    "Quota",
    "Refused",
    "Retry",
    "Session",
    "SignInNeeded",
    "Throttled",
    "Timeouts",
    "TokenSource",
    "Unavailable",
    "Unreachable",
    "Unsure",
    "UpstreamError",
    "redact",
]
