"""The chips over a list: each shows a part of it and says how long that part is."""

from collections.abc import Mapping
from dataclasses import dataclass

from tenantry.web.ui.components.data import Params, address_with


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of a list; without a count where nobody counts. ``removes`` marks a filter that a click takes away."""

    label: str
    url: str
    chosen: bool = False
    count: int | None = None
    removes: bool = False


def chips(
    params: Params,
    name: str,
    labels: Mapping[str, str],
    chosen: str,
    counts: Mapping[str, int],
    also_dropped: tuple[str, ...] = (),
) -> list[Chip]:
    """Make the chips that set ``name`` in the address; ``labels`` has the value and the word of each, the whole first.

    A part that would show nothing is left out unless it is chosen, and a whole that has no parts needs no chip. A part
    that ``counts`` does not know stands without a number. Page and ``also_dropped`` leave the address with each change.
    """
    whole = next(iter(labels))
    dropped = dict.fromkeys(("page", *also_dropped))
    made = [
        Chip(word, address_with(params, **dropped, **{name: value or None}), value == chosen, counts.get(value))
        for value, word in labels.items()
        if value in (whole, chosen) or counts.get(value) != 0
    ]
    return made if len(made) > 1 else []
