"""Slow bodies through the proxy files that are shipped, measured by the drill on its copy of the machine."""

import json
import re
import subprocess
from pathlib import Path

from bench.figures import Figure

DRILL = Path(__file__).resolve().parents[1] / "deploy" / "drill"


def figures() -> list[Figure]:
    """Walk the drill and return a figure for each proxy; the drill needs root."""
    told = subprocess.run([DRILL], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [
        Figure(
            "proxies",
            f"probes answered within 1 s beside {found['bodies']} slow bodies, {found['proxy']}",
            f"{found['within_a_second']} of {found['probes']}, slowest {found['slowest'] * 1000:.0f} ms",
            "all",
            found["within_a_second"] == found["probes"],
        )
        for found in map(json.loads, re.findall(r"(?m)^\{.*\}$", told))
    ]
