"""Figures: what was measured, how far it may reach, and the table of them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; ``ok`` is None where there is no reach to hold it against."""

    row: str
    name: str
    measured: str
    reach: str = ""
    ok: bool | None = None


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share (0 to 1) of the values lies; the nearest one, nothing in between."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return percentile(values, 0.5)


def p95(values: Sequence[float]) -> float:
    """Return the value that 95 of 100 stay below."""
    return percentile(values, 0.95)


def add_to(path: Path, figures: Iterable[Figure]) -> None:
    """Append figures to a file, so that those of a run that ends early are not lost."""
    with path.open("a", encoding="utf-8") as file:
        for figure in figures:
            file.write(json.dumps(asdict(figure)) + "\n")


def read(path: Path) -> list[Figure]:
    """Return the figures of a file."""
    if not path.exists():
        return []
    return [Figure(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def table(figures: Sequence[Figure]) -> str:
    """Lay figures out for a console."""
    rows = [("Figure", "Measured", "Reach", "")]
    rows += [(figure.name, figure.measured, figure.reach, _verdict(figure.ok)) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    rows.insert(1, ("-" * widths[0], "-" * widths[1], "-" * widths[2], "-" * widths[3]))
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _verdict(ok: bool | None) -> str:
    return "" if ok is None else "ok" if ok else "NOT"
