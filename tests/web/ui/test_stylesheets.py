"""What the stylesheets and templates promise: one place for colours, no inline code, little weight."""

import gzip
import re
from pathlib import Path

import django_htmx
import pytest

from tenantry.web import ui

ROOM = Path(ui.__file__).parent
STYLES = sorted((ROOM / "static/ui/css").glob("*.css"))
SCRIPTS = sorted((ROOM / "static/ui/js").glob("*.js"))
TEMPLATES = sorted(ROOM.parents[0].glob("**/templates/**/*.html"))
RAW_COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgb|rgba|hsl|hsla|hwb|lab|lch|oklab|oklch|color)\(|"
    r"(?<![\w-])(?:white|black|red|green|blue|yellow|orange|purple|gr[ae]y|silver|navy|teal|maroon)(?![\w-])",
    re.IGNORECASE,
)
PHYSICAL = re.compile(
    r"(?<![\w-])(?:margin|padding|border)-(?:left|right|top|bottom)\b|(?<![\w-])(?:left|right|top|bottom|width|height)\s*:"
    r"|text-align\s*:\s*(?:left|right)"
)


def _code(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("path", [path for path in STYLES if path.name != "tokens.css"], ids=lambda path: path.name)
def test_raw_colours_live_in_tokens_only(path: Path) -> None:
    assert RAW_COLOUR.findall(_code(path)) == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_directions_are_logical_so_that_right_to_left_works(path: Path) -> None:
    assert PHYSICAL.findall(_code(path)) == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_every_rule_lies_in_a_layer(path: Path) -> None:
    outside = re.sub(r"@layer [\w, ]+;", "", _code(path))
    depth, top = 0, ""
    for letter in outside:
        if letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
            top += "\n" if depth == 0 else ""
        elif depth == 0:
            top += letter
    assert {line.strip() for line in top.splitlines()} - {""} <= {
        f"@layer {name}" for name in ("reset", "tokens", "base", "layout", "components", "utilities")
    }


def test_every_property_that_is_used_is_defined() -> None:
    text = "\n".join(map(_code, STYLES))
    used = set(re.findall(r"var\((--[\w-]+)\)", text))
    assert used - set(re.findall(r"(--[\w-]+)\s*:", text)) == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_templates_hold_no_inline_code_or_style(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.findall(r"\sstyle=|\son[a-z]+=|hx-on|<style|javascript:", text) == []
    assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
    assert re.findall(r"(?:src|href)=\"https?://", text) == []


def test_modules_stand_alone() -> None:
    """File names get a hash when they are collected, which an import inside a module would miss."""
    for path in SCRIPTS:
        assert re.findall(r"^\s*import\b|\bimport\(", path.read_text("utf-8"), flags=re.MULTILINE) == []


def test_a_first_visit_stays_small() -> None:
    htmx = Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"
    files = [*STYLES, *SCRIPTS, htmx, ROOM / "static/ui/icon.svg"]
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) < 45_000
