"""No secret reaches the log."""

import json
import logging

import pytest
import structlog
from django.test import Client

from tenantry.config import logs

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """What goes to the standard error output, with everything logged."""
    logging.getLogger("tenantry.test").setLevel(logging.INFO)
    return capsys


def _line(written: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(written.readouterr().err)
    return found


@pytest.mark.parametrize(
    "fields",
    [
        {"refresh_token": "0.AXoA-secret"},
        {"client_secret": "secret"},
        {"Authorization": "Bearer secret"},
        {"note": f"sent {TOKEN}"},
        {"details": {"access_token": "secret-value"}},
        {"address": "http://x/return?code=0.AXoAsecretsecretsecret&state=1"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_secrets_are_hidden(written: pytest.CaptureFixture[str], fields: dict[str, object]) -> None:
    structlog.stdlib.get_logger("tenantry.test").info("something", **fields)
    line = _line(written)
    assert "secret" not in json.dumps(line).replace("client_secret", "").replace("[hidden]", "")
    assert TOKEN not in json.dumps(line)
    assert line["event"] == "something"


def test_numbers_and_ids_are_kept(written: pytest.CaptureFixture[str]) -> None:
    structlog.stdlib.get_logger("tenantry.test").info("order.sent", order_id=4711, status=200, fresh=True)
    line = _line(written)
    assert (line["order_id"], line["status"], line["fresh"], line["level"]) == (4711, 200, True, "info")


def test_lines_of_libraries_are_redacted_too(written: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("tenantry.test").warning("posting %s", f"client_assertion={TOKEN}")
    assert _line(written)["event"] == "posting client_assertion=[hidden]"


def test_a_traceback_is_redacted(written: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(f"bad token {TOKEN}")
    except ValueError:
        logging.getLogger("tenantry.test").exception("failed")
    line = _line(written)
    assert TOKEN not in str(line["exception"])
    assert "ValueError" in str(line["exception"])


def test_hide_secrets_leaves_an_exception_tuple_alone() -> None:
    assert logs.hide_secrets(logging.getLogger(), "info", {"event": "x", "_record": logging})["_record"] is logging


@pytest.mark.django_db
def test_the_link_that_makes_an_owner_is_not_in_the_log_of_requests(
    client: Client, written: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("tenantry.web").setLevel(logging.INFO)
    assert client.get(f"/first-owner/{TOKEN}secret/").status_code == 410
    lines = [json.loads(line) for line in written.readouterr().err.splitlines()]
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/first-owner/[hidden]/"]
