"""Worlds: who the customers are and what they have when the rehearsal begins.

Every world is built from readable Python data, the same each time; `large` grows from a seed.
"""

from __future__ import annotations

from typing import Any

from tenantry.sandbox.worlds import large, messy, small_msp

NAMES = ("small-msp", "messy", "large")
_LARGE = {"tenants": 2000, "subscriptions": 40_000, "seed": 7}


def load(spec: str) -> dict[str, Any]:
    """Build the world document that a specification names; ValueError names what is wrong with it.

    `small-msp`, `messy`, or `large`, which takes `tenants`, `subscriptions` and `seed`:
    `large:tenants=2000,subscriptions=40000,seed=7`. The document's name is the whole specification.
    """
    name, _, options = spec.partition(":")
    if name == "large":
        return large.build(spec, **(_LARGE | _numbers(options)))
    if options:
        raise ValueError(f"the world {name!r} takes no options")
    if name == "small-msp":
        return small_msp.build()
    if name == "messy":
        return messy.build()
    raise ValueError(f"there is no world {name!r}: choose one of {', '.join(NAMES)}")


def _numbers(options: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in filter(None, options.split(",")):
        key, _, value = part.partition("=")
        if key not in _LARGE or not (value.isascii() and value.isdecimal()):
            raise ValueError(f"{part!r} is not one of tenants=N, subscriptions=N, seed=N")
        found[key] = int(value)
    return found
