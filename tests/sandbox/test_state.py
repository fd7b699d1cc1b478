"""Going on where it was: the state file and the command line."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tenantry.sandbox.app import create_app
from tenantry.sandbox.cli import main
from tenantry.sandbox.server import RunningSandbox
from tests.sandbox.commerce import Caller, Json, small_world
from tests.support.waiting import FAR_TOO_LONG, until

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


def test_a_post_repeated_after_a_restart_gets_its_first_answer_and_does_nothing_again(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    again = {"MS-RequestId": "0b6c1f7e-0000-4000-8000-00000000000A"}
    wish = {"companyProfile": {"domain": "northwind.example"}, "billingProfile": {"companyName": "Nörthwind"}}
    with RunningSandbox(create_app(small_world(), state)) as running:
        first = Caller(running.url).api("POST", "/customers", wish, headers=again)
        assert first.status == 201
    with RunningSandbox(create_app(small_world(), state)) as running:
        caller = Caller(running.url)
        lower = {"MS-RequestId": again["MS-RequestId"].lower()}
        second = caller.api("POST", "/Customers/", wish, headers=lower)
        assert (second.status, second.raw) == (201, first.raw)
        assert second.headers["content-type"] == first.headers["content-type"]
        assert caller.journal(method="POST")[-1]["acted"] is False
        assert caller.api("GET", "/customers?size=9").json["totalCount"] == 3
        elsewhere = caller.api("POST", "/validations/address", {"country": "US"}, headers=again)
        assert elsewhere.refusal == (400, 800002)  # another address is another request


def test_a_world_that_a_person_chose_meanwhile_is_gone_on_with(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with RunningSandbox(create_app(small_world(), state)) as running:
        Caller(running.url).control("POST", "reset", {"world": "messy"})
    for _ in range(2):
        with RunningSandbox(create_app(small_world(), state)) as running:
            assert Caller(running.url).control("GET", "world")["world"] == "messy"
    assert create_app(small_world(name="another"), state).ctx.world == "another"


def test_a_fault_keeps_its_id_over_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with RunningSandbox(create_app(small_world(), state)) as running:
        caller = Caller(running.url)
        caller.control("DELETE", f"faults/{caller.fault('slow', seconds=0)['id']}")
        kept = caller.fault("throttle", count=3)["id"]
    with RunningSandbox(create_app(small_world(), state)) as running:
        caller = Caller(running.url)
        assert [fault["id"] for fault in caller.control("GET", "faults")["faults"]] == [kept]
        assert caller.fault("slow", seconds=0)["id"] != kept
        caller.control("DELETE", f"faults/{kept}")


def test_a_state_that_does_not_fit_is_said_in_a_sentence_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"world": "small-msp", "clock": {"now": "soon"}}')
    assert main(["--port", "0", "--state", str(state)]) == 2
    assert "does not fit this release" in capsys.readouterr().err
    assert json.loads(state.read_text())["clock"] == {"now": "soon"}
    assert main(["--port", "0", "--state", str(tmp_path)]) == 2
    assert "cannot be read: Is a directory" in capsys.readouterr().err


def test_a_disk_that_takes_no_state_does_not_stop_the_sandbox(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    with RunningSandbox(create_app(small_world(), tmp_path / "deep" / "state.json")) as running:
        (tmp_path / "deep").symlink_to(tmp_path / "file")
        caller = Caller(running.url)
        assert caller.patch(quantity=18).status == 200
        said = ""

        def told() -> bool:
            nonlocal said
            said += capsys.readouterr().err
            return "The state could not be written to" in said

        until(told, 10)
        assert caller.subscription()["quantity"] == 18
        (tmp_path / "deep").unlink()
        assert caller.patch(quantity=19).status == 200
    assert _holds(tmp_path / "deep" / "state.json", 19)


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
        until(lambda: _holds(state, 18), 5)


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
    assert select.select([process.stdout], [], [], FAR_TOO_LONG)[0]
    line = process.stdout.readline()
    found = re.fullmatch(r"Sandbox with the world 'small-msp' at (http://127\.0\.0\.1:\d+)/\n", line)
    assert found
    assert Caller(found.group(1)).control("GET", "clock")["frozen"] is False
    process.send_signal(number)
    output, errors = process.communicate(timeout=FAR_TOO_LONG)
    assert (process.returncode, output, errors) == (0, "", "")
    assert json.loads((tmp_path / "state.json").read_text())["world"] == "small-msp"


def test_a_taken_port_and_an_unknown_world_are_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    assert f"Port {port} on 127.0.0.1 cannot be used" in capsys.readouterr().err
    for port in ("65536", "-1", "many"):
        with pytest.raises(SystemExit):
            main(["--port", port])
        assert "a port is a number from 0 to 65535" in capsys.readouterr().err
    assert main(["--world", "atlantis"]) == 2
    assert "The world 'atlantis' cannot be loaded" in capsys.readouterr().err
