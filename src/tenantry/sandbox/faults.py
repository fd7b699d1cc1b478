"""Faults: what goes wrong on purpose, for which requests, how often."""

from __future__ import annotations

import fnmatch
import random
import re
from dataclasses import dataclass, field
from enum import StrEnum

from tenantry.sandbox.journal import Exchange
from tenantry.sandbox.wire import JsonDict


class FaultKind(StrEnum):
    """What a fault does; the values are what the control endpoint takes."""

    THROTTLE = "throttle"  # 429 with Retry-After, nothing is done
    STATUS = "status"  # a status of one's choice, nothing is done
    STATUS_AFTER = "status_after"  # acts, then answers with a status of one's choice
    SLOW = "slow"  # waits before acting
    SLOW_AFTER = "slow_after"  # acts, then waits before answering
    CUT_BEFORE = "cut_before"  # cuts the line, nothing is done
    CUT_AFTER = "cut_after"  # acts, then cuts the line
    CUT_MIDWAY = "cut_midway"  # acts, sends half of the answer, then cuts the line
    MALFORMED = "malformed"  # acts, answers with broken JSON
    STALE = "stale"  # reads of subscriptions answer with the state before the last write(s)
    SEATS_CHANGED = "seats_changed"  # somebody else changes the quantity before or after the request
    ACCEPT_AND_DROP = "accept_and_drop"  # a PATCH answers 202 and nothing ever happens
    CONFLICT = "conflict"  # a PATCH answers 409, nothing is done
    MFA_MISSING = "mfa_missing"  # the token counts as one without MFA
    CONSENT_REVOKED = "consent_revoked"  # token endpoint: the grant is gone
    GDAP_MISSING = "gdap_missing"  # calls into the customer's directory are refused


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

    def strikes(self, exchange: Exchange) -> bool:
        """Decide whether the fault hits this request, and count it if so."""
        if self.count is not None and self.struck >= self.count:
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

    def dump(self) -> list[JsonDict]:
        """Describe every fault for the state file."""
        return [fault.as_json() for fault in self.active]

    @classmethod
    def load(cls, state: list[JsonDict]) -> Faults:
        """Switch dumped faults on again, as often as they still may strike."""
        faults = cls()
        for spec in state:
            faults.add(spec)
        return faults


_FIELDS = {
    "kind": FaultKind,
    "path": str,
    "method": str,
    "customer": str,
    "count": int,
    "probability": float,
    "seed": int,
    "retry_after": int,
    "status": int,
    "code": int,
    "seconds": float,
    "delta": int,
    "quantity": int,
    "when": str,
    "writes": int,
}


def _path_matches(pattern: str, path: str) -> bool:
    if pattern.startswith("re:"):
        return re.search(pattern[3:], path, re.IGNORECASE) is not None
    return pattern == "*" or fnmatch.fnmatchcase(path.casefold(), pattern.casefold())
