"""Microsoft Entra's refusals, by AADSTS number (codes read 2026-11)."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from tenantry.clients.http import Failure, JsonValue, Retry, SignInNeeded, Throttled, Unavailable, Unsure, UpstreamError
from tenantry.clients.http.errors import explain_by_status
from tenantry.clients.http.redaction import plain_words

_ADVICE: Mapping[str, str] = MappingProxyType(
    {
        number: advice
        for advice, numbers in (
            ("mfa_missing", "50074 50076 50078 50079"),
            ("consent_revoked", "50173"),
            ("consent_expired", "700082 70008 70043 700084"),
            ("code_spent", "70000 54005 501481 700005"),
            ("consent_missing", "65001 90099"),
            ("admin_consent_needed", "90094 90095"),
            ("consent_declined", "65004"),
            ("secret_wrong", "7000215 70002 700027 700023"),
            ("secret_expired", "7000222"),
            ("app_not_found", "700016 7000112 500011"),
            ("app_single_tenant", "50194"),
            ("redirect_not_registered", "50011"),
            ("tenant_not_found", "90002 900023 50049"),
            ("user_not_in_tenant", "50020 50034 51004"),
            ("user_not_assigned", "50105"),
            ("conditional_access", "53000 53003 530034"),
            ("request_wrong", "900144 70011 700022 9001023"),
        )
        for number in numbers.split()
    }
)
_ADVICE_BY_ERROR: Mapping[str, str] = MappingProxyType(
    {
        "invalid_client": "secret_wrong",
        "invalid_grant": "sign_in_again",
        "interaction_required": "sign_in_again",
        "login_required": "sign_in_again",
        "consent_required": "consent_missing",
        "unauthorized_client": "app_not_found",
        "access_denied": "consent_declined",
        "invalid_request": "request_wrong",
        "invalid_scope": "request_wrong",
        "invalid_resource": "request_wrong",
    }
)
# Every key of advice that this client gives beside those of `clients.http`.
ADVICE = frozenset(_ADVICE.values()) | frozenset(_ADVICE_BY_ERROR.values())
UNKNOWN_TENANT = frozenset({"AADSTS90002", "AADSTS900023", "AADSTS50049"})
_NUMBER = re.compile(r"AADSTS(\d+)")
_TAIL = re.compile(r"\s*(Trace ID:|Correlation ID:|Timestamp:).*", re.DOTALL)


def explain(failure: Failure) -> UpstreamError:
    """Return the typed error of an answer of the token or discovery endpoint."""
    body = failure.body if isinstance(failure.body, Mapping) else {}
    error = _text(body.get("error"))
    description = _text(body.get("error_description"))
    number = _number(body.get("error_codes"), description)
    words = plain_words(_TAIL.sub("", description) or error, failure.secrets) or failure.text
    code = f"AADSTS{number}" if number else error
    if not error:
        return explain_by_status(failure, code=code, words=words)
    kind: type[UpstreamError] = SignInNeeded
    advice = _advice(number, error)
    if number == "90055" or failure.http_status == 429:
        kind, advice = Throttled, ""
    elif error in ("temporarily_unavailable", "server_error") or failure.http_status >= 500:
        kind, advice = (Unsure if failure.write else Unavailable), ""
    return kind(
        words,
        quoted=True,
        code=code,
        http_status=failure.http_status,
        request_id=_text(body.get("trace_id")) or failure.request_id,
        correlation_id=_text(body.get("correlation_id")) or failure.correlation_id,
        advice=advice,
        retry_after=failure.retry_after,
    )


def explain_redirect(error: str, description: str) -> SignInNeeded:
    """Return the typed error of an `error` that came back to a redirect address instead of a code."""
    number = _number(None, description)
    words = plain_words(_TAIL.sub("", description) or error)
    return SignInNeeded(
        words,
        quoted=True,
        code=f"AADSTS{number}" if number else plain_words(error, limit=60),
        advice=_advice(number, error),
        retry=Retry.NEVER,
    )


def _advice(number: str, error: str) -> str:
    return _ADVICE.get(number) or _ADVICE_BY_ERROR.get(error, "sign_in_again")


def _number(codes: JsonValue, description: str) -> str:
    if isinstance(codes, list) and codes:
        return str(codes[0])
    found = _NUMBER.search(description)
    return found[1] if found else ""


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
