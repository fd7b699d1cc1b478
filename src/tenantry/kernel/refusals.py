"""Refusals: a "no" is a value with a reason, a rule, and a next step.

The kernel carries keys and facts only. The room that refuses owns the sentences, because they are translated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

FactValue = str | int | datetime
Facts = Mapping[str, FactValue]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Say why something cannot be done, and what can be done instead.

    ``reason`` and ``next_step`` are keys of the texts of the room that refuses; ``rule`` names the rule that decided
    (or the check, outside of licensing). Facts hold numbers, aware UTC instants and ids, never sentences.
    """

    reason: str
    rule: str
    next_step: str
    facts: Facts = field(default_factory=dict)
    next_step_facts: Facts = field(default_factory=dict)


def facts_to_json(facts: Facts) -> dict[str, object]:
    """Write facts as JSON values; instants become ``{"instant": "2026-11-29T13:05:00+00:00"}``."""
    return {
        name: {"instant": value.astimezone(UTC).isoformat()} if isinstance(value, datetime) else value
        for name, value in facts.items()
    }


def facts_from_json(data: Mapping[str, object]) -> dict[str, FactValue]:
    """Read facts back.

    Errors: ValueError for a value that `facts_to_json` cannot have written.
    """
    facts: dict[str, FactValue] = {}
    for name, value in data.items():
        match value:
            case {"instant": str(text)}:
                facts[name] = datetime.fromisoformat(text)
            case str() | int():
                facts[name] = value
            case _:
                raise ValueError(f"{name} is not a fact: {value!r}")
    return facts


def refusal_to_json(refusal: Refusal) -> dict[str, object]:
    """Write a refusal as JSON values, to be stored with what was refused."""
    return {
        "reason": refusal.reason,
        "rule": refusal.rule,
        "next_step": refusal.next_step,
        "facts": facts_to_json(refusal.facts),
        "next_step_facts": facts_to_json(refusal.next_step_facts),
    }


def refusal_from_json(data: Mapping[str, object]) -> Refusal:
    """Read a refusal back.

    Errors: KeyError when a part is missing, ValueError when a part has another shape.
    """
    facts, next_step_facts = data["facts"], data["next_step_facts"]
    if not isinstance(facts, Mapping) or not isinstance(next_step_facts, Mapping):
        raise ValueError("the facts of a refusal are objects")
    return Refusal(
        reason=str(data["reason"]),
        rule=str(data["rule"]),
        next_step=str(data["next_step"]),
        facts=facts_from_json(facts),
        next_step_facts=facts_from_json(next_step_facts),
    )
