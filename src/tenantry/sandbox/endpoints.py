"""The table of what the sandbox models, made from the tables that it runs on.

`python -m tenantry.sandbox.endpoints` prints the page; with a path it writes it there (docs/reference/sandbox.md).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tenantry.sandbox.entra.addresses import ADDRESSES, KNOBS
from tenantry.sandbox.faults import MEANINGS, FaultKind
from tenantry.sandbox.journal import READS_KEPT, WRITES_IN_STATE, WRITES_KEPT
from tenantry.sandbox.partner_center.endpoints import ENDPOINTS
from tenantry.sandbox.switches import ALL_SWITCHES

CHECKED = "no"  # nothing has been compared with the real service so far

CONTROL: tuple[tuple[str, str, str], ...] = (
    ("GET", "/", "The page for people: clock, faults, switches, journal, world."),
    ("GET", "/_sandbox/clock", "Time of commerce and what is due next."),
    ("POST", "/_sandbox/clock", "`set`, `advance`, `advance_to` (next_event) or `freeze`; what is due happens."),
    ("GET", "/_sandbox/faults", "Faults that are switched on."),
    ("POST", "/_sandbox/faults", "Switch one on: `kind` and its conditions."),
    ("DELETE", "/_sandbox/faults", "Switch all off, or one by its id in the path."),
    (
        "GET",
        "/_sandbox/journal",
        "Requests and answers; `since`, `path`, `customer`, `method`, `limit`. "
        f"Kept are the last {READS_KEPT:,} reads and {WRITES_KEPT:,} writes, over a restart {WRITES_IN_STATE} writes.",
    ),
    ("DELETE", "/_sandbox/journal", "Empty the journal."),
    ("POST", "/_sandbox/reset", "Start the world over, or another `world`."),
    ("GET", "/_sandbox/world", "Addresses, tenants, people, applications with secrets, customers."),
    ("GET", "/_sandbox/switches", "Every doubtful behaviour with its value, meaning and source."),
    ("PUT", "/_sandbox/switches", "Set some of them (POST and PATCH do the same)."),
    ("POST", "/_sandbox/applications", "Upload a certificate, as the page does: `application` (id) and `pem`."),
    ("POST", "/_sandbox/change", "Change a customer, its licences or a subscription, or add an audit record."),
    ("GET", "/_sandbox/style.css", "Style of the page."),
    ("GET", "/_sandbox/icon.svg", "Icon of the pages."),
)  # fmt: skip

# What the reference describes and the sandbox does not know; it answers 404 (code 1000) there.
NOT_MODELLED: tuple[tuple[str, str], ...] = (
    ("/generatetoken and /v3/generatetoken, which exchanged tokens long ago", "1"),
    ("/v1/partnerRequests, the list of calls without multi-factor authentication", "2.1"),
    ("/v1/agreementtemplates/{template}/document", "4.3"),
    ("GET, POST /v1/customers/{customer}/subscriptions/{subscription}/transitions and eligibilities", "4.6"),
    ("GET, POST /v1/customers/{customer}/subscriptions/{subscription}/conversions", "4.7"),
    ("/v1/customers/{customer}/carts and checkout", "4.10"),
    ("POST, PATCH /v1/customers/{customer}/orders, and attachments", "4.11"),
    ("/v1/offers, /v1/offercategories, inventory check", "4.12"),
    ("/v1/productpromotions, promotionEligibilities", "4.13"),
    ("/v1/customers/{customer}/users and licence updates", "4.14"),
    ("Azure: entitlements, usage, budgets, utilization, rate cards, overage, reservations, product upgrades", "4.15"),
    ("/v1/customers/{customer}/applicationconsents", "4.16"),
    ("Invoices and reconciliation", "4.17, 4.18"),
    ("Microsoft Graph: billing export, delegated admin relationships, subscribedSkus", "2.5, 4.14, 4.19"),
    ("Price sheets and offer matrix", "4.20"),
    ("Self-serve policies, migrations, transfers, country validation rules, POST of qualifications", "4.22, 4.23"),
    ("Webhooks", "10"),
)


def render() -> str:
    """Return the page as Markdown."""
    return "\n".join([*_intro(), *_partner_center(), *_entra(), *_control(), *_switches(), *_faults()])


def _intro() -> list[str]:
    return [
        "# What the sandbox models",
        "",
        "This page is generated (`python -m tenantry.sandbox.endpoints docs/reference/sandbox.md`); do not edit it.",
        "",
        "The sandbox was written from Microsoft's public material as read in November 2026. The column *source* names",
        "the section of the notes it was built from. **No endpoint has been compared with the real service**; the",
        "column *checked* says so for each, and will say otherwise only after such a comparison. What the sources",
        "leave open is a switch (below). The sandbox proves nothing about Microsoft beyond this.",
        "",
        "One port serves everything: Microsoft Entra (`/{tenant}/…`), Partner Center (`/v1/…`), the control endpoints",
        "(`/_sandbox/…`) and a page for people (`/`). People, ids and secrets: [worlds](sandbox-worlds.md).",
        "",
        "`make demo` starts one. For a client of your own it runs alone, without a database server:",
        "",
        "```",
        "pip install '.[sandbox]'         # in the project; Python 3.11 or newer",
        "tenantry sandbox --port 8001 --world small-msp --state sandbox.json",
        "```",
        "",
        "Point the client's login address and its Partner Center address at `http://127.0.0.1:8001`;",
        "`/_sandbox/world` has an application with id, secret and refresh token. With `--state` the next start goes on",
        "where it was, without it every start begins anew.",
        "",
    ]


def _partner_center() -> list[str]:
    rows = [
        (
            endpoint.method,
            f"`/v1{endpoint.path}`",
            _words(endpoint.handler),
            "yes" if endpoint.app_only else "no",
            endpoint.source,
            CHECKED,
            endpoint.note,
        )
        for endpoint in ENDPOINTS
    ]
    head = ("method", "path", "what it does", "app-only token", "source", "checked", "note")
    return [
        "## Partner Center",
        "",
        *_table(head, rows),
        "### Not modelled",
        "",
        *_table(("what", "source"), NOT_MODELLED),
    ]


def _entra() -> list[str]:
    rows = [(", ".join(a.methods), f"`{a.path}`", _words(a.handler), a.source, CHECKED, a.note) for a in ADDRESSES]
    return [
        "## Microsoft Entra",
        "",
        "`{tenant}` is a tenant id, a verified domain, `common`, `organizations` or `consumers`. Scripts pick an",
        "account by posting the form of its page to the authorize address: `account=KEY&mfa=yes&consent=accept`.",
        "",
        *_table(("method", "path", "what it does", "source", "checked", "note"), rows),
        "### Knobs of the directory (no part of Microsoft's service)",
        "",
        *_table(("method", "path", "what it does"), [(k.method, f"`{k.path}`", _words(k.action)) for k in KNOBS]),
    ]


def _control() -> list[str]:
    return [
        "## Control endpoints (no part of Microsoft's service)",
        "",
        *_table(("method", "path", "what it does"), [(m, f"`{path}`", what) for m, path, what in CONTROL]),
    ]


def _switches() -> list[str]:
    rows = [(f"`{s.name}`", f"`{s.default}`", s.meaning, s.source) for s in ALL_SWITCHES]
    return [
        "## Switches",
        "",
        "What is unknown, second-hand or inferred about the real service, and how the sandbox behaves by default.",
        "",
        *_table(("switch", "default", "meaning", "how we know"), rows),
    ]


def _faults() -> list[str]:
    fields = (
        "`path` (a glob, or a regular expression after `re:`), `method`, `customer`, `count` (without one until it is "
        "removed), `probability` with `seed`"
    )
    return [
        "## Kinds of faults",
        "",
        f"Every fault takes {fields}.",
        "",
        *_table(("kind", "what it does"), [(f"`{kind.value}`", MEANINGS[kind]) for kind in FaultKind]),
    ]


def _words(thing: Callable[..., object]) -> str:
    """Return the first sentence of what a handler says of itself."""
    return (thing.__doc__ or "").strip().split("\n")[0].rstrip(".").replace("|", "\\|")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
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
