"""AADSTS errors: numbers, OAuth error values and the body that the token endpoint sends.

Numbers, meanings and HTTP statuses: reference 2.3, read 2026-11. Which OAuth `error` belongs to which number is
the usual one and stated nowhere code by code; sentences are our own.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

# number: (OAuth error, HTTP status at the token endpoint, sentence)
CODES: dict[int, tuple[str, int, str]] = {
    16000: ("interaction_required", 400, "Several accounts are signed in: one of them has to be chosen."),
    50011: ("invalid_request", 400, "The redirect URI of the request is not registered for the application."),
    50020: (
        "invalid_grant",
        400,
        "The user account does not exist in this tenant and cannot use the application there.",
    ),
    50034: ("invalid_grant", 400, "The user account does not exist in this directory."),
    50057: ("invalid_grant", 400, "The user account is disabled."),
    50058: ("login_required", 400, "A silent sign-in was asked for, but no user is signed in."),
    50059: ("invalid_request", 400, "Neither the request nor the credentials name a tenant."),
    50074: ("interaction_required", 400, "Strong authentication is required and the user did not pass it."),
    50076: (
        "interaction_required",
        400,
        "Because of a change by the administrator, multi-factor authentication is needed.",
    ),
    50078: ("interaction_required", 400, "The multi-factor authentication has expired."),
    50079: ("interaction_required", 400, "The user has to enrol in multi-factor authentication."),
    50105: ("invalid_grant", 400, "The user is not assigned to a role of the application."),
    50173: ("invalid_grant", 400, "The grant was revoked: the user has to sign in again."),
    50194: ("invalid_request", 400, "The application is not configured as multi-tenant: use its tenant's endpoint."),
    51004: ("invalid_grant", 400, "The user account is not in the directory of this tenant."),
    53000: ("interaction_required", 400, "The device does not comply with the tenant's policy."),
    53003: ("interaction_required", 400, "Conditional Access policies block the issuance of a token."),
    530034: ("access_denied", 400, "A delegated administrator was blocked by a policy of the tenant."),
    54005: ("invalid_grant", 400, "The authorization code was already redeemed: use a new one or the refresh token."),
    65001: ("invalid_grant", 400, "The user or an administrator has not consented to use the application."),
    65004: ("access_denied", 400, "The user declined to consent to the application."),
    70000: ("invalid_grant", 400, "The provided grant is not valid."),
    700005: ("invalid_grant", 400, "The authorization code is meant for another tenant."),
    70008: ("invalid_grant", 400, "The authorization code or refresh token has expired."),
    700016: ("unauthorized_client", 400, "The application was not found in the directory of the tenant."),
    700021: ("invalid_client", 401, "The client assertion names another application than client_id."),
    700023: ("invalid_client", 401, "The audience of the client assertion is not this endpoint."),
    700024: ("invalid_client", 401, "The client assertion is not within its valid time range."),
    700027: (
        "invalid_client",
        401,
        "The client assertion's signature could not be verified with a registered certificate.",
    ),
    700054: ("unsupported_response_type", 400, "The response type is not enabled for the application."),
    70002: ("invalid_client", 401, "The credentials of the client could not be validated."),
    700022: ("invalid_request", 400, "The scope names several resources: only one is possible here."),
    70003: ("unsupported_grant_type", 400, "The application asked for a grant type that is not supported."),
    70011: ("invalid_scope", 400, "The provided value of the scope parameter is not valid."),
    70043: ("invalid_grant", 400, "The refresh token has expired through a sign-in frequency policy."),
    700082: ("invalid_grant", 400, "The refresh token has expired because it was not used."),
    7000112: ("invalid_client", 401, "The application is disabled."),
    7000215: ("invalid_client", 401, "Invalid client secret provided: send the secret's value, not its id."),
    7000218: ("invalid_client", 401, "The body has to contain client_assertion or client_secret."),
    7000222: ("invalid_client", 401, "The provided client secret has expired."),
    90002: ("invalid_request", 400, "Tenant not found: check the name or id."),
    90014: ("invalid_request", 400, "A required field of the request is missing."),
    90055: ("temporarily_unavailable", 400, "The tenant makes too many requests and is throttled."),
    90094: ("access_denied", 400, "The permissions need the consent of an administrator."),
    90095: ("access_denied", 400, "An administrator has to approve: the request was sent to one."),
    90099: (
        "invalid_grant",
        400,
        "The application is not authorised in the customer tenant: consent has to be given first.",
    ),
    900144: ("invalid_request", 400, "The request body has to contain a further parameter."),
    9001023: ("invalid_request", 400, "The grant type is not supported over /common or /consumers."),
    9002313: ("invalid_request", 400, "The request is malformed."),
    500011: ("invalid_resource", 400, "The resource was not found in the tenant."),
    500112: ("invalid_grant", 400, "The reply address is not the one that was used when the code was requested."),
    501481: ("invalid_grant", 400, "The code_verifier does not match the code_challenge."),
    1002012: ("invalid_scope", 400, "With client credentials the scope has to be the resource followed by /.default."),
}


# Microsoft's words for these name the directory, by its id or its name (read 2026-12).
NAMES_DIRECTORY = frozenset({700016, 500011})


@dataclass(eq=False)
class EntraError(Exception):
    """A refusal with its AADSTS number; `detail` is added to the sentence, `oauth_error` replaces the usual value."""

    code: int
    detail: str = ""
    oauth_error: str | None = None
    suberror: str | None = None
    trace_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    correlation_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def error(self) -> str:
        return self.oauth_error or CODES.get(self.code, ("invalid_request", 400, ""))[0]

    @property
    def status(self) -> int:
        if self.error == "invalid_client":
            return 401
        return CODES.get(self.code, ("", 400, ""))[1]

    def description(self, now: float) -> str:
        """Return the text with trace lines, as it stands in bodies and in redirects."""
        sentence = CODES.get(self.code, ("", 400, "The request was refused."))[2]
        detail = f" {self.detail}" if self.detail else ""
        return (
            f"AADSTS{self.code}: {sentence}{detail}\r\nTrace ID: {self.trace_id}"
            f"\r\nCorrelation ID: {self.correlation_id}\r\nTimestamp: {_stamp(now)}"
        )

    def body(self, now: float) -> dict[str, Any]:
        """Return the JSON body of the token endpoint."""
        body: dict[str, Any] = {
            "error": self.error,
            "error_description": self.description(now),
            "error_codes": [self.code],
            "timestamp": _stamp(now),
            "trace_id": self.trace_id,
            "correlation_id": self.correlation_id,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
        }
        if self.suberror:
            body["suberror"] = self.suberror
        return body


def _stamp(now: float) -> str:
    return dt.datetime.fromtimestamp(now, dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
