"""From an answer of Partner Center that is no success to a typed error."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tenantry.clients.http import Failure, JsonValue, NotAllowed, UpstreamError
from tenantry.clients.http.errors import explain_by_status
from tenantry.clients.http.redaction import plain_words
from tenantry.clients.partner_center.codes import MEANINGS

# Every key of advice that this client gives beside those of `clients.http`.
ADVICE = frozenset(meaning.advice for meaning in MEANINGS.values()) | {"mfa_missing", "renewal_running"}
RENEWAL_PAUSE = 120.0  # a write while the renewal is queued: 409, "resend after two minutes" (read 2026-11)


@dataclass(frozen=True, slots=True)
class _Envelope:
    code: str
    words: str


def explain(failure: Failure) -> UpstreamError:
    """Return the typed error of an answer, whatever its envelope: the service's, a newer one's, the gateway's, Graph's,
    HTML or nothing.
    """
    envelope = _read_envelope(failure.body)
    if envelope.code and not envelope.words:
        failure = replace(failure, text="")  # else the bare envelope would be shown as Microsoft's words
    words = plain_words(envelope.words, failure.secrets) or failure.text
    status = failure.http_status
    meaning = MEANINGS.get(f"{status}/{envelope.code}") or MEANINGS.get(envelope.code)
    by_status = status in (408, 429) or status >= 500 or (status == 401 and meaning and meaning.error is not NotAllowed)
    if by_status or meaning is None:
        error = explain_by_status(failure, code=envelope.code, words=words, advice=_advice(failure, words))
        if status == 409:
            error.advice = "renewal_running"
            error.kind = "busy"
            error.retry_after = error.retry_after or RENEWAL_PAUSE
        return error
    return meaning.error(
        words or f"HTTP {status}",
        quoted=bool(words),
        code=envelope.code,
        kind=meaning.kind,
        http_status=status,
        request_id=failure.request_id,
        correlation_id=failure.correlation_id,
        advice=meaning.advice,
        retry=meaning.retry,
        retry_after=failure.retry_after,
    )


def _advice(failure: Failure, words: str) -> str:
    """Recognise a refusal for missing multi-factor authentication that does not carry the code 900421."""
    if failure.http_status not in (401, 403):
        return ""
    told = failure.headers.get("ismfacompliant", "").lower() == "false"
    named = "mfa" in words.lower() or "multi-factor" in words.lower() or "multifactor" in words.lower()
    return "mfa_missing" if told or named else ""


def _read_envelope(body: JsonValue) -> _Envelope:
    if not isinstance(body, Mapping):
        return _Envelope("", "")
    fields = {name.lower(): value for name, value in body.items()}
    inner = fields.get("error")
    if isinstance(inner, Mapping):
        fields = {name.lower(): value for name, value in inner.items()}
    code = fields.get("code", fields.get("errorcode"))
    words = fields.get("description") or fields.get("message") or fields.get("errordescription") or ""
    return _Envelope(
        code=str(code) if isinstance(code, str | int) and not isinstance(code, bool) else "",
        words=str(words) if isinstance(words, str) else "",
    )
