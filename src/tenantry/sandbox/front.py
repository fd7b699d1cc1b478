"""The outermost layer: every request passes here to be journalled, made to fail on purpose, and answered."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from tenantry.sandbox.answer import Answer
from tenantry.sandbox.clock import real_now
from tenantry.sandbox.context import Context
from tenantry.sandbox.faults import FaultKind
from tenantry.sandbox.journal import Exchange

Act = Callable[[Exchange, Scope], Awaitable[Answer]]

_CUSTOMER = re.compile(r"/v1/customers/([0-9a-f-]{36})", re.IGNORECASE)
_GATEWAY_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
_GATEWAY_WORDS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out"}


def tidy_path(path: str) -> str:
    """Take doubled and trailing slashes out of a path."""
    return re.sub(r"/{2,}", "/", path).rstrip("/") or "/"


async def answer_request(ctx: Context, scope: Scope, receive: Receive, send: Send, act: Act) -> None:
    """Journal one request, let the faults strike that match it, and answer it.

    `act` does the work; whatever it changed is noted in the exchange, also when the answer never leaves.
    """
    body = await read_body(receive)
    if body is None:
        return
    exchange = Exchange(
        number=ctx.journal.next_number(),
        at=real_now(),
        commerce_at=ctx.clock.now(),
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
    )
    found = _CUSTOMER.match(exchange.path)
    exchange.customer_id = found.group(1) if found else None
    if exchange.path != tidy_path(exchange.path):
        exchange.doubt("doubled or trailing slash in the path")
    scope["exchange"] = exchange
    try:
        answer = await _answer_or_fail(ctx, exchange, scope, act)
    finally:
        ctx.journal.add(exchange)
    if answer is None:
        await cut_the_line(receive)
        return
    exchange.status = answer.status
    exchange.answer = answer.body
    exchange.answer_type = answer.content_type
    if ctx.faults.active and ctx.faults.take(FaultKind.CUT_MIDWAY, exchange):
        await _send_half(answer, send)
        await cut_the_line(receive)
        return
    await send_answer(answer, send, head=exchange.method == "HEAD")


async def _answer_or_fail(ctx: Context, exchange: Exchange, scope: Scope, act: Act) -> Answer | None:
    """Give the answer, bent by faults; None means that the line is to be cut."""
    faults = ctx.faults
    if not faults.active:
        return await act(exchange, scope)
    if fault := faults.take(FaultKind.THROTTLE, exchange):
        return throttled(fault.retry_after)
    if fault := faults.take(FaultKind.STATUS, exchange):
        return _failed(fault.status, fault.code)
    if fault := faults.take(FaultKind.SLOW, exchange):
        await faults.wait_for(fault)
    if faults.take(FaultKind.CUT_BEFORE, exchange):
        return None
    answer = await act(exchange, scope)
    if fault := faults.take(FaultKind.SLOW_AFTER, exchange):
        await faults.wait_for(fault)
    if faults.take(FaultKind.CUT_AFTER, exchange):
        return None
    if fault := faults.take(FaultKind.STATUS_AFTER, exchange):
        return _failed(fault.status, fault.code)
    if faults.take(FaultKind.MALFORMED, exchange):
        answer.body = answer.body[: max(1, len(answer.body) // 2)] or b"{"
    return answer


def throttled(seconds: int) -> Answer:
    """Answer like the gateway does when a limit is passed."""
    words = f"Rate limit is exceeded. Try again in {seconds} seconds."
    answer = Answer.json({"statusCode": 429, "message": words}, 429)
    answer.headers.append(("retry-after", str(seconds)))
    return answer


def _failed(status: int, code: int | None) -> Answer:
    if code is not None:
        return Answer.json({"code": code, "description": "Unexpected service error", "source": "PartnerFD"}, status)
    return Answer.page(_GATEWAY_PAGE.format(f"{status} {_GATEWAY_WORDS.get(status, 'Error')}"), status)


async def read_body(receive: Receive) -> bytes | None:
    """Read the whole body of a request; None where the caller hung up before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    return b"".join(parts)


async def send_answer(answer: Answer, send: Send, *, head: bool = False) -> None:
    """Put an answer on the line; for HEAD without its body."""
    await send(_start(answer))
    await send({"type": "http.response.body", "body": b"" if head else answer.body})


async def _send_half(answer: Answer, send: Send) -> None:
    await send(_start(answer))
    await send({"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True})


def _start(answer: Answer) -> dict[str, Any]:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.content_type:
        headers.append((b"content-type", answer.content_type.encode()))
    if answer.status not in {204, 304}:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


async def cut_the_line(receive: Receive) -> None:
    """Close the caller's connection without another byte.

    ASGI has no word for this; uvicorn's `receive` belongs to the object that holds the connection.
    """
    cycle = getattr(receive, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise ConnectionAbortedError("cut on purpose, by a server whose connections cannot be reached")
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass


async def from_asgi(app: ASGIApp, scope: Scope, body: bytes) -> Answer:
    """Let an ASGI application answer, and collect what it says."""
    answer = Answer(500)
    parts: list[bytes] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            for raw_name, raw_value in message.get("headers", []):
                name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
                if name == "content-type":
                    answer.content_type = value
                elif name != "content-length":
                    answer.headers.append((name, value))
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    answer.body = b"".join(parts)
    return answer
