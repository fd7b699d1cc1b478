"""The command line: `tenantry sandbox`, also `python -m tenantry.sandbox`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from tenantry.sandbox import worlds
from tenantry.sandbox.app import create_app
from tenantry.sandbox.server import make_server, open_socket


def main(argv: Sequence[str] | None = None) -> int:
    """Serve a world until SIGINT or SIGTERM; gives the process's exit code."""
    options = _parser().parse_args(argv)
    if options.fresh and options.state is not None:
        options.state.unlink(missing_ok=True)
    try:
        world = worlds.load(options.world)
    except ValueError as problem:
        return _fail(f"The world {options.world!r} cannot be loaded: {problem}")
    try:
        listening = open_socket(options.host, options.port)
    except OSError as problem:
        return _fail(
            f"Port {options.port} on {options.host} cannot be used: {problem.strerror}. Choose another --port."
        )
    try:
        app = create_app(world, options.state, options.public_url)
    except (ValueError, TypeError, KeyError, AttributeError) as problem:  # of another release, or changed by hand
        listening.close()
        return _fail(
            f"The state in {options.state} does not fit this release ({type(problem).__name__}: {problem}). "
            "With --fresh the world starts over."
        )
    except OSError as problem:
        listening.close()
        return _fail(f"The state in {options.state} cannot be read: {problem.strerror}.")
    address = options.public_url or f"http://{options.host}:{listening.getsockname()[1]}"
    sys.stdout.write(f"Sandbox with the world {app.ctx.world!r} at {address}/\n")
    sys.stdout.flush()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _already_ending)
    with listening:
        make_server(app).run([listening])
    return 0


def _already_ending(number: int, frame: FrameType | None) -> None:
    """Stay calm: the server ends on the signal, and raises it once more when it has ended."""


def _fail(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 2


def _port_number(text: str) -> int:
    """Read a number that a port may have."""
    if not (text.isascii() and text.isdecimal() and int(text) <= 65_535):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tenantry sandbox", description="Serve a stand-in for Microsoft.")
    parser.add_argument("--port", type=_port_number, default=8001, help="port to listen on, 0 for any free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--world", default="small-msp", help="small-msp, messy, large:tenants=N,subscriptions=M,seed=S")
    parser.add_argument("--state", type=Path, help="file that keeps the state between two starts")
    parser.add_argument("--fresh", action="store_true", help="forget the state file and start the world over")
    parser.add_argument("--public-url", help="address under which browsers and clients reach the sandbox")
    return parser
