"""The refresh of everything: how much longer than the quota asks for, and what it writes when nothing has changed."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Q

from bench.figures import Figure
from bench.stage import wait_until
from tenantry.catalogue.models import Sku
from tenantry.jobs import runs
from tenantry.jobs.models import RunState
from tenantry.kernel import clock
from tenantry.licensing import asking
from tenantry.licensing.models import CompanyRefresh
from tenantry.licensing.moment import Moment
from tenantry.people.models import Company
from tenantry.traffic.models import CallRecord
from tests.support.house import OWNER

# What came from Microsoft; when it was read last is kept apart from it.
MIRROR = (
    "licensing_subscription",
    "licensing_subscriptionchange",
    "licensing_licencecount",
    "catalogue_sku",
    "catalogue_availability",
)
FRESHNESS = "licensing_companyrefresh"
LONGEST_SECONDS = 400.0
# The worker writes its log of calls every second.
LOGGED_SECONDS = 2.5
# A connection of the database that rests tells the statistics after ten seconds what it did.
STATISTICS_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Pass:
    """One refresh of all companies."""

    seconds: float
    needed: int
    sent: int
    throttled: int
    written: int
    freshness: int
    failed: int
    cpu: float  # seconds of the processor that the worker took: what a busy machine does not falsify
    load: float  # of the whole machine at the end


def figures(worker: int, quota: int) -> list[Figure]:
    """Refresh everything twice: the first time most of it is new, the second time nothing is."""
    return [
        *_shown("refresh, all new", refresh(worker), quota),
        *_shown("refresh, nothing changed", again := refresh(worker), quota),
        Figure(
            "refresh",
            "rows written in mirror tables, nothing changed",
            f"{again.written} (beside them {again.freshness} notes of when it was read)",
            "0",
            again.written == 0,
        ),
    ]


def _shown(name: str, done: Pass, quota: int) -> list[Figure]:
    least = done.needed / quota * 60
    ratio, calls, throttled = done.seconds / least, done.sent / done.needed, done.throttled / done.sent
    companies = Company.objects.count()
    failed = f", {done.failed} failed" if done.failed else ""
    return [
        Figure(
            "refresh",
            f"{name}: wall ÷ (needed calls ÷ quota)",
            f"{ratio:.2f} ({done.seconds:.1f} s, {companies:,} tenants at {quota:,} calls/min{failed}; "
            f"worker's processor time {done.cpu:.0f} s, load {done.load:.0f})",
            "≤ 1.15",
            ratio <= 1.15 and not done.failed,
        ),
        Figure(
            "refresh",
            f"{name}: calls ÷ needed",
            f"{calls:.3f} ({done.sent:,} / {done.needed:,})",
            "≤ 1.02",
            calls <= 1.02,
        ),
        Figure("refresh", f"{name}: answered 429", f"{throttled:.2%}", "≤ 1 %", throttled <= 0.01),
    ]


def refresh(worker: int) -> Pass:
    """Have the worker, the process of that number, refresh all companies and count what that took."""
    time.sleep(LOGGED_SECONDS)
    cpu = _cpu_seconds(worker)
    skus, market_known = Sku.objects.count(), CompanyRefresh.objects.exclude(country="").count()
    calls, written, freshness = _calls(), _written(*MIRROR), _written(FRESHNESS)
    asked = asking.ask_refresh_all(acting_as=OWNER, moment=Moment.current())

    def over() -> bool:
        found = runs.run(asked.id)
        return found is not None and found.finished_at is not None

    wait_until(over, LONGEST_SECONDS, "the refresh", pause=0.2)
    run = runs.run(asked.id)
    assert run is not None and run.finished_at is not None and run.state == RunState.DONE, run
    cpu, load = _cpu_seconds(worker) - cpu, os.getloadavg()[0]
    time.sleep(LOGGED_SECONDS)
    companies = Company.objects.count()
    # Every company's note of when it was read is written: once the statistics know of all, they know of everything.
    wait_until(lambda: _written(FRESHNESS) - freshness >= companies, STATISTICS_SECONDS, "the statistics", pause=0.2)
    needed = 2 * companies + (companies - market_known) + 2 * (Sku.objects.count() - skus)
    return Pass(
        seconds=(run.finished_at - run.created_at).total_seconds(),
        needed=needed,
        sent=_calls() - calls,
        throttled=CallRecord.objects.filter(status=429, happened_at__gte=run.created_at).count(),
        written=_written(*MIRROR) - written,
        freshness=_written(FRESHNESS) - freshness,
        failed=run.details["failed"],
        cpu=cpu,
        load=load,
    )


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _calls() -> int:
    """Count the calls to Partner Center in the log, repeated ones included."""
    return CallRecord.objects.filter(~Q(path__contains="/oauth2/"), happened_at__lte=clock.now()).count()


def _written(*tables: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables WHERE relname = ANY(%s)",
            [list(tables)],
        )
        row: Any = cursor.fetchone()
    return int(row[0])
