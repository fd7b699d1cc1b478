"""A session with one vendor: time-outs, quota, ids, bearer token, retries, typed errors, one record per attempt."""

import contextlib
import ipaddress
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode, urlsplit

import httpx2

from tenantry.clients.http.bodies import JsonValue, decode_json, decode_text, encode_json
from tenantry.clients.http.errors import (
    Failure,
    Malformed,
    NotAllowed,
    Throttled,
    Unavailable,
    Unreachable,
    Unsure,
    UpstreamError,
    explain_by_status,
)
from tenantry.clients.http.quota import Penalties, Quota
from tenantry.clients.http.records import Answer, Call, IdHeaders, Observer, Timeouts, TokenSource
from tenantry.clients.http.redaction import plain_words
from tenantry.clients.http.retry import ATTEMPTS, may_repeat, pause_for, read_retry_after

HARMLESS_METHODS = frozenset({"GET", "HEAD"})
LARGEST_BODY = 64 * 1024 * 1024
SECRET_FIELDS = frozenset({"client_secret", "client_assertion", "refresh_token", "code", "code_verifier", "assertion"})

_log = logging.getLogger(__name__)
_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    template: str
    params: Mapping[str, str]
    content: bytes | None
    headers: Mapping[str, str]
    secrets: tuple[str, ...]
    harmless: bool
    correlation_id: str
    customer_id: str | None
    quota_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Received:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Session:
    """Calls to one vendor's base address; safe to share between threads. Close it, or use it in `with`.

    Harmless requests (GET, HEAD, and what the caller declares harmless) are repeated after time-outs, cut lines, 5xx
    and 429; everything else only when it was certainly not sent. A write goes over a connection of its own, so that a
    kept connection which the other side has just closed cannot make its outcome unsure. Redirects are not followed.
    The observer gets one `Call` per attempt; what it raises is logged and dropped, because the attempt has happened.
    """

    def __init__(
        self,
        base_url: str,
        *,
        service: str,
        user_agent: str = "Tenantry",
        timeouts: Timeouts | None = None,
        quota: Quota | None = None,
        observer: Observer | None = None,
        auth: TokenSource | None = None,
        ids: IdHeaders | None = None,
        explain: Callable[[Failure], UpstreamError] = explain_by_status,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.service = service
        self.timeouts = timeouts or Timeouts()
        self._quota = quota
        self._observer = observer
        self._auth = auth
        self._ids = ids
        self._explain = explain
        self._penalties = Penalties()
        environment = not _is_loopback(self.base_url)  # a proxy of the environment is for the world outside
        headers = {"User-Agent": user_agent, "Accept": "application/json"}
        self._reads = httpx2.Client(
            headers=headers,
            trust_env=environment,
            limits=httpx2.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=10.0),
        )
        self._writes = httpx2.Client(
            headers=headers,
            trust_env=environment,
            limits=httpx2.Limits(max_connections=16, max_keepalive_connections=0),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._reads.close()
        self._writes.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        template: str = "",
        params: Mapping[str, str] | None = None,
        json: JsonValue = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        request_id: str = "",
        correlation_id: str = "",
        customer_id: str | None = None,
        quota_keys: tuple[str, ...] = (),
        harmless: bool | None = None,
        patience: float | None = None,
    ) -> Answer:
        """Make one call, repeating it where that is harmless, and return the success or raise an UpstreamError.

        `path` begins with "/" and is below the base address, with a query if it came as a link; `template` is the path
        with its ids named, for the record. A given `request_id` goes with every attempt; else each attempt after an
        answer gets a new one, as the vendor asks. `quota_keys` go from general to specific. `patience` (seconds)
        bounds the whole call.
        """
        if not path.startswith("/"):
            raise ValueError("a path begins with a slash")
        content = encode_json(json) if json is not None else None
        kinds = {"Content-Type": "application/json"} if json is not None else {}
        if form is not None:
            content = urlencode(form).encode()
            kinds = {"Content-Type": "application/x-www-form-urlencoded"}
        request = _Request(
            method=method,
            path=path,
            template=template or path.partition("?")[0],
            params=params or {},
            content=content,
            headers={**kinds, **(headers or {})},
            secrets=tuple(value for name, value in (form or {}).items() if name in SECRET_FIELDS),
            harmless=method in HARMLESS_METHODS if harmless is None else harmless,
            correlation_id=correlation_id or str(uuid.uuid4()),
            customer_id=customer_id,
            quota_keys=quota_keys,
        )
        return self._attempts(request, request_id, time.monotonic() + (patience or self.timeouts.patience))

    def _attempts(self, request: _Request, given_id: str, deadline: float) -> Answer:
        request_id = given_id or str(uuid.uuid4())
        renewed = False
        attempt = 1
        while True:
            self._wait_for_quota(request, request_id, deadline)
            token = self._auth.access_token() if self._auth else ""
            try:
                return self._attempt(request, request_id, token, attempt)
            except NotAllowed as error:
                # 401 is said before anything is done, so even a write may be repeated with a fresh token, once.
                if error.http_status != 401 or self._auth is None:
                    raise
                if renewed:
                    self._auth.refused(error)
                    raise
                renewed = True
                self._auth.access_token(renew=True)
                request_id = given_id or str(uuid.uuid4())
            except UpstreamError as error:
                if isinstance(error, Throttled):
                    self._penalise(request, error)
                if attempt >= ATTEMPTS or not may_repeat(error, request.harmless):
                    raise
                pause = pause_for(error, attempt)
                if time.monotonic() + pause >= deadline:
                    raise
                time.sleep(pause)
                if error.http_status is not None and not given_id:
                    request_id = str(uuid.uuid4())
            attempt += 1

    def _wait_for_quota(self, request: _Request, request_id: str, deadline: float) -> None:
        if self._quota is None:
            return
        for key in request.quota_keys:
            if not self._quota.acquire(key, deadline):
                raise Throttled(
                    "the own quota of calls is used up",
                    code="quota",
                    request_id=request_id,
                    correlation_id=request.correlation_id,
                )

    def _penalise(self, request: _Request, error: Throttled) -> None:
        if self._quota is None or error.retry_after is None:
            return
        for key in self._penalties.keys_to_close(request.quota_keys, error.retry_after):
            self._quota.penalise(key, error.retry_after)

    def _attempt(self, request: _Request, request_id: str, token: str, attempt: int) -> Answer:
        started = time.monotonic()
        received: _Received | None = None
        error: UpstreamError | None = None
        answered_id = request_id
        try:
            received = self._send(request, request_id, token)
            if self._ids:
                answered_id = received.headers.get(self._ids.answered_request.lower(), request_id)
            return self._read(request, received, answered_id, token, time.monotonic() - started)
        except httpx2.HTTPError as problem:
            error = _lost(problem, request, request_id, (token, *request.secrets))
            # Not chained: the library's exception holds the request, and with it the secrets.
            raise error from None
        except UpstreamError as problem:
            error = problem
            raise
        finally:
            self._observe(
                Call(
                    service=self.service,
                    method=request.method,
                    path=request.path.partition("?")[0],
                    template=request.template,
                    status=received.status if received else None,
                    code=error.code if error else "",
                    words=error.words if error else "",
                    duration=time.monotonic() - started,
                    request_id=answered_id,
                    correlation_id=request.correlation_id,
                    attempt=attempt,
                    customer_id=request.customer_id,
                )
            )

    def _send(self, request: _Request, request_id: str, token: str) -> _Received:
        headers = dict(request.headers)
        if self._ids:
            if self._ids.request:
                headers[self._ids.request] = request_id
            headers[self._ids.correlation] = request.correlation_id
        if token:
            headers["Authorization"] = f"Bearer {token}"
        bounds = self.timeouts
        silence = min(bounds.read, bounds.total)
        timeout = httpx2.Timeout(connect=min(bounds.connect, bounds.total), read=silence, write=silence, pool=silence)
        client = self._reads if request.harmless else self._writes
        started = time.monotonic()
        with client.stream(
            request.method,
            self.base_url + request.path,
            params=dict(request.params) or None,
            content=request.content,
            headers=headers,
            timeout=timeout,
        ) as response:
            parts: list[bytes] = []
            size = 0
            for part in response.iter_bytes():
                parts.append(part)
                size += len(part)
                if size > LARGEST_BODY:
                    raise httpx2.ReadError("the answer is too large")
                if time.monotonic() - started > bounds.total:
                    raise httpx2.ReadTimeout("the answer took too long")
            names = {name.lower(): value for name, value in response.headers.items()}
            return _Received(response.status_code, names, b"".join(parts))

    def _read(self, request: _Request, received: _Received, request_id: str, token: str, duration: float) -> Answer:
        body: JsonValue = None
        readable = True
        if received.body.strip(b"\xef\xbb\xbf \t\r\n"):
            try:
                body = decode_json(received.body)
            except ValueError:
                readable = False
        if 200 <= received.status < 300:
            if not readable:
                raise (Malformed if request.harmless else Unsure)(
                    "the answer is not JSON",
                    code="malformed",
                    http_status=received.status,
                    request_id=request_id,
                    correlation_id=request.correlation_id,
                )
            return Answer(received.status, received.headers, body, request_id, request.correlation_id, duration)
        text = plain_words(decode_text(received.body), (token, *request.secrets))
        raise self._explain(
            Failure(
                http_status=received.status,
                headers=received.headers,
                body=body,
                text=text,
                write=not request.harmless,
                request_id=request_id,
                correlation_id=request.correlation_id,
                retry_after=read_retry_after(received.headers, text),
                secrets=(token, *request.secrets),
            )
        )

    def _observe(self, call: Call) -> None:
        if self._observer is None:
            return
        try:
            self._observer(call)
        except Exception:
            _log.exception("The observer of %s calls failed.", self.service)


def _lost(problem: httpx2.HTTPError, request: _Request, request_id: str, secrets: tuple[str, ...]) -> UpstreamError:
    """Turn a transport problem into the error that says whether the request may have acted."""
    words = plain_words(f"{type(problem).__name__}: {problem}", secrets)
    error: type[UpstreamError]
    if isinstance(problem, _NOT_SENT):
        error = Unreachable
    else:
        error = Unavailable if request.harmless else Unsure
    return error(words, request_id=request_id, correlation_id=request.correlation_id)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
