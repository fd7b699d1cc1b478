"""The documentation of the sandbox is what the sandbox is."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from tenantry.sandbox import endpoints, worlds
from tenantry.sandbox.app import create_app
from tenantry.sandbox.control import desk
from tenantry.sandbox.entra import routes
from tenantry.sandbox.partner_center.endpoints import ENDPOINTS
from tenantry.sandbox.switches import ALL_SWITCHES
from tenantry.sandbox.worlds import listing

DOCS = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize(
    ("name", "page", "command"),
    [
        ("sandbox.md", endpoints.render(), "tenantry.sandbox.endpoints"),
        ("sandbox-worlds.md", listing.render(), "tenantry.sandbox.worlds.listing"),
    ],
)
def test_the_committed_page_is_current(name: str, page: str, command: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == page, f"run: python -m {command} docs/reference/{name}"


def test_every_route_of_the_application_is_on_the_page() -> None:
    page = endpoints.render()
    context = create_app(worlds.load("small-msp")).ctx
    missing = [route.path for route in routes(context.directory, context) if f"| `{route.path}` |" not in page]
    missing += [e.path for e in ENDPOINTS if f"| {e.method} | `/v1{e.path}` |" not in page]
    missing += [switch.name for switch in ALL_SWITCHES if f"| `{switch.name}` |" not in page]
    assert missing == []


def test_every_control_endpoint_is_on_the_page() -> None:
    listed = {(method, path.removeprefix("/_sandbox").lstrip("/")) for method, path, _ in endpoints.CONTROL}
    tree = ast.parse(inspect.getsource(desk))
    known = {
        (ast.literal_eval(method.value), ast.literal_eval(name.value))
        for case in ast.walk(tree)
        if isinstance(case, ast.match_case) and isinstance(case.pattern, ast.MatchSequence)
        for alternatives, name in [case.pattern.patterns]
        for method in (alternatives.patterns[:1] if isinstance(alternatives, ast.MatchOr) else [alternatives])
        if isinstance(method, ast.MatchValue) and isinstance(name, ast.MatchValue)
    }
    assert known == listed - {("GET", "")}


def test_the_page_claims_no_comparison_with_the_real_service() -> None:
    assert endpoints.CHECKED == "no"
    rows = [line for line in endpoints.render().splitlines() if line.startswith("| ") and "`/v1/" in line]
    assert len(rows) == len(ENDPOINTS)
    assert all(" | no | " in row for row in rows)
