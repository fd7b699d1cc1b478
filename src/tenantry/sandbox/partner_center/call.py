"""One call of the Partner Center API while it is being answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tenantry.sandbox.answer import Answer
from tenantry.sandbox.context import Context
from tenantry.sandbox.entra.tokens import Bearer
from tenantry.sandbox.faults import FaultKind
from tenantry.sandbox.journal import Exchange
from tenantry.sandbox.partner_center.errors import RefusalError
from tenantry.sandbox.partner_center.lifecycle import Timetable
from tenantry.sandbox.store import Subscription
from tenantry.sandbox.wire import JsonDict, decode

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
DIRECTORY_READERS = frozenset({"Directory Readers", "Global Reader"})


@dataclass(slots=True)
class Call:
    """What a handler gets: the world, the caller, and the request in pieces.

    `params` are the ids of the path; `query` has lower-case names; `now` is the time of commerce.
    """

    ctx: Context
    timetable: Timetable
    exchange: Exchange
    bearer: Bearer
    params: dict[str, str]
    query: dict[str, str]
    now: datetime
    _customer: JsonDict | None = field(default=None)

    def doubt(self, text: str) -> None:
        """Note what the real service may treat differently; refused where the switch `strict` is on."""
        self.exchange.doubt(text)
        if self.ctx.switches.on("strict"):
            raise RefusalError(800002, description=f"Invalid request input: {text}")

    def customer(self) -> JsonDict:
        """Give the customer of the path; 20002 where the partner has no relation with it."""
        if self._customer is None:
            wanted = self.params["customer"]
            if not _GUID.fullmatch(wanted):
                raise RefusalError(900118)
            found = self.ctx.store.customers.get(wanted.lower())
            if found is None or found.get("relationshipToPartner") != "reseller":
                raise RefusalError(20002, self.ctx.store.partner["tenant_id"], wanted)
            self._customer = found
        return self._customer

    def subscription(self) -> Subscription:
        """Give the subscription of the path; 20003 where the customer has none with this id."""
        customer = self.customer()
        wanted = self.params["subscription"]
        found = self.ctx.store.subscriptions.get(str(customer["id"]).lower(), {}).get(wanted.lower())
        if found is None:
            raise RefusalError(20003, wanted)
        self.exchange.subscription_id = found.id
        return found

    def need_directory_role(self, roles: frozenset[str]) -> None:
        """Refuse (900308, 900309) where the partner holds none of these roles in the customer's directory."""
        hidden = hidden_of(self.customer())
        if hidden.get("conditional_access"):
            raise RefusalError(900309)
        held = hidden.get("gdap_roles")
        missing = held is not None and not roles.intersection(held)
        if missing or self.ctx.faults.take(FaultKind.GDAP_MISSING, self.exchange):
            raise RefusalError(900308)

    def sees_directory(self, roles: frozenset[str]) -> bool:
        """Tell whether the partner holds one of these roles in the customer's directory."""
        held = hidden_of(self.customer()).get("gdap_roles")
        return held is None or bool(roles.intersection(held))

    def json_object(self) -> JsonDict:
        """Read the body as a JSON object; 800002 otherwise."""
        try:
            value = decode(self.exchange.body.decode("utf-8-sig"))
        except ValueError:
            raise RefusalError(800002, description="Invalid request input: the body is not JSON.") from None
        if not isinstance(value, dict):
            raise RefusalError(800002, description="Invalid request input: the body is not a JSON object.")
        return value


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of the API: `source` is the section of the reference, `app_only` whether tokens without a user work."""

    method: str
    path: str
    handler: Handler
    source: str
    app_only: bool = True
    throttled: bool = True
    note: str = ""


def hidden_of(record: Mapping[str, Any]) -> JsonDict:
    """Give what the wire does not show about a record."""
    hidden = record.get("_sandbox")
    return hidden if isinstance(hidden, dict) else {}


def shown(record: Mapping[str, Any]) -> JsonDict:
    """Give what the wire shows of a record: without nulls and without our private part."""
    return {key: value for key, value in record.items() if key != "_sandbox" and value is not None}


def collection(items: list[JsonDict], self_uri: str | None = None, **more: Any) -> JsonDict:
    """Write a collection; `totalCount` is the count of this page, as the documented examples have it."""
    body: JsonDict = {"totalCount": len(items), "items": items}
    links = dict(more.pop("links", {}))
    if self_uri is not None:
        links = {"self": {"uri": self_uri, "method": "GET", "headers": []}, **links}
    if links:
        body["links"] = links
    return {**body, **more, "attributes": {"objectType": "Collection"}}
