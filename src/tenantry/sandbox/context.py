"""What every part of the sandbox shares while one world is loaded.

Everything runs on one event loop: code that changes the world does so between two awaits and needs no lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantry.sandbox.clock import Clock
from tenantry.sandbox.faults import Faults
from tenantry.sandbox.journal import Exchange, Journal
from tenantry.sandbox.store import Store
from tenantry.sandbox.switches import Switches

if TYPE_CHECKING:
    from starlette.requests import Request

    from tenantry.sandbox.entra.directory import Directory


def _nothing() -> None:
    return None


@dataclass(slots=True)
class Context:
    """The loaded world and its surroundings.

    `base_url` is fixed by the operator (`--public-url`) or None: then each request's own scheme and host count.
    `save` asks for the state file to be written soon; call it after every change.
    """

    world: str
    clock: Clock
    switches: Switches
    faults: Faults
    journal: Journal
    store: Store
    directory: Directory
    base_url: str | None = None
    save: Callable[[], None] = field(default=_nothing)

    def base_for(self, request: Request) -> str:
        """Give the sandbox's own address without a trailing slash, as this caller sees it."""
        return self.base_url or f"{request.url.scheme}://{request.url.netloc}"


def exchange_of(request: Request) -> Exchange:
    """Give the journal's entry of a request while it is being answered.

    Pass it to `Faults.take`, and note doubts and `acted` in it.
    """
    exchange = request.scope["exchange"]
    assert isinstance(exchange, Exchange)
    return exchange
