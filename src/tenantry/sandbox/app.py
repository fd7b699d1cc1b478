"""The application: one world behind Entra, Partner Center, the control endpoints and the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from tenantry.sandbox import entra, worlds
from tenantry.sandbox.answer import Answer
from tenantry.sandbox.clock import Clock
from tenantry.sandbox.context import Context
from tenantry.sandbox.control.desk import Desk
from tenantry.sandbox.entra.directory import Directory
from tenantry.sandbox.faults import Faults
from tenantry.sandbox.front import answer_request, from_asgi, read_body, send_answer, tidy_path
from tenantry.sandbox.journal import Exchange, Journal
from tenantry.sandbox.partner_center.replies import Replies
from tenantry.sandbox.partner_center.service import PartnerCenter
from tenantry.sandbox.state import StateFile
from tenantry.sandbox.store import Store
from tenantry.sandbox.switches import Switches
from tenantry.sandbox.wire import JsonDict, parse_moment


class Sandbox:
    """The whole stand-in as one ASGI application."""

    def __init__(self, world: Mapping[str, Any], state_file: Path | None = None, base_url: str | None = None) -> None:
        """Load a world, or go on from the state file where it exists and was begun with the same world."""
        self.base_url = base_url.rstrip("/") if base_url else None
        self.state = StateFile(state_file, self.dump)
        self._begun_as = world["name"]
        kept = self.state.read()
        # A person may have chosen another world since: that is still the state of this start.
        goes_on = kept is not None and kept.get("begun_as", kept.get("world")) == self._begun_as
        self._load(kept if kept is not None and goes_on else _fresh(world))

    def reset(self, world: str | None = None) -> None:
        """Start a world over, the present one without a name; faults and the journal are emptied.

        ValueError where there is no such world.
        """
        self._load(_fresh(worlds.load(world or self.ctx.world)))
        self.state.request()

    def _load(self, state: JsonDict) -> None:
        clock = Clock.load(state["clock"])
        self.ctx = Context(
            world=state["world"],
            clock=clock,
            switches=Switches.load(state.get("switches") or {}),
            faults=Faults.load(state.get("faults") or []),
            journal=Journal.load(int(state.get("journal_number") or 0), state.get("journal") or []),
            store=Store.load(state["store"]),
            directory=Directory.load(state["directory"]),
            base_url=self.base_url,
            save=self.state.request,
        )
        self.partner_center = PartnerCenter(self.ctx, Replies.load(state.get("replies") or []))
        self.desk = Desk(self.ctx, self.partner_center, self.reset)
        self._entra = Router(entra.routes(self.ctx.directory, self.ctx))

    def dump(self) -> JsonDict:
        """Describe everything for the state file."""
        ctx = self.ctx
        return {
            "world": ctx.world,
            "begun_as": self._begun_as,
            "clock": ctx.clock.dump(),
            "switches": ctx.switches.dump(),
            "faults": ctx.faults.dump(),
            "journal_number": ctx.journal.number,
            "journal": ctx.journal.dump(),
            "store": ctx.store.dump(),
            "directory": ctx.directory.dump(),
            "replies": self.partner_center.replies.dump(),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (or one lifespan)."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            path = tidy_path(scope["path"])
            if path == "/favicon.ico":  # a browser asks for it of itself, where a page of JSON is open
                path = "/_sandbox/icon.svg"
            if path.startswith("/_sandbox/entra"):
                scope["path"] = path
                await send_answer(await from_asgi(self._entra, scope, await read_body(receive) or b""), send)
            elif path == "/" or path.startswith("/_sandbox"):
                await send_answer(self.desk.answer(scope, path, await read_body(receive) or b""), send)
            else:
                await answer_request(self.ctx, scope, receive, send, self._act)

    async def _act(self, exchange: Exchange, scope: Scope) -> Answer:
        path = tidy_path(exchange.path)
        if path.lower() == "/v1" or path.lower().startswith("/v1/"):
            return self.partner_center.answer(exchange, path)
        scope["path"] = path
        return await from_asgi(self._entra, scope, exchange.body)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                self.state.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def create_app(world: Mapping[str, Any], state_file: Path | None = None, base_url: str | None = None) -> Sandbox:
    """Build the application for a world document (see `store` and `entra.directory` for its shape)."""
    return Sandbox(world, state_file, base_url)


def _fresh(world: Mapping[str, Any]) -> JsonDict:
    """Turn a world document into a state in which nothing has happened yet."""
    clock = Clock.starting_at(parse_moment(world["clock"]) if world.get("clock") else None)
    return {
        "world": world["name"],
        "clock": clock.dump(),
        "switches": world.get("switches"),
        "store": _copied(world),
        "directory": _copied(world["directory"]),
    }


def _copied(value: Any) -> Any:
    """Copy the containers of a document, so that a world loaded twice starts twice the same."""
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_copied(inner) for inner in value]
    return value
