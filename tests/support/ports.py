"""Ports for programs that are told a number and bind it later."""

import fcntl
import random
import socket
import tempfile
from pathlib import Path
from typing import IO

# Below the ports that systems hand out by themselves, so that only another test can want the same one meanwhile.
_PORTS = range(20_000, 30_000)
_taken: list[IO[str]] = []


def free_port() -> int:
    """Choose a port on which nothing listens; no other test process gets it as long as this one runs."""
    for port in random.sample(_PORTS, len(_PORTS)):
        claim = (Path(tempfile.gettempdir()) / f"tenantry-test-port-{port}").open("w")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as attempt:
                attempt.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        _taken.append(claim)
        return port
    raise RuntimeError("No port is free.")
