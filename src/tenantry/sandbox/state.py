"""The state file: written atomically, soon after a change and at the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tenantry.sandbox.wire import JsonDict, encode

_SHORTEST_PAUSE = 0.5  # seconds between a change and its writing
_SHARE_OF_TIME = 20  # big worlds are written less often: at most a twentieth of the time goes into it


class StateFile:
    """Writes what `dump` gives to a file, debounced; without a path it does nothing."""

    def __init__(self, path: Path | None, dump: Callable[[], JsonDict]) -> None:
        """Remember where to write and what."""
        self._path = path
        self._dump = dump
        self._timer: asyncio.TimerHandle | None = None
        self._pause = _SHORTEST_PAUSE

    def read(self) -> JsonDict | None:
        """Read the last state; None where there is none or it cannot be read."""
        if self._path is None or not self._path.exists():
            return None
        try:
            state = json.loads(self._path.read_bytes())
        except ValueError:
            return None
        return state if isinstance(state, dict) else None

    def request(self) -> None:
        """Ask for the state to be written soon."""
        if self._path is None:
            return
        if self._timer is None:
            try:
                self._timer = asyncio.get_running_loop().call_later(self._pause, self._write)
            except RuntimeError:  # no event loop yet: the world is being loaded
                self._write()

    def close(self) -> None:
        """Write what has not been written yet (the clock runs on, so there is always something)."""
        if self._path is not None:
            self._write()

    def _write(self) -> None:
        assert self._path is not None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        started = time.monotonic()
        beside = self._path.with_name(self._path.name + f".{os.getpid()}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(encode(self._dump()))
            beside.replace(self._path)
        except OSError as problem:  # a full disk: serve on, the next change tries again
            sys.stderr.write(f"The state could not be written to {self._path}: {problem.strerror}.\n")
            with contextlib.suppress(OSError):
                beside.unlink()
        self._pause = max(_SHORTEST_PAUSE, _SHARE_OF_TIME * (time.monotonic() - started))
