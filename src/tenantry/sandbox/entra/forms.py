"""Small things that the endpoints share: reading forms, and answering as Entra does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tenantry.sandbox.context import Context
from tenantry.sandbox.entra.errors import EntraError

Form = Mapping[str, str]
Handler = Callable[[Context, Request], Awaitable[Response]]
NO_STORE = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}


async def read_form(request: Request) -> dict[str, str]:
    """Read a urlencoded body; a repeated field keeps its last value."""
    text = (await request.body()).decode("utf-8", errors="replace")
    return dict(parse_qsl(text, keep_blank_values=True))


def needed(values: Form, name: str) -> str:
    """Return a field; AADSTS900144 where it is missing or empty."""
    value = values.get(name, "").strip()
    if not value:
        raise EntraError(900144, f"Missing: '{name}'.")
    return value


def json_error(context: Context, error: EntraError) -> JSONResponse:
    """Answer with the error body of the token endpoint."""
    return JSONResponse(error.body(context.directory.now()), status_code=error.status, headers=NO_STORE)


def answering(context: Context, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Bind a handler to its world; an EntraError becomes the JSON body that the token endpoint sends."""

    async def endpoint(request: Request) -> Response:
        try:
            return await handler(context, request)
        except EntraError as error:
            return json_error(context, error)

    return endpoint
