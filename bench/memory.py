"""How much memory processes hold."""

from pathlib import Path

from bench.figures import Figure

REACH = 200.0


def megabytes(pid: int) -> float:
    """Return what a process holds in memory, shared pages included (RSS)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} is gone")


def figures(web: list[int], worker: int) -> list[Figure]:
    """Hold the processes against what they may take."""
    most = max(megabytes(pid) for pid in web)
    held = megabytes(worker)
    return [
        Figure("memory", "memory of a web process (RSS)", f"{most:.0f} MB", "≤ 200 MB", most <= REACH),
        Figure("memory", "memory of the worker (RSS)", f"{held:.0f} MB", "≤ 200 MB", held <= REACH),
    ]
