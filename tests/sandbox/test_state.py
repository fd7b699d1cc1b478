"""Going on where it was: the state file and the command line."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tenantry.sandbox.app import create_app
from tenantry.sandbox.cli import main
from tenantry.sandbox.server import RunningSandbox
from tests.sandbox.commerce import Caller, Json, small_world

SOURCE = Path(__file__).parents[2] / "src"


def test_a_second_start_goes_on_where_the_first_one_was(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "state.json"
    with RunningSandbox(create_app(small_world(), state)) as running:
        caller = Caller(running.url)
        caller.move(freeze=True)
        caller.move(set="2026-06-11T00:00:00Z")
        caller.patch(quantity=18)
        caller.switch(bom=False)
        expected = caller.subscription()
        assert expected["quantity"] == 18
        caller.fault("throttle", count=3)
        tokens = caller.tokens
    kept = json.loads(state.read_text())
    assert kept["world"] == "tests"
    with RunningSandbox(create_app(small_world(), state)) as running:
        caller = Caller(running.url, tokens)
        assert caller.control("GET", "clock")["now"] == "2026-06-11T00:00:00Z"
        assert caller.control("GET", "faults")["faults"][0]["count"] == 3
        caller.control("DELETE", "faults")
        assert caller.subscription() == expected
        assert caller.api("GET", "/auditrecords?size=9").json["totalCount"] == 1
        assert caller.api("GET", "/customers").raw.startswith(b"{")
        patch = caller.journal(method="PATCH")[0]
        assert (patch["body"]["quantity"], patch["answer"]["quantity"], patch["acted"]) == (18, 18, True)
        assert caller.journal()[-1]["number"] > patch["number"]
    assert [path.name for path in state.parent.iterdir()] == ["state.json"]


def test_a_state_of_another_world_or_a_broken_one_is_not_used(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    for text in ('{"world": "another"}', "{", "[]"):
        state.write_text(text)
        assert create_app(small_world(), state).ctx.world == "tests"


def test_every_write_reaches_the_disk_soon(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with RunningSandbox(create_app(small_world(), state)) as running:
        caller = Caller(running.url)
        caller.patch(quantity=18)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and not _holds(state, 18):
            time.sleep(0.02)
        assert _holds(state, 18)


def _holds(state: Path, quantity: int) -> bool:
    if not state.exists():
        return False
    kept: Json = json.loads(state.read_text())
    return any(one["quantity"] == quantity for many in kept["store"]["subscriptions"].values() for one in many)


def test_a_world_loaded_twice_is_twice_the_same(tmp_path: Path) -> None:
    world = small_world()
    text = json.dumps(world)
    with RunningSandbox(create_app(world)) as running:
        Caller(running.url).patch(quantity=18)
    assert json.dumps(world) == text


@pytest.fixture
def process(tmp_path: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tenantry.sandbox", "--port", "0", "--state", str(tmp_path / "state.json")]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_where_it_is_and_ends_quietly(
    process: "subprocess.Popen[str]", tmp_path: Path, number: int
) -> None:
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 20)[0]
    line = process.stdout.readline()
    found = re.fullmatch(r"Sandbox with the world 'small-msp' at (http://127\.0\.0\.1:\d+)/\n", line)
    assert found
    assert Caller(found.group(1)).control("GET", "clock")["frozen"] is False
    process.send_signal(number)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "", "")
    assert json.loads((tmp_path / "state.json").read_text())["world"] == "small-msp"


def test_a_taken_port_and_an_unknown_world_are_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    assert f"Port {port} on 127.0.0.1 cannot be used" in capsys.readouterr().err
    assert main(["--world", "atlantis"]) == 2
    assert "The world 'atlantis' cannot be loaded" in capsys.readouterr().err
