"""The log of calls to vendors: redacted records, written in batches by one thread per process."""

import atexit
import contextlib
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import TypeAlias

import structlog
from django.db import DatabaseError, connection, transaction

from tenantry.clients.http import Call
from tenantry.kernel import clock
from tenantry.kernel.columns import fit
from tenantry.traffic.models import CallRecord

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 1.0
BATCH = 200
# Beyond this many unwritten records the newest are dropped and counted: the log must not eat the worker's memory.
MOST_WAITING = 20_000
# The writer's thread ends after so long without work; the next call starts another one.
IDLE_SECONDS = 30.0

_order: ContextVar[uuid.UUID | None] = ContextVar("order", default=None)
_Entry: TypeAlias = tuple[datetime, uuid.UUID, uuid.UUID | None, Call]
# Called with the calls of one source that were written, and when each was made; in the transaction that writes them.
Follower: TypeAlias = Callable[[uuid.UUID, Sequence[tuple[datetime, Call]]], None]
_followers: list[Follower] = []


def follow(follower: Follower) -> None:
    """Have a function called with all calls that are written to the log, once for each source of a batch."""
    _followers.append(follower)


@contextlib.contextmanager
def calls_for_order(order_id: uuid.UUID) -> Iterator[None]:
    """Let the calls made inside carry the change order that they are made for."""
    token = _order.set(order_id)
    try:
        yield
    finally:
        _order.reset(token)


class CallLog:
    """Takes calls from any thread and writes them in the background; `flush` waits until all are written."""

    def __init__(self) -> None:
        self._entries: queue.Queue[_Entry] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._dropped = 0

    def note(self, source_id: uuid.UUID, call: Call) -> None:
        """Take one call, made through the connection with that id."""
        with self._lock:
            try:
                self._entries.put_nowait((clock.now(), source_id, _order.get(), call))
            except queue.Full:
                self._dropped += 1
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="call-log", daemon=True)
                self._thread.start()
        if self._entries.qsize() >= BATCH:
            self._wake.set()

    def flush(self) -> int:
        """Write what waits, in the caller's thread and connection, and return how many calls that were."""
        written = 0
        with self._writing:
            while entries := self._take():
                _write(entries)
                written += len(entries)
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            log.warning("call_log.dropped", calls=dropped)
        return written

    def _take(self) -> list[_Entry]:
        entries: list[_Entry] = []
        with contextlib.suppress(queue.Empty):
            while len(entries) < BATCH:
                entries.append(self._entries.get_nowait())
        return entries

    def _run(self) -> None:
        idle_since = time.monotonic()
        while True:
            self._wake.wait(FLUSH_SECONDS)
            self._wake.clear()
            try:
                if self.flush():
                    idle_since = time.monotonic()
            except Exception:
                # The log is evidence for support, not for the customer: losing a batch must not stop the worker.
                log.exception("call_log.write_failed")
            finally:
                connection.close()
            with self._lock:
                if not self._entries.qsize() and time.monotonic() - idle_since > IDLE_SECONDS:
                    self._thread = None
                    return


def prune_calls(before: datetime) -> int:
    """Remove calls from before a moment; return how many."""
    return CallRecord.objects.filter(happened_at__lt=before).delete()[0]


def _write(entries: list[_Entry]) -> None:
    with transaction.atomic():
        CallRecord.objects.bulk_create(_record(*entry) for entry in entries)
        for source_id in {entry[1] for entry in entries}:
            made = [(happened_at, call) for happened_at, source, _, call in entries if source == source_id]
            for follower in _followers:
                follower(source_id, made)


def _record(happened_at: datetime, source_id: uuid.UUID, order_id: uuid.UUID | None, call: Call) -> CallRecord:
    return CallRecord(
        happened_at=happened_at,
        source_id=source_id,
        customer=fit(CallRecord, "customer", call.customer_id or ""),
        order_id=order_id,
        method=fit(CallRecord, "method", call.method),
        path=fit(CallRecord, "path", call.path),
        status=call.status,
        code=fit(CallRecord, "code", call.code),
        words=fit(CallRecord, "words", call.words),
        milliseconds=round(call.duration * 1000),
        attempt=call.attempt,
        request_id=fit(CallRecord, "request_id", call.request_id),
        correlation_id=fit(CallRecord, "correlation_id", call.correlation_id),
    )


call_log = CallLog()


def _flush_at_exit() -> None:
    try:
        call_log.flush()
    except DatabaseError as error:
        log.warning("call_log.lost_at_exit", error=str(error))


atexit.register(_flush_at_exit)
