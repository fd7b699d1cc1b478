"""The page that lists who and what is in a world, made from the world itself.

`python -m tenantry.sandbox.worlds.listing` prints it; with a path it writes it there
(docs/reference/sandbox-worlds.md).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tenantry.sandbox import worlds
from tenantry.sandbox.worlds import partner

JsonDict = dict[str, Any]


def render() -> str:
    """Return the page as Markdown."""
    world = worlds.load("small-msp")
    return "\n".join([*_intro(world), *_applications(world), *_tenants(world), *_companies(world)])


def _intro(world: JsonDict) -> list[str]:
    return [
        "# Worlds of the sandbox",
        "",
        "This page is generated (`python -m tenantry.sandbox.worlds.listing docs/reference/sandbox-worlds.md`).",
        "",
        "- `small-msp`: the world of the demo and of most tests, listed below.",
        "- `messy`: every odd shape that Microsoft's answers are known for.",
        "- `large:tenants=2000,subscriptions=40000,seed=7`: from a seed; the first company has sixty subscriptions.",
        "",
        f"The clock of `small-msp` starts at {world['clock']}. All companies and people are invented; the secrets",
        "below open nothing but a sandbox. The same data, with certificates, is at `GET /_sandbox/world`.",
        "",
    ]


def _applications(world: JsonDict) -> list[str]:
    rows = [
        (a["name"], a.get("purpose", ""), f"`{a['id']}`", f"`{a['secrets'][0]['value']}`")
        for a in world["directory"]["applications"]
    ]
    return [
        "## Applications",
        "",
        *_table(("name", "purpose", "client id", "secret"), rows),
        f"Refresh token of the Partner Center application: `{partner.REFRESH_TOKEN}`, and without multi-factor",
        f"authentication `{partner.REFRESH_TOKEN_WITHOUT_MFA}`, both of `{partner.CONSENT_ACCOUNT}`.",
        "",
        "Redirect addresses on 127.0.0.1 and localhost may have any port and path.",
        "",
    ]


def _tenants(world: JsonDict) -> list[str]:
    names = {tenant["id"]: tenant["name"] for tenant in world["directory"]["tenants"]}
    rows = [
        (names.get(p["tenant"], "personal accounts"), p["name"], f"`{p['key']}`", ", ".join(p["roles"]), p["hint"])
        for p in world["directory"]["people"]
    ]
    return [
        "## People",
        "",
        "The key is what the account page and `account=` take.",
        "",
        *_table(("tenant", "name", "key", "directory roles", "good for"), rows),
    ]


def _companies(world: JsonDict) -> list[str]:
    rows = []
    for customer in world["customers"]:
        subscriptions = world["subscriptions"][customer["id"]]
        states = Counter(str(body["status"]) for body in subscriptions)
        rows.append(
            (
                customer["companyProfile"]["companyName"],
                f"`{customer['id']}`",
                customer["billingProfile"]["defaultAddress"]["country"],
                str(len(subscriptions)),
                ", ".join(f"{count} {state}" for state, count in sorted(states.items())),
            )
        )
    return ["## Customers", "", *_table(("company", "tenant id", "country", "subscriptions", "of them"), rows)]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|").replace("<", "&lt;") for cell in r] for r in rows)]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]


def main(argv: Sequence[str]) -> int:
    """Print the page, or write it to the path that is given."""
    if argv:
        Path(argv[0]).write_text(render(), encoding="utf-8")
    else:
        sys.stdout.write(render())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
