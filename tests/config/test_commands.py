"""What an operator types."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from tenantry.audit.actions import record
from tenantry.config import cli, commands
from tenantry.kernel import clock, seal
from tenantry.kernel.actor import Actor
from tenantry.people import queries as people

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}


def test_keys_fit_each_other(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    assert commands.keys(rotate=False) == 0
    told = dict(re.findall(r"(?m)^(TENANTRY_\w+)=(\S+)$", capsys.readouterr().out))
    assert sorted(told) == ["TENANTRY_SEAL_PRIVATE_KEYS", "TENANTRY_SEAL_PUBLIC_KEY", "TENANTRY_SECRET_KEY"]
    assert len(told["TENANTRY_SECRET_KEY"]) >= 40
    settings.SEAL_PUBLIC_KEY = told["TENANTRY_SEAL_PUBLIC_KEY"]
    settings.SEAL_PRIVATE_KEYS = [told["TENANTRY_SEAL_PRIVATE_KEYS"]]
    place = seal.Place("table", "row", "column")
    assert seal.open_sealed(seal.seal(b"secret", place), place) == b"secret"


def test_rotated_keys_open_what_is_there(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    place = seal.Place("table", "row", "column")
    before = seal.seal(b"secret", place)
    assert commands.keys(rotate=True) == 0
    told = dict(re.findall(r"(?m)^(TENANTRY_\w+)=(\S+)$", capsys.readouterr().out))
    settings.SEAL_PUBLIC_KEY = told["TENANTRY_SEAL_PUBLIC_KEY"]
    settings.SEAL_PRIVATE_KEYS = told["TENANTRY_SEAL_PRIVATE_KEYS"].split(",")
    assert seal.open_sealed(before, place) == b"secret"
    assert seal.open_sealed(seal.reseal(before, place), place) == b"secret"


def test_rotating_needs_the_keys_in_use(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    settings.SEAL_PRIVATE_KEYS = []
    assert commands.keys(rotate=True) == 2
    assert "Run this with the worker's settings" in capsys.readouterr().err


def test_a_web_process_with_the_workers_keys_does_not_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.web() == 2
    assert "TENANTRY_SEAL_PRIVATE_KEYS must not be given to the web process" in capsys.readouterr().err


def test_a_production_installation_says_what_its_sandbox_lacks() -> None:
    without = (
        "import sys; sys.modules['starlette'] = None; from tenantry.config.cli import main; sys.exit(main(['sandbox']))"
    )
    tried = subprocess.run(
        [sys.executable, "-c", without], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert (tried.returncode, tried.stdout) == (2, "")
    assert tried.stderr.startswith("tenantry: The sandbox needs starlette")
    assert tried.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://tenantry:hush/hush@127.0.0.1/tenantry"),
        ("DATABASE_URL", "postgresql://tenantry:hush@127.0.0.1"),
        ("TENANTRY_EMAIL_URL", "smtp://tenantry:hush#hush@mail.example.org"),
    ],
)
def test_an_address_that_cannot_be_read_is_named_without_its_password(name: str, value: str) -> None:
    tried = subprocess.run(
        [sys.executable, "-m", "tenantry.config.cli", "check"],
        env=ENVIRONMENT | {name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (tried.returncode, tried.stdout) == (2, "")
    assert tried.stderr.startswith(f"tenantry: {name} ")
    assert tried.stderr.count("\n") == 1
    assert "hush" not in tried.stderr


@pytest.mark.django_db
def test_check_names_everything_at_once(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    settings.REHEARSAL = False
    settings.DEBUG = True
    assert commands.check("web") == 2
    sentences = capsys.readouterr().err.splitlines()
    assert len(sentences) > 5
    assert all(sentence.startswith("tenantry: ") for sentence in sentences)


@pytest.mark.django_db
def test_the_owner_link_works(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert not people.has_owner()
    assert commands.owner_link() == 0
    path = capsys.readouterr().out.strip().partition("//")[2].partition("/")[2]
    assert client.get(f"/{path}").status_code == 200


@pytest.mark.django_db
def test_the_audit_record_is_whole_or_not(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    record(acting_as=Actor.operator("op"), verb="test", subject_kind="test", subject_id="1", now=clock.now())
    assert commands.verify_audit(None) == 0
    assert capsys.readouterr().out == "1 rows in 1 chains.\nThe audit record is whole.\n"
    published = tmp_path / "heads.txt"
    published.write_text(f"partner 2 {'0' * 64}\n")
    assert commands.verify_audit(published) == 1
    assert "The audit record is NOT whole." in capsys.readouterr().out


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["nonsense"])
    assert ended.value.code == 2
    assert "invalid choice: 'nonsense'" in capsys.readouterr().err
