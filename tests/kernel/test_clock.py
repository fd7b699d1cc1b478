"""Real time and the time of commerce."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from tenantry.kernel import clock

SOON = timedelta(minutes=1)


class Neighbour:
    """Something that answers like the sandbox's clock endpoint, or not."""

    def __init__(self) -> None:
        self.answer: dict[str, object] | bytes = {}
        self.asked = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                body = outer.answer if isinstance(outer.answer, bytes) else json.dumps(outer.answer).encode()
                self.send_response(200 if self.path == "/_sandbox/clock" else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.02])
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def neighbour(settings: Settings) -> Iterator[Neighbour]:
    running = Neighbour()
    settings.REHEARSAL = True
    settings.SANDBOX_URL = running.url
    clock.read_commerce_clock_again()
    yield running
    clock.read_commerce_clock_again()
    running.close()


def tell(moment: datetime, *, frozen: bool = False) -> dict[str, object]:
    return {"now": moment.isoformat(), "frozen": frozen}


def test_now_is_the_real_time() -> None:
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().tzinfo is UTC


def test_commerce_follows_real_time_in_production(neighbour: Neighbour, settings: Settings) -> None:
    neighbour.answer = tell(datetime(2031, 1, 1, tzinfo=UTC))
    settings.REHEARSAL = False
    assert abs(clock.commerce_now() - clock.now()) < SOON
    assert neighbour.asked == 0


def test_commerce_follows_the_sandbox_in_rehearsal_and_asks_once_a_second(neighbour: Neighbour) -> None:
    neighbour.answer = tell(clock.now() + timedelta(days=40))
    began = time.monotonic()
    first = clock.commerce_now()
    assert abs(first - clock.now() - timedelta(days=40)) < SOON
    assert clock.commerce_now() > first
    assert 1 <= neighbour.asked <= 1 + (time.monotonic() - began)


def test_a_clock_that_was_moved_is_read_again(neighbour: Neighbour) -> None:
    neighbour.answer = tell(clock.now())
    clock.commerce_now()
    neighbour.answer = tell(clock.now() - timedelta(days=400))
    clock.read_commerce_clock_again()
    assert abs(clock.commerce_now() - clock.now() + timedelta(days=400)) < SOON


def test_a_frozen_clock_stands_still(neighbour: Neighbour) -> None:
    still = datetime(2027, 3, 1, 12, 30, tzinfo=UTC)
    neighbour.answer = tell(still, frozen=True)
    assert [clock.commerce_now(), clock.commerce_now()] == [still, still]


@pytest.mark.parametrize("answer", [b"", b"no json", b"[]", b'{"now": "yesterday"}', b'{"frozen": true}'])
def test_without_any_answer_real_time_counts(neighbour: Neighbour, answer: bytes) -> None:
    neighbour.answer = answer
    assert abs(clock.commerce_now() - clock.now()) < SOON


def test_without_another_answer_the_last_known_offset_counts(neighbour: Neighbour) -> None:
    neighbour.answer = tell(clock.now() + timedelta(days=3))
    clock.commerce_now()
    neighbour.answer = b"down"
    threading.Event().wait(1.1)
    assert abs(clock.commerce_now() - clock.now() - timedelta(days=3)) < SOON
    assert neighbour.asked == 2
