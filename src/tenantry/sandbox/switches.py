"""Switches: every behaviour of Microsoft that is unknown, second-hand or inferred, with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tenantry.sandbox.wire import JsonDict, read_number, read_whole

SwitchValue = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Switch:
    """One named behaviour: what it means, how we know, and what it may be set to."""

    name: str
    default: SwitchValue
    meaning: str
    source: str
    choices: tuple[str, ...] = ()
    is_date: bool = False

    def check(self, value: object) -> SwitchValue:
        """Accept a value of the default's type and among the choices; ValueError otherwise."""
        if self.is_date:
            return date.fromisoformat(str(value)).isoformat()
        if isinstance(self.default, bool):
            if isinstance(value, bool):
                return value
            if isinstance(value, str) and value.lower() in {"true", "false", "on", "off"}:
                return value.lower() in {"true", "on"}
        elif isinstance(self.default, int | float):
            try:
                number = read_whole(value) if isinstance(self.default, int) else read_number(value)
            except ValueError:
                number = -1
            if 0 <= number <= _LARGEST and (not self.choices or str(number) in self.choices):
                return number
        elif isinstance(value, str) and (not self.choices or value in self.choices):
            return value
        allowed = ", ".join(self.choices) or _WORDS[type(self.default)]
        raise ValueError(f"{self.name}: {value!r} is not one of: {allowed}")


_LARGEST = 10_000_000
_WORDS = {bool: "true, false", int: f"0 to {_LARGEST}", float: f"0 to {_LARGEST}", str: "a text"}
INFERRED = "inferred: neither documented nor observed (read 2026-11)"
SECOND_HAND = "second-hand: distributors and client authors (read 2026-11)"
OBSERVED_2019 = "observed in recordings of January 2019"

ALL_SWITCHES: tuple[Switch, ...] = (
    Switch("strict", False, "Refuse (400, 800002) what would otherwise only be noted as a doubt.", "a wish of testers"),
    Switch("bom", True, "Start every JSON body of Partner Center with a UTF-8 byte order mark.", OBSERVED_2019),
    Switch(
        "error_code_type",
        "number",
        "How the code is written in error bodies.",
        "documented as string, shown as number",
        ("number", "string"),
    ),
    Switch(
        "mfa_enforced", True, "Refuse app+user calls whose token lacks the MFA claim.", "documented: since 2026-04-01"
    ),
    Switch("lot_order", "newest", "Which lot a reduction consumes first.", INFERRED, ("newest", "oldest")),
    Switch(
        "seats_down_code", 800090, "Code for a reduction beyond what is refundable while something still is.", INFERRED
    ),
    Switch(
        "seats_down_closed_code",
        800090,
        "Code for a reduction when every window has passed (800090, 900214, 900257).",
        INFERRED,
    ),
    Switch("seats_up_code", 2002, "Code for more seats than the SKU allows (2002 or 800067).", "documented: both"),
    Switch(
        "cancel_closed_code", 900213, "Code for a cancellation after the window (900213 hours, 900117 days).", INFERRED
    ),
    Switch("return_window_hours", 168, "Length of the return window of a lot.", "documented: 7 times 24 hours"),
    Switch(
        "patch_status",
        200,
        "What a successful PATCH of a subscription answers: 200 or 202.",
        "documented: both",
        ("200", "202"),
    ),
    Switch("patch_202_body", False, "Whether an answer of 202 carries the resource.", "one documented example does"),
    Switch("patch_202_seconds", 2.0, "Real seconds until a change answered with 202 shows.", INFERRED),
    Switch("patch_202_looks", 0, "Reads of the subscription that still show the old state after a 202.", INFERRED),
    Switch(
        "software_seats_up",
        "refuse",
        "More seats of a software subscription by PATCH (800095 where refused); perpetual software never takes them.",
        INFERRED,
        ("refuse", "allow"),
    ),
    Switch(
        "schedule_without_auto_renew",
        "refuse",
        "Next-term instructions in a body with auto-renew off.",
        INFERRED,
        ("refuse", "drop"),
    ),
    Switch(
        "schedule_in_quantity_patch",
        "drop",
        "Fate of a schedule sent together with a new quantity.",
        INFERRED,
        ("drop", "keep"),
    ),
    Switch(
        "schedule_type_key",
        "scheduleType",
        "How scheduled actions name their type in answers.",
        "two clients disagree",
        ("scheduleType", "scheduledType"),
    ),
    Switch(
        "end_without_choice",
        "extended",
        "What auto-renew off without an explicit choice leads to at term end.",
        SECOND_HAND,
        ("extended", "expired"),
    ),
    Switch(
        "extended_since",
        "2026-05-04",
        "First day on which a term may end in an extended term.",
        SECOND_HAND,
        is_date=True,
    ),
    Switch(
        "extended_bought_since",
        "2025-04-01",
        "Terms begun before this day expire where no choice was made.",
        SECOND_HAND,
        is_date=True,
    ),
    Switch("extended_percent", 3, "Surcharge in the extended term where the product has a monthly plan.", SECOND_HAND),
    Switch("extended_percent_no_monthly", 23, "Surcharge in the extended term without a monthly plan.", SECOND_HAND),
    Switch("extended_quantity", "refuse", "A new quantity during the extended term.", INFERRED, ("refuse", "allow")),
    Switch(
        "extended_renew",
        "month_end",
        "When auto-renew on during the extended term starts the new term.",
        INFERRED,
        ("month_end", "now"),
    ),
    Switch(
        "extended_shown",
        "scheduled_action",
        "How a subscription in the extended term looks on the wire.",
        INFERRED,
        ("scheduled_action", "monthly_term"),
    ),
    Switch(
        "renewal_seconds",
        3600,
        "Commerce seconds that a renewal stays queued after the term's end.",
        "documented: up to 24 hours",
    ),
    Switch(
        "expiring_seconds",
        0,
        "Commerce seconds that a subscription is being expired after its term (900277).",
        INFERRED,
    ),
    Switch(
        "renewal_conflict_code",
        800082,
        "Code of the 409 while a renewal is queued.",
        "documented status, inferred code",
    ),
    Switch("renewal_readonly_code", 900280, "Code for read-only fields while a renewal is queued.", INFERRED),
    Switch("update_limit", 1200, "Updates that one subscription takes in its life.", "documented"),
    Switch("audit_lag_seconds", 0.0, "Real seconds until an audit record can be read.", INFERRED),
    Switch(
        "audit_echo_correlation",
        True,
        "Whether originalCorrelationId repeats the request's MS-CorrelationId.",
        INFERRED,
    ),
    Switch(
        "audit_failed", False, "Whether refused writes leave an audit record with operationStatus failed.", INFERRED
    ),
    Switch("audit_system_changes", True, "Whether renewals and term ends leave audit records.", INFERRED),
    Switch("audit_page_size", 500, "Audit records per page where the caller names no size.", INFERRED),
    Switch("customers_page_size", 0, "Customers per page where the caller names no size (0: all).", INFERRED),
    Switch(
        "orders_lag_seconds", 0.0, "Real seconds until a new order shows in the list.", "documented: up to 15 minutes"
    ),
    Switch("throttle", True, "Answer 429 above the limits below.", "documented"),
    Switch("throttle_partner_per_minute", 500, "Calls per minute and partner.", "documented number, inferred bucket"),
    Switch(
        "throttle_customer_per_minute",
        500,
        "Calls per minute, partner and customer.",
        "documented number, inferred bucket",
    ),
    Switch(
        "integration_sandbox",
        False,
        "Keep the limits of Microsoft's integration sandbox (25 seats, deletable customers).",
        "documented",
    ),
)


@dataclass(slots=True)
class Switches:
    """The switches as they are set now."""

    values: dict[str, SwitchValue] = field(default_factory=dict)

    @classmethod
    def load(cls, settings: Mapping[str, object]) -> Switches:
        """Set what differs from the defaults; ValueError for an unknown name or a wrong value."""
        switches = cls()
        switches.update(settings)
        return switches

    def update(self, settings: Mapping[str, object]) -> None:
        """Set some switches, all or none; ValueError for an unknown name or a wrong value."""
        known = {switch.name: switch for switch in ALL_SWITCHES}
        unknown = set(settings) - set(known)
        if unknown:
            raise ValueError(f"unknown switches: {', '.join(sorted(unknown))}")
        self.values.update({name: known[name].check(value) for name, value in settings.items()})

    def on(self, name: str) -> bool:
        """Tell whether a yes/no switch is on."""
        return bool(self._value(name))

    def number(self, name: str) -> float:
        """Give a switch that is a number."""
        return float(self._value(name))

    def whole(self, name: str) -> int:
        """Give a switch that is a whole number."""
        return int(self._value(name))

    def text(self, name: str) -> str:
        """Give a switch that is a word."""
        return str(self._value(name))

    def _value(self, name: str) -> SwitchValue:
        return self.values[name] if name in self.values else _DEFAULTS[name]

    def describe(self) -> list[JsonDict]:
        """List every switch with its value, default, meaning and source."""
        return [
            {
                "name": switch.name,
                "value": self._value(switch.name),
                "default": switch.default,
                "choices": list(switch.choices),
                "meaning": switch.meaning,
                "source": switch.source,
            }
            for switch in ALL_SWITCHES
        ]

    def dump(self) -> dict[str, SwitchValue]:
        """Describe what was set, for the state file."""
        return dict(self.values)


_DEFAULTS = {switch.name: switch.default for switch in ALL_SWITCHES}
