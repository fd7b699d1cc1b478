"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 500
LONGEST_LINE = 120


def tracked(*suffixes: str) -> list[Path]:
    """Return the files that git knows, or would add, with one of the endings."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in listed if name.endswith(suffixes) and (ROOT / name).is_file()]


def name(path: Path) -> str:
    """Return a path as it is written in messages."""
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    """Yield the full names of everything that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_no_file_grows_beyond_reading() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in tracked(".py")}
    assert {file: lines for file, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_line_of_a_page_grows_beyond_reading() -> None:
    """Ruff says so of Python; djhtml indents templates and leaves their lines as long as they are."""
    found = [
        f"{name(path)}:{number}"
        for path in tracked(".html", ".css", ".js")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LONGEST_LINE
    ]
    assert found == []


def test_every_empty_list_leads_on_with_a_button() -> None:
    """Whoever finds nothing learns where to go from there."""
    silent = [
        f"{path.relative_to(ROOT)}: {found.group(1)}"
        for path in sorted((ROOT / "src/tenantry/web").rglob("*.html"))
        for found in re.finditer(r"\{% empty (.*?)%\}(.*?)\{% endempty %\}", path.read_text(), re.DOTALL)
        if not re.search(r"button|_check\.html", found.group(2))
    ]
    assert silent == []


def test_a_cell_that_may_be_empty_has_no_blanks_inside_its_tags() -> None:
    """On a phone `:empty` hides such a cell; its label is written only where there is something to label."""
    cell = re.compile(r"<td\b((?:[^<>{]|\{%.*?%\}|\{\{.*?\}\})*)>(.*?)</td>", re.DOTALL)
    found = [
        f"{name(path)}:{text[: match.start()].count(chr(10)) + 1}"
        for path in tracked(".html")
        for text in [path.read_text(encoding="utf-8")]
        for match in cell.finditer(text)
        if "{% if" in match[1] and match[2] != match[2].strip()
    ]
    assert found == []


def test_rules_lean_on_the_standard_library_and_the_kernel_only() -> None:
    found = []
    for path in tracked(".py"):
        place = path.relative_to(ROOT).parts
        if place[0] != "src" or place[2] == "sandbox" or not ("rules" in place or path.name == "rules.py"):
            continue
        own = "tenantry." + ".".join(place[2 : place.index("rules")] if "rules" in place else place[2:-1]) + ".rules"
        for imported in imports(path):
            if imported.split(".")[0] in sys.stdlib_module_names or imported.startswith((own, "tenantry.kernel")):
                continue
            found.append(f"{name(path)} imports {imported}")
    assert found == []


def test_only_the_kernel_reads_the_system_clock() -> None:
    asks = re.compile(r"\bdatetime\.now\(|\btimezone\.now\(|\bdatetime\.utcnow\(|\bdate\.today\(")
    found = [
        name(path)
        for path in tracked(".py")
        if path.is_relative_to(ROOT / "src/tenantry")
        and not path.is_relative_to(ROOT / "src/tenantry/sandbox")
        and path != ROOT / "src/tenantry/kernel/clock.py"
        and asks.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


# Written apart so that this file does not find itself.
BANNED = {
    "an unfinished thing": r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b",
    "a missing implementation": r"\bNotImplemented" + r"Error\b",
    "a mock": r"\bunittest\.mo" + r"ck\b|\bmonkeypatch\.set" + r"attr\b|\bmocker\b",
    "a test that is not run": r"@pytest\.mark\.(?:sk" + r"ip|xf" + r"ail)|\bpytest\.xf" + r"ail\(",
}


@pytest.mark.parametrize("what", BANNED)
def test_nothing_banned_is_written(what: str) -> None:
    pattern = re.compile(BANNED[what])
    found = [
        f"{name(path)}:{number}: {line.strip()[:80]}"
        for path in tracked(".py", ".html", ".js", ".css", ".md")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_text_says_licence_and_catalogue() -> None:
    # The words of the glossary: British, and one word for a thing. Names of Microsoft's fields are code, not text.
    american = re.compile(r"\b(?:[Ll]icenses? (?:is|are|can|of|for)|[Cc]atalogs?\b|[Cc]olor of|[Cc]anceled\b)")
    found = [
        f"{name(path)}: {match.group()}"
        for path in tracked(".html")
        if path.is_relative_to(ROOT / "src/tenantry/web") or "templates" in path.parts
        for match in american.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_what_runs_in_production_is_in_its_lock() -> None:
    """A package that only the developers' lock holds would be missed at the first start of an installation."""
    pinned = re.findall(r"(?m)^([a-z0-9-]+)==", (ROOT / "requirements" / "run.txt").read_text())
    demo = {ROOT / "src/tenantry/config/demo_world.py"}
    wanted = {
        imported.split(".")[0]
        for path in tracked(".py")
        if path.is_relative_to(ROOT / "src/tenantry") and not path.is_relative_to(ROOT / "src/tenantry/sandbox")
        if path not in demo
        for imported in imports(path)
    } - sys.stdlib_module_names
    owners = packages_distributions()
    missing = {module for module in wanted - {"tenantry"} if not {plain(one) for one in owners[module]} & set(pinned)}
    assert missing == set()


def plain(distribution: str) -> str:
    """Return the name of a package as lock files write it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_lock_files_carry_hashes_and_no_address() -> None:
    for lock in ("run.txt", "dev.txt"):
        text = (ROOT / "requirements" / lock).read_text()
        assert re.findall(r"(?m)://|file:|@ |^--.*", text) == []
        packages = re.findall(r"(?m)^[a-z0-9].*", text)
        assert packages
        assert all(line.endswith("\\") for line in packages), "every package needs a hash"


def test_makefile_only_calls_dev_py() -> None:
    recipes = [line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("\t")]
    assert recipes == ["\t@exec $(PYTHON) dev.py $@ $(ARGS)"]


def test_make_says_that_python_is_missing() -> None:
    tried = subprocess.run(
        ["make", "-C", str(ROOT), "help", "PYTHON=no-such-python"], capture_output=True, text=True, check=False
    )
    assert tried.returncode == 2
    assert "Tenantry needs Python 3.11 or newer, and there is no no-such-python here." in tried.stderr
