"""The world that the demo sets up: people at a customer and at the partner find something to do."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo import Demo, Visitor
from tests.support.waiting import until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo as `make demo` starts it."""
    found = Demo(tmp_path_factory.mktemp("demo"))
    found.start()
    yield found
    found.end(signal.SIGTERM)


def test_a_customer_sees_their_subscriptions(demo: Demo) -> None:
    address, page = Visitor(demo).sign_in("anna.lindqvist@harbourvale.example", "/")
    assert re.fullmatch(rf"http://localhost:{demo.port}/c/[0-9a-f-]{{36}}/", address)
    assert "Harbour &amp; Vale Ltd" in page
    assert "Microsoft 365 Business Premium" in page


def test_somebody_without_access_is_told_so(demo: Demo) -> None:
    picker = Visitor(demo)
    with pytest.raises(OSError, match="403"):
        picker.sign_in("edward.finch@harbourvale.example", "/")


def test_everything_was_read_and_nothing_failed(demo: Demo) -> None:
    until(lambda: demo.readiness()["ready"] is True)
    until(lambda: demo.readiness().get("last_refresh_seconds") is not None)
    journal = demo.sandbox("/_sandbox/journal")["entries"]
    assert isinstance(journal, list)
    assert [entry["status"] for entry in journal if entry["status"] >= 429] == []


def test_no_secret_is_in_the_logs(demo: Demo) -> None:
    keys = json.loads((demo.var / "demo" / "keys.json").read_text())
    logs = "".join(path.read_text() for path in (demo.var / "demo" / "logs").iterdir())
    for secret in (keys["secret"], keys["private"], "rehearsal-partner-center-secret", "rehearsal-portal-secret"):
        assert secret not in logs
    assert re.findall(r"eyJ[\w-]{20,}\.[\w-]{20,}", logs) == []


def test_the_web_process_has_no_key_that_opens_anything(demo: Demo) -> None:
    kinds = {"web": 0, "worker": 0}
    for pid, line in demo.processes():
        kind = line.rpartition(" ")[2]
        if kind in kinds:
            kinds[kind] += 1
            names = {part.partition("=")[0] for part in Path(f"/proc/{pid}/environ").read_text().split("\0")}
            opening = {"TENANTRY_SEAL_PRIVATE_KEYS", "TENANTRY_PARTNER_CLIENT_SECRET"}
            assert names & opening == (opening if kind == "worker" else set())
    assert kinds == {"web": 2, "worker": 1}
