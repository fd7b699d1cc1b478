"""World `large`: any number of tenants and subscriptions, grown from a seed, the same each time.

The first company always has sixty subscriptions (or all there are), so that pages can be measured with the same
company among few and among many.
"""

from __future__ import annotations

import random
from typing import Any

from tenantry.sandbox.worlds.build import World
from tenantry.sandbox.worlds.catalogue import ITEMS, MONTH, YEAR, YEAR_MONTHLY
from tenantry.sandbox.worlds.partner import new_world
from tenantry.sandbox.worlds.resources import action, at, next_quantity

CLOCK = "2026-11-22T09:30:00Z"
FIRST_COMPANY = 60
_LIMIT = 200_000

_FIRST = (
    *("Amber", "Birch", "Cobalt", "Delta", "Ember", "Falcon", "Granite", "Harbour", "Indigo", "Juniper", "Kingfisher"),
    *("Larch", "Marble", "Nordic", "Orchard", "Pine", "Quartz", "River", "Silver", "Tundra", "Umber", "Valley"),
    *("Willow", "Yarrow", "Zephyr"),
)
_SECOND = (
    *("Bakery", "Builders", "Clinic", "Consulting", "Dental", "Design", "Energy", "Farms", "Foods", "Freight"),
    *("Gardens", "Holdings", "Hotels", "Insurance", "Legal", "Logistics", "Media", "Motors", "Partners", "Robotics"),
    *("School", "Systems", "Textiles", "Tools", "Travel"),
)
_PLACES = (
    *(("DE", "Bremen", "GmbH"), ("GB", "Leeds", "Ltd"), ("FR", "Lyon", "SARL"), ("NL", "Utrecht", "B.V.")),
    *(("US", "Denver, CO", "Inc."), ("SE", "Malmö", "AB"), ("ES", "Bilbao", "S.L."), ("PL", "Gdańsk", "Sp. z o.o.")),
)
_SEATS = tuple(
    key
    for key, item in ITEMS.items()
    if item.product_type == "OnlineServicesNCE" and not item.is_trial and item.has_monthly_plan
)
_PLANS = (YEAR_MONTHLY, YEAR_MONTHLY, YEAR_MONTHLY, YEAR, MONTH)


def build(name: str, tenants: int, subscriptions: int, seed: int) -> dict[str, Any]:
    """Return the world document; ValueError for numbers that make no world."""
    if not 1 <= tenants <= _LIMIT or not 0 <= subscriptions <= _LIMIT:
        raise ValueError(f"tenants have to be 1 to {_LIMIT}, subscriptions 0 to {_LIMIT}")
    dice = random.Random(seed)  # noqa: S311 (a world, no secret)
    world = new_world(name, at(CLOCK))
    for number, amount in enumerate(_shares(dice, tenants, subscriptions)):
        _add_company(world, dice, number, amount)
    return world.document()


def _shares(dice: random.Random, tenants: int, subscriptions: int) -> list[int]:
    """Deal the subscriptions out: sixty for the first company, the rest unevenly among the others."""
    first = subscriptions if tenants == 1 else min(FIRST_COMPANY, subscriptions)
    shares = [first] + [0] * (tenants - 1)
    weights = [dice.choice((1, 1, 2, 2, 3, 5)) for _ in range(tenants - 1)]
    for place in dice.choices(range(1, tenants), weights, k=subscriptions - first) if tenants > 1 else ():
        shares[place] += 1
    return shares


def _add_company(world: World, dice: random.Random, number: int, amount: int) -> None:
    country, city, form = _PLACES[number % len(_PLACES)]
    words = (_FIRST[number % len(_FIRST)], _SECOND[number // len(_FIRST) % len(_SECOND)])
    series = number // (len(_FIRST) * len(_SECOND))
    name = " ".join((*words, *([str(series + 1)] if series else []), form))
    slug = f"t{number:06}"
    company = world.company(slug, name, country, city, f"{slug}.example", directory_access=dice.random() > 0.05)
    company.person("Alex Admin", "Global Administrator", hint="Admin")
    for _ in range(amount):
        key, plan = dice.choice(_SEATS), dice.choice(_PLANS)
        seats = min(dice.choice((1, 3, 5, 8, 12, 20, 35, 60, 120)) + dice.randrange(5), ITEMS[key].maximum)
        month, day = dice.randrange(1, 13), dice.randrange(1, 29)
        year = 2025 if (month, day) > (11, 22) else dice.choice((2024, 2025, 2026))
        changes: dict[str, Any] = {}
        mood = dice.random()
        if mood < 0.05:
            changes["autoRenewEnabled"] = False
        elif mood < 0.09:
            changes["scheduledActions"] = action("RenewToNewTerm", next_quantity(key, max(1, seats - 1), plan))
        elif mood < 0.11:
            changes["status"] = "suspended"
        company.nce(key, seats, f"{year}-{month:02}-{day:02}T{dice.randrange(24):02}:15:00Z", plan, **changes)
