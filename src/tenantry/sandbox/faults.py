"""Faults: what goes wrong on purpose, for which requests, how often."""

from __future__ import annotations

import asyncio
import fnmatch
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from tenantry.sandbox.journal import Exchange
from tenantry.sandbox.wire import JsonDict, read_number, read_whole

Number = TypeVar("Number", int, float)
_LOOK_AGAIN_SECONDS = 0.02


class FaultKind(StrEnum):
    """What a fault does; the values are what the control endpoint takes."""

    THROTTLE = "throttle"
    STATUS = "status"
    STATUS_AFTER = "status_after"
    SLOW = "slow"
    SLOW_AFTER = "slow_after"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    CUT_MIDWAY = "cut_midway"
    MALFORMED = "malformed"
    STALE = "stale"
    SEATS_CHANGED = "seats_changed"
    ACCEPT_AND_DROP = "accept_and_drop"
    CONFLICT = "conflict"
    MFA_MISSING = "mfa_missing"
    CONSENT_REVOKED = "consent_revoked"
    GDAP_MISSING = "gdap_missing"


MEANINGS: Mapping[FaultKind, str] = MappingProxyType(
    {
        FaultKind.THROTTLE: "429 with Retry-After (`retry_after` seconds); nothing is done",
        FaultKind.STATUS: "answers with `status`, with `code` as an error of Partner Center; nothing is done",
        FaultKind.STATUS_AFTER: "acts, then answers with `status`",
        FaultKind.SLOW: "waits `seconds`, or until the fault is removed, then acts and answers",
        FaultKind.SLOW_AFTER: "acts, then waits `seconds`, or until the fault is removed, before it answers",
        FaultKind.CUT_BEFORE: "cuts the line; nothing is done",
        FaultKind.CUT_AFTER: "acts, then cuts the line",
        FaultKind.CUT_MIDWAY: "acts, sends half of the answer, then cuts the line",
        FaultKind.MALFORMED: "acts, then answers with broken JSON",
        FaultKind.STALE: "a read of subscriptions shows the state before the last writes (`writes`)",
        FaultKind.SEATS_CHANGED: (
            "somebody else changes the seats (`delta` or `quantity`) before or after (`when`) a request about one "
            "subscription acts"
        ),
        FaultKind.ACCEPT_AND_DROP: "a PATCH of a subscription answers 202 and nothing ever happens",
        FaultKind.CONFLICT: "a PATCH of a subscription answers 409; nothing is done",
        FaultKind.MFA_MISSING: "a user's token counts as one without multi-factor authentication: 401, code 900421",
        FaultKind.CONSENT_REVOKED: (
            "the token endpoint refuses refresh tokens and client credentials (50173, 65001); until then Partner "
            "Center refuses the access tokens that are out, so that it shows at once (inferred)"
        ),
        FaultKind.GDAP_MISSING: "calls into the customer's directory answer 403, code 900308",
    }
)
STANDING = frozenset({FaultKind.MFA_MISSING, FaultKind.CONSENT_REVOKED, FaultKind.GDAP_MISSING})
"""Kinds that describe a state rather than a mishap: the page lets them last until they are removed."""


@dataclass(slots=True)
class Fault:
    """One fault with its conditions; `count` says how often it still strikes (None: for ever)."""

    id: str
    kind: FaultKind
    path: str = "*"  # a glob on the whole path (token endpoints too), or a regular expression after "re:"
    method: str = ""
    customer: str = ""
    count: int | None = None
    probability: float = 1.0
    seed: int = 0
    retry_after: int = 2
    status: int = 503
    code: int | None = None  # a Partner Center error code for `status`; without one the gateway's HTML is answered
    seconds: float = 5.0
    delta: int | None = None  # seats_changed: by how many, or …
    quantity: int | None = None  # … to how many
    when: str = "before"  # seats_changed: before or after the matching request acts
    writes: int = 1  # stale: how many writes back
    struck: int = 0
    _random: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        """Start the fault's own dice from its seed."""
        self._random = random.Random(self.seed)  # noqa: S311 (dice, no secret)

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as it may."""
        return self.count is not None and self.struck >= self.count

    def strikes(self, exchange: Exchange) -> bool:
        """Decide whether the fault hits this request, and count it if so."""
        if self.spent:
            return False
        if self.method and self.method.upper() != exchange.method:
            return False
        if self.customer and self.customer.casefold() != (exchange.customer_id or "").casefold():
            return False
        if not _path_matches(self.path, exchange.path):
            return False
        if self.probability < 1.0 and self._random.random() >= self.probability:
            return False
        self.struck += 1
        return True

    def as_json(self) -> JsonDict:
        """Describe the fault as the control endpoint answers it and the state file keeps it."""
        return {
            name: getattr(self, name)
            for name in (
                *("id", "kind", "path", "method", "customer", "count", "probability", "seed", "retry_after", "status"),
                *("code", "seconds", "delta", "quantity", "when", "writes", "struck"),
            )
        }


@dataclass(slots=True)
class Faults:
    """All faults that are switched on, in the order in which they were added."""

    active: list[Fault] = field(default_factory=list)
    _number: int = 0

    def add(self, spec: JsonDict) -> Fault:
        """Switch a fault on; ValueError names what is wrong with the description."""
        spec = dict(spec)
        spec.pop("id", None)
        struck = spec.pop("struck", 0)
        unknown = set(spec) - set(_FIELDS)
        if unknown:
            raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
        if "kind" not in spec:
            raise ValueError("a fault needs a kind")
        values = {name: _FIELDS[name](value) for name, value in spec.items() if value is not None}
        self._number += 1
        fault = Fault(id=f"f{self._number}", **values)
        if fault.when not in {"before", "after"}:
            raise ValueError("when is 'before' or 'after'")
        if not 0.0 <= fault.probability <= 1.0:
            raise ValueError("probability is between 0 and 1")
        if fault.path.startswith("re:"):
            try:
                re.compile(fault.path[3:])
            except re.error as problem:
                raise ValueError(f"path is no regular expression: {problem}") from problem
        fault.struck = struck
        self.active.append(fault)
        return fault

    def remove(self, fault_id: str) -> bool:
        """Switch one fault off; False if there is none with this id."""
        kept = [fault for fault in self.active if fault.id != fault_id]
        found = len(kept) != len(self.active)
        self.active = kept
        return found

    def clear(self) -> None:
        """Switch every fault off."""
        self.active.clear()

    def take(self, kind: FaultKind, exchange: Exchange, when: str | None = None) -> Fault | None:
        """Give the first fault of this kind that hits the request, counted and noted in the journal; usually None."""
        for fault in self.active:
            if fault.kind is kind and (when is None or fault.when == when) and fault.strikes(exchange):
                exchange.faults.append(f"{fault.id} {fault.kind.value}")
                return fault
        return None

    async def wait_for(self, fault: Fault) -> None:
        """Wait as long as a slow fault says; its removal ends the waiting, so that a test can say when it is enough."""
        end = time.monotonic() + fault.seconds
        while any(one is fault for one in self.active) and (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(left, _LOOK_AGAIN_SECONDS))

    def stands(self, kind: FaultKind) -> bool:
        """Tell whether a fault of this kind is still to strike, whatever its other conditions; nothing is counted."""
        return any(fault.kind is kind and not fault.spent for fault in self.active)

    def dump(self) -> list[JsonDict]:
        """Describe every fault for the state file."""
        return [fault.as_json() for fault in self.active]

    @classmethod
    def load(cls, state: list[JsonDict]) -> Faults:
        """Switch dumped faults on again, as often as they still may strike."""
        faults = cls()
        for spec in state:
            fault = faults.add(spec)
            fault.id = str(spec["id"])  # whoever switched it on knows it by this id
            faults._number = max(faults._number, int(fault.id[1:]))
        return faults


def _between(read_one: Callable[[Any], Number], smallest: int, largest: int) -> Callable[[Any], Number]:
    """Read a number that the server can do something with; ValueError otherwise."""

    def read(value: Any) -> Number:
        number = read_one(value)
        if not smallest <= number <= largest:
            raise ValueError(f"{value} is not between {smallest} and {largest}")
        return number

    return read


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "kind": FaultKind,
    "path": str,
    "method": str,
    "customer": str,
    "count": _between(read_whole, 1, 1_000_000),
    "probability": read_number,
    "seed": read_whole,
    "retry_after": _between(read_whole, 0, 86_400),
    "status": _between(read_whole, 400, 599),
    "code": read_whole,
    "seconds": _between(read_number, 0, 3_600),
    "delta": read_whole,
    "quantity": read_whole,
    "when": str,
    "writes": _between(read_whole, 1, 1_000),
}


def _path_matches(pattern: str, path: str) -> bool:
    if pattern.startswith("re:"):
        return re.search(pattern[3:], path, re.IGNORECASE) is not None
    return pattern == "*" or fnmatch.fnmatchcase(path.casefold(), pattern.casefold())
