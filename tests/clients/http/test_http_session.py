"""The session over a real socket: what is repeated, what is not, what is told, and that no secret leaves."""

import socket
import threading
import time
import traceback

import pytest

from tenantry.clients.http import (
    Call,
    Conflict,
    IdHeaders,
    LocalQuota,
    Malformed,
    NotAllowed,
    NotFound,
    Observer,
    Quota,
    Refused,
    Retry,
    Session,
    Throttled,
    Timeouts,
    TokenSource,
    Unavailable,
    Unreachable,
    Unsure,
    UpstreamError,
)
from tests.clients.vendor import BOM, Cut, Reply, Vendor
from tests.support.ports import free_port

IDS = IdHeaders(request="MS-RequestId", correlation="MS-CorrelationId", answered_request="MS-RequestId")
STEADY = Timeouts(connect=10.0, read=10.0, total=20.0, patience=30.0)
QUICK = Timeouts(connect=10.0, read=0.3, total=0.6, patience=30.0)


def session(
    url: str,
    *,
    timeouts: Timeouts = STEADY,
    quota: Quota | None = None,
    observer: Observer | None = None,
    auth: TokenSource | None = None,
) -> Session:
    return Session(url, service="vendor", timeouts=timeouts, quota=quota, observer=observer, auth=auth, ids=IDS)


class Tokens:
    """A token source that gives its tokens in turn: the next one at each renewal."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)
        self.renewals = 0
        self.refusals: list[UpstreamError] = []

    def access_token(self, *, renew: bool = False) -> str:
        if renew:
            self.renewals += 1
            self._tokens.pop(0)
        return self._tokens[0]

    def refused(self, error: UpstreamError) -> None:
        self.refusals.append(error)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (BOM + b'{"name":"Caf\xc3\xa9"}', {"name": "Café"}),
        (b'{"name":"Caf\xc3\xa9"}', {"name": "Café"}),
        (b"[1,2]", [1, 2]),
        (b"", None),
        (BOM, None),
        (b'{"name":"a\\u0000\\u0000b"}', {"name": "ab"}),
        (rb'{"name":"C:\\u0000 \\\u0000"}', {"name": "C:\\u0000 \\"}),
        (b'{"na\x00me":"a\x00b"}', {"name": "ab"}),
        (rb'{"na\u0000me":["\ud83d\ude00 \ud83d \ude00 \\ud83d"]}', {"name": ["😀 \ufffd \ufffd \\ud83d"]}),
        (b'{"name":"two\r\nlines\x1b"}', {"name": "two\r\nlines\x1b"}),
        (b'{"name":"\xff\xed\xa0\x80"}', {"name": "\ufffd\ufffd\ufffd\ufffd"}),
        (b'{"much":1e400,"less":-1e400,"some":1.5}', {"much": "1e400", "less": "-1e400", "some": 1.5}),
        (b'{"long":' + b"1" * 5000 + b"}", {"long": "1" * 5000}),
    ],
)
def test_bodies_are_read_with_and_without_a_byte_order_mark(body: bytes, expected: object) -> None:
    with Vendor(Reply(200, body)) as vendor, session(vendor.url) as calls:
        assert calls.call("GET", "/v1/things").json == expected


def test_ids_are_sent_and_the_answered_one_is_kept() -> None:
    with Vendor(Reply(200, {}, {"MS-RequestId": "theirs"})) as vendor, session(vendor.url) as calls:
        answer = calls.call("GET", "/v1/things", params={"q": "a b"}, request_id="ours", correlation_id="story")
    assert (answer.request_id, answer.correlation_id, answer.status) == ("theirs", "story", 200)
    (seen,) = vendor.seen
    assert (seen.method, seen.path, seen.query) == ("GET", "/v1/things", {"q": "a b"})
    assert (seen.headers["ms-requestid"], seen.headers["ms-correlationid"]) == ("ours", "story")
    assert seen.headers["user-agent"] == "Tenantry"


def test_a_read_is_repeated_after_an_answer_with_a_new_request_id() -> None:
    told: list[Call] = []
    with Vendor(Reply(503), Reply(200, {"n": 1})) as vendor, session(vendor.url, observer=told.append) as calls:
        assert calls.call("GET", "/v1/things/7", template="/v1/things/{id}", customer_id="c").json == {"n": 1}
    first, second = vendor.seen
    assert first.headers["ms-requestid"] != second.headers["ms-requestid"]
    assert first.headers["ms-correlationid"] == second.headers["ms-correlationid"]
    assert [(call.attempt, call.status, call.template, call.customer_id) for call in told] == [
        (1, 503, "/v1/things/{id}", "c"),
        (2, 200, "/v1/things/{id}", "c"),
    ]
    assert [call.request_id for call in told] == [seen.headers["ms-requestid"] for seen in vendor.seen]
    assert (told[0].service, told[0].method, told[0].path, told[0].words) == (
        "vendor",
        "GET",
        "/v1/things/7",
        "HTTP 503",
    )


def test_a_read_is_repeated_after_a_cut_line_with_the_same_request_id() -> None:
    with Vendor(Cut(), Reply(200, {})) as vendor, session(vendor.url) as calls:
        calls.call("GET", "/v1/things")
    first, second = vendor.seen
    assert first.headers["ms-requestid"] == second.headers["ms-requestid"]


def test_a_read_that_stays_broken_is_unavailable_after_four_attempts() -> None:
    broken = Reply(502, b"<html><h1>Bad</h1> gateway</html>")
    with (
        Vendor(*[broken] * 4) as vendor,
        session(vendor.url) as calls,
        pytest.raises(Unavailable) as caught,
    ):
        calls.call("GET", "/v1/things")
    assert len(vendor.seen) == 4
    assert (caught.value.words, caught.value.http_status) == ("Bad gateway", 502)
    assert (caught.value.retry, caught.value.advice) == (Retry.LATER, "service_trouble")


@pytest.mark.parametrize(
    ("step", "status"),
    [
        (Cut(), None),
        (Reply(200, {}, delay=60), None),
        (Reply(200, b'{"quantity": 5}' * 20, drip=0.25), None),
        (Reply(500, {"code": 800094}), 500),
        (Reply(503, b"<html></html>"), 503),
        (Reply(408), 408),
        (Reply(200, b'{"quantity": '), 200),
        (Reply(200, b'{"quantity": NaN}'), 200),
        (Reply(302, None, {"Location": "https://elsewhere.example/"}), 302),
    ],
    ids=["cut", "silent", "drip", "500", "503", "408", "half a body", "no JSON", "redirect"],
)
def test_a_write_whose_answer_is_lost_is_unsure_and_never_sent_again(step: Reply | Cut, status: int | None) -> None:
    told: list[Call] = []
    bounds = QUICK if status is None else STEADY  # an answer that comes may take as long as the machine likes
    with (
        Vendor(step) as vendor,
        session(vendor.url, timeouts=bounds, observer=told.append) as calls,
        pytest.raises(Unsure) as caught,
    ):
        calls.call("PATCH", "/v1/things/7", json={"quantity": 5}, request_id="ours", correlation_id="story")
    assert len(vendor.seen) == 1
    error = caught.value
    assert (error.http_status, error.retry, error.advice) == (status, Retry.LOOK_FIRST, "outcome_unknown")
    assert (error.request_id, error.correlation_id) == ("ours", "story")
    assert [(call.status, call.attempt) for call in told] == [(status, 1)]
    assert told[0].words


@pytest.mark.parametrize("step", [Reply(200, b"{"), Reply(302)], ids=["half a body", "redirect"])
def test_an_unreadable_answer_to_a_read_is_malformed(step: Reply) -> None:
    with Vendor(step) as vendor, session(vendor.url) as calls, pytest.raises(Malformed):
        calls.call("GET", "/v1/things")
    assert len(vendor.seen) == 1


def test_an_answer_that_drips_is_given_up_after_the_total_time() -> None:
    once = Timeouts(connect=10.0, read=10.0, total=0.4, patience=0.3)
    with Vendor(Reply(200, b"[" + b" " * 200 + b"]", drip=0.25)) as vendor, session(vendor.url, timeouts=once) as calls:
        started = time.monotonic()
        with pytest.raises(Unavailable):
            calls.call("GET", "/v1/things")
        assert time.monotonic() - started > 0.3


def test_a_refused_connection_is_certainly_not_sent() -> None:
    told: list[Call] = []
    once = Timeouts(connect=1.0, patience=0.05)
    url = f"http://127.0.0.1:{free_port()}"
    with session(url, timeouts=once, observer=told.append) as calls, pytest.raises(Unreachable) as caught:
        calls.call("PATCH", "/v1/things/7", json={})
    assert (caught.value.http_status, caught.value.advice, caught.value.retry) == (None, "unreachable", Retry.LATER)
    assert [(call.status, call.attempt) for call in told] == [(None, 1)]


def test_a_connection_that_nobody_takes_is_given_up_in_time() -> None:
    bounds = Timeouts(connect=0.2, read=10.0, total=20.0, patience=0.3)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        address = deaf.getsockname()
        full = [socket.socket() for _ in range(4)]  # the queue is full, and nobody takes any out of it
        for one in full:
            one.setblocking(False)
            one.connect_ex(address)
        with session(f"http://127.0.0.1:{address[1]}", timeouts=bounds) as calls, pytest.raises(Unreachable) as caught:
            calls.call("PATCH", "/v1/things/7", json={})
        assert "ConnectTimeout" in caught.value.words
        for one in full:
            one.close()


def test_a_write_that_was_certainly_not_sent_is_sent_again() -> None:
    port = free_port()
    with session(f"http://127.0.0.1:{port}") as calls:
        opened: list[Vendor] = []
        timer = threading.Timer(0.15, lambda: opened.append(Vendor(Reply(200, {"n": 1}), port=port)))
        timer.start()
        assert calls.call("PATCH", "/v1/things/7", json={"n": 1}).json == {"n": 1}
        timer.join()
    with opened[0] as vendor:
        assert [seen.json for seen in vendor.seen] == [{"n": 1}]


def test_a_throttled_write_did_not_act_and_is_returned_with_its_time() -> None:
    body = {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds."}
    with Vendor(Reply(429, body)) as vendor, session(vendor.url) as calls, pytest.raises(Throttled) as caught:
        calls.call("PATCH", "/v1/things/7", json={})
    assert (len(vendor.seen), caught.value.retry_after, caught.value.retry) == (1, 57.0, Retry.LATER)


def test_retry_after_is_obeyed_by_a_read() -> None:
    with Vendor(Reply(429, {}, {"Retry-After": "1"}), Reply(200, {})) as vendor, session(vendor.url) as calls:
        started = time.monotonic()
        calls.call("GET", "/v1/things")
        assert time.monotonic() - started >= 1
    assert len(vendor.seen) == 2


def test_retry_after_as_a_date_counts_from_the_answers_own_date() -> None:
    headers = {"Date": "Sun, 22 Nov 2026 10:00:00 GMT", "Retry-After": "Sun, 22 Nov 2026 10:01:30 GMT"}
    with Vendor(Reply(429, {}, headers)) as vendor, session(vendor.url) as calls, pytest.raises(Throttled) as caught:
        calls.call("GET", "/v1/things")
    assert caught.value.retry_after == 90.0


def test_retry_after_beyond_the_patience_is_returned_at_once() -> None:
    throttled = Reply(429, {}, {"Retry-After": "60"})
    with Vendor(throttled) as vendor, session(vendor.url) as calls, pytest.raises(Throttled) as caught:
        calls.call("GET", "/v1/things")
    assert (caught.value.retry_after, len(vendor.seen)) == (60.0, 1)


def test_a_429_closes_the_customer_and_a_second_customers_429_closes_the_partner() -> None:
    quota = LocalQuota(per_minute=60000, burst=100)
    throttled = Reply(429, {}, {"Retry-After": "60"})
    soon = 0.2
    with Vendor(throttled, Reply(200, {}), throttled) as vendor, session(vendor.url, quota=quota) as calls:
        with pytest.raises(Throttled):
            calls.call("PATCH", "/a", json={}, quota_keys=("p", "p/a"), patience=soon)
        with pytest.raises(Throttled) as caught:
            calls.call("GET", "/a", quota_keys=("p", "p/a"), patience=soon)
        assert caught.value.code == "quota"
        calls.call("GET", "/c", quota_keys=("p", "p/c"), patience=soon)
        with pytest.raises(Throttled):
            calls.call("PATCH", "/b", json={}, quota_keys=("p", "p/b"), patience=soon)
        with pytest.raises(Throttled) as caught:
            calls.call("GET", "/c", quota_keys=("p", "p/c"), patience=soon)
        assert caught.value.code == "quota"
    assert [seen.path for seen in vendor.seen] == ["/a", "/c", "/b"]


@pytest.mark.parametrize(
    ("status", "kind", "advice", "retry"),
    [
        (400, Refused, "refused", Retry.NEVER),
        (401, NotAllowed, "token_refused", Retry.NEVER),
        (403, NotAllowed, "not_allowed", Retry.NEVER),
        (404, NotFound, "not_found", Retry.NEVER),
        (409, Conflict, "being_processed", Retry.LATER),
        (412, Conflict, "stale", Retry.LOOK_FIRST),
        (417, Conflict, "stale", Retry.LOOK_FIRST),
        (418, Refused, "refused", Retry.NEVER),
    ],
)
def test_a_status_alone_tells_the_class(status: int, kind: type[UpstreamError], advice: str, retry: Retry) -> None:
    with Vendor(Reply(status)) as vendor, session(vendor.url) as calls, pytest.raises(UpstreamError) as caught:
        calls.call("PATCH", "/v1/things/7", json={})
    assert type(caught.value) is kind
    assert (caught.value.advice, caught.value.retry, caught.value.http_status) == (advice, retry, status)


def test_a_refused_token_is_renewed_once_even_for_a_write() -> None:
    tokens = Tokens("old-token-1", "new-token-2")
    with Vendor(Reply(401), Reply(200, {})) as vendor, session(vendor.url, auth=tokens) as calls:
        calls.call("PATCH", "/v1/things/7", json={"n": 1})
    assert [seen.headers["authorization"] for seen in vendor.seen] == ["Bearer old-token-1", "Bearer new-token-2"]
    assert [seen.json for seen in vendor.seen] == [{"n": 1}, {"n": 1}]
    assert tokens.refusals == []
    assert len({seen.headers["ms-requestid"] for seen in vendor.seen}) == 2  # an id is for one answer


def test_a_token_that_is_refused_twice_is_not_allowed() -> None:
    tokens = Tokens("old-token-1", "new-token-2", "third-token-3")
    with (
        Vendor(Reply(401), Reply(401)) as vendor,
        session(vendor.url, auth=tokens) as calls,
        pytest.raises(NotAllowed) as caught,
    ):
        calls.call("GET", "/v1/things")
    assert (len(vendor.seen), tokens.renewals, tokens.refusals) == (2, 1, [caught.value])


def test_no_secret_is_in_any_record_or_exception() -> None:
    token = "opaqueAccessTokenValue123"
    secret = "s3cr3t-client~value"
    told: list[Call] = []

    def reflect() -> Reply:
        return Reply(
            400, f"<p>Authorization: Bearer {token} client_secret={secret} Set-Cookie: id=abcdefgh</p>".encode()
        )

    texts: list[str] = []
    with (
        Vendor(reflect(), reflect(), Cut()) as vendor,
        session(vendor.url, observer=told.append, auth=Tokens(token)) as calls,
    ):
        for method in ("GET", "POST", "POST"):
            with pytest.raises(UpstreamError) as caught:
                calls.call(method, "/token", form={"client_secret": secret, "grant_type": "x"}, harmless=False)
            texts.append("".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__))
    assert len(vendor.seen) == len(told) == 3
    everything = "".join(texts) + repr(told)
    assert token not in everything
    assert secret not in everything
    assert "abcdefgh" not in everything


def test_an_answer_does_not_show_its_body_when_printed() -> None:
    with (
        Vendor(Reply(200, {"access_token": "a secret"}, {"Set-Cookie": "id=1"})) as vendor,
        session(vendor.url) as calls,
    ):
        shown = repr(calls.call("GET", "/token"))
    assert "a secret" not in shown
    assert "id=1" not in shown


def test_an_observer_that_fails_does_not_lose_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    def broken(call: Call) -> None:
        raise RuntimeError("the log is full")

    with Vendor(Reply(200, {"n": 1})) as vendor, session(vendor.url, observer=broken) as calls:
        assert calls.call("PATCH", "/v1/things/7", json={}).json == {"n": 1}
    assert "The observer of vendor calls failed." in caplog.text


def test_reads_keep_their_connection_and_a_write_has_its_own() -> None:
    with Vendor(*[Reply(200, {})] * 4) as vendor, session(vendor.url) as calls:
        for method in ("GET", "GET", "PATCH", "PATCH"):
            calls.call(method, "/v1/things")
        assert vendor.connections == 3


def test_a_path_that_is_none_is_refused_before_anything_is_sent() -> None:
    with Vendor() as vendor, session(vendor.url) as calls, pytest.raises(ValueError, match="slash"):
        calls.call("GET", "@elsewhere.example/")
    assert vendor.seen == []
