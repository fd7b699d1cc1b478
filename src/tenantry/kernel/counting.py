"""How many rows of a list there are of each kind."""

from collections.abc import Mapping
from typing import TypeVar

from django.db.models import Count, Model, Q, QuerySet

# Beyond this many rows nobody waits for a number: logs may have millions.
COUNTED = 10_000

Row = TypeVar("Row", bound=Model)


def count_kinds(found: QuerySet[Row], kinds: Mapping[str, Q]) -> dict[str, int]:
    """Count the rows of each kind and, under "", all of them, in one query; nothing where they are beyond `COUNTED`."""
    which = {f"kind_{number}": Count("pk", filter=kind) for number, kind in enumerate(kinds.values())}
    counts = found.order_by()[: COUNTED + 1].aggregate(total=Count("pk"), **which)
    if counts["total"] > COUNTED:
        return {}
    return {"": counts["total"]} | {name: counts[key] for name, key in zip(kinds, which, strict=True)}
