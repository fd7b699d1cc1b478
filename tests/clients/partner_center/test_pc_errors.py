"""Partner Center's refusals: class, kind, advice and whether trying again helps, whatever the envelope."""

import pytest

from tenantry.clients.http import (
    Conflict,
    Failure,
    JsonValue,
    NotAllowed,
    NotFound,
    Refused,
    Retry,
    Throttled,
    Unavailable,
    Unsure,
    UpstreamError,
)
from tenantry.clients.partner_center.errors import explain


def failure(
    status: int,
    body: JsonValue = None,
    *,
    text: str = "",
    write: bool = True,
    headers: dict[str, str] | None = None,
    retry_after: float | None = None,
) -> Failure:
    return Failure(
        http_status=status,
        headers=headers or {},
        body=body,
        text=text,
        write=write,
        request_id="r-1",
        correlation_id="c-1",
        retry_after=retry_after,
        secrets=("opaque-secret",),
    )


@pytest.mark.parametrize(
    ("status", "code", "kind", "group", "advice", "retry"),
    [
        (400, 800090, Refused, "window", "return_window_closed", Retry.NEVER),
        (400, "800090", Refused, "window", "return_window_closed", Retry.NEVER),
        (400, 900214, Refused, "window", "return_window_closed", Retry.NEVER),
        (400, 900117, Refused, "window", "cancel_window_closed", Retry.NEVER),
        (400, 2001, Refused, "state", "subscription_suspended", Retry.NEVER),
        (400, 2002, Refused, "limit", "quantity_limit", Retry.NEVER),
        (403, 2006, Refused, "partner", "partner_not_active", Retry.NEVER),
        (400, 2006, Refused, "state", "subscription_not_changeable", Retry.NEVER),
        (403, 800067, Refused, "limit", "quantity_limit", Retry.NEVER),
        (403, 800023, Refused, "credit", "credit_limit", Retry.NEVER),
        (400, 800018, Refused, "limit", "sandbox_limit", Retry.NEVER),
        (403, 13605, Refused, "agreement", "customer_agreement", Retry.NEVER),
        (409, 27009, Refused, "state", "parent_suspended", Retry.NEVER),
        (403, 20002, NotAllowed, "relation", "not_our_customer", Retry.NEVER),
        (403, 900308, NotAllowed, "gdap", "gdap_missing", Retry.NEVER),
        (403, 900329, NotAllowed, "auth_config", "app_user_needed", Retry.NEVER),
        (401, 900420, NotAllowed, "auth_config", "token_audience", Retry.NEVER),
        (401, 900421, NotAllowed, "auth_config", "mfa_missing", Retry.NEVER),
        (404, 20003, NotFound, "not_found", "not_found", Retry.NEVER),
        (409, 900278, Conflict, "busy", "being_processed", Retry.LATER),
        (409, 800082, Conflict, "busy", "being_processed", Retry.LATER),
        (400, 2055, Conflict, "stale", "stale", Retry.LOOK_FIRST),
        (417, 800036, Conflict, "stale", "stale", Retry.LOOK_FIRST),
    ],
)
def test_a_code_has_a_meaning(
    status: int, code: int | str, kind: type[UpstreamError], group: str, advice: str, retry: Retry
) -> None:
    error = explain(failure(status, {"code": code, "description": "Their words.", "data": [], "source": "PartnerFD"}))
    assert type(error) is kind
    assert (error.code, error.kind, error.advice, error.retry) == (str(code), group, advice, retry)
    assert (error.words, error.http_status) == ("Their words.", status)
    assert (error.request_id, error.correlation_id) == ("r-1", "c-1")


@pytest.mark.parametrize("code", [2030, 800090, 1000, 2055, 999999, None])
def test_a_401_is_about_the_token_whatever_its_code(code: int | None) -> None:
    error = explain(failure(401, {"code": code, "description": "Their words."}))
    assert (type(error), error.http_status, error.advice) == (NotAllowed, 401, "token_refused")


@pytest.mark.parametrize(
    ("body", "text", "code", "words"),
    [
        ({"code": 999999, "description": "New."}, "", "999999", "New."),
        ({"Code": 999999, "Description": "Pascal."}, "", "999999", "Pascal."),
        ({"code": 999999, "message": "Newer service."}, "", "999999", "Newer service."),
        ({"error": {"code": "BadRequest", "message": "Graph."}}, "", "BadRequest", "Graph."),
        ({"errorCode": 400041, "errorDescription": "Cart."}, "", "400041", "Cart."),
        (None, "Bad Request", "", "Bad Request"),
        (None, "", "", "HTTP 400"),
        ([1], "", "", "HTTP 400"),
        ({"code": True, "description": 5}, "", "", "HTTP 400"),
        ({"code": 999999, "description": ""}, '{"code":999999,"description":""}', "999999", "HTTP 400"),
        ({"code": 999999, "description": "said opaque-secret"}, "", "999999", "said [hidden]"),
    ],
)
def test_any_envelope_is_survived(body: JsonValue, text: str, code: str, words: str) -> None:
    error = explain(failure(400, body, text=text))
    assert isinstance(error, Refused)
    assert (error.code, error.words) == (code, words)
    assert error.quote == ("" if words == "HTTP 400" else words)


def test_a_409_without_a_known_code_is_the_renewal_queue() -> None:
    error = explain(failure(409, {"description": "Conflict"}))
    assert isinstance(error, Conflict)
    assert (error.advice, error.retry, error.retry_after) == ("renewal_running", Retry.LATER, 120.0)


@pytest.mark.parametrize(("status", "code"), [(500, 800094), (500, 800003), (501, 0), (503, None), (408, 900225)])
def test_trouble_at_microsoft_makes_a_write_unsure_and_a_read_unavailable(status: int, code: int | None) -> None:
    body: JsonValue = {"code": code, "description": "Trouble."}
    unsure = explain(failure(status, body))
    assert (type(unsure), unsure.retry, unsure.advice) == (Unsure, Retry.LOOK_FIRST, "outcome_unknown")
    away = explain(failure(status, body, write=False))
    assert (type(away), away.retry, away.advice) == (Unavailable, Retry.LATER, "service_trouble")
    assert unsure.words == away.words == "Trouble."


def test_the_gateways_throttling() -> None:
    words = "Rate limit is exceeded. Try again in 57 seconds."
    error = explain(failure(429, {"statusCode": 429, "message": words}, retry_after=57.0))
    assert (type(error), error.retry_after, error.words) == (Throttled, 57.0, words)


@pytest.mark.parametrize(
    ("status", "body", "headers", "advice"),
    [
        (401, None, {"www-authenticate": "Bearer"}, "token_refused"),
        (401, {"description": "MFA is required."}, {}, "mfa_missing"),
        (401, None, {"ismfacompliant": "false"}, "mfa_missing"),
        (403, {"message": "Multi-factor authentication is required"}, {}, "mfa_missing"),
        (403, None, {}, "not_allowed"),
    ],
)
def test_a_missing_right_has_advice(status: int, body: JsonValue, headers: dict[str, str], advice: str) -> None:
    error = explain(failure(status, body, headers=headers))
    assert (type(error), error.advice) == (NotAllowed, advice)
