"""One part of the bench in a process of its own: `python -m bench.part PART FILE ROW…` adds its figures to a file."""

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import add_to
from bench.stage import make_database, on_stage, running_web, tidy, wait_until

if TYPE_CHECKING:
    from bench.figures import Figure
    from tenantry.people.models import Company
    from tests.support.house import House

FULL_SIZE = "tenants=2000,subscriptions=40000"
SMALL = "tenants=40,subscriptions=800"
# Calls a minute, twelve and a half times the pace as delivered: two thousand tenants in about a minute, so that the
# product's own work shows. At Microsoft's pace any program would wait long enough to look good.
QUOTA = 6_000
FULL_PAGE = 50  # companies that the back office shows at once
STAFF = "dana.okafor@kestrel-it.example"
# Rows that need all companies in the database; the others are content with one.
AT_FULL_SIZE = frozenset({"refresh", "subscriptions", "companies", "search", "today", "renewals", "memory"})
WITH_WEB = frozenset({"subscriptions", "companies", "search", "today", "renewals", "outcome", "assets", "memory"})


def main(words: Sequence[str]) -> int:
    """Measure the rows that are named."""
    part, file, *rows = words
    for figures in PARTS[part](frozenset(rows)):
        for figure in figures:
            print(f"  {figure.name}: {figure.measured}", flush=True)
        add_to(Path(file), figures)
    return 0


def campaign(_rows: frozenset[str]) -> "Iterator[list[Figure]]":
    """Measure the campaign on the world that people rehearse with."""
    with on_stage("small-msp", 60_000) as sandbox:
        from bench.campaign import figures
        from tests.support.house import leave_house, make_house

        yield figures(make_house(sandbox))
        leave_house()


def inputs(_rows: frozenset[str]) -> "Iterator[list[Figure]]":
    """Measure what becomes of odd inputs."""
    with on_stage("small-msp", 60_000) as sandbox:
        from django.conf import settings

        from bench.inputs import figures
        from tests.support.house import leave_house, make_house

        settings.ALLOWED_HOSTS = ["testserver"]  # as in Django's own tests: the doors are tried without a socket
        logging.getLogger("django.security.DisallowedHost").setLevel(logging.CRITICAL)  # hosts are odd on purpose
        yield figures(make_house(sandbox))
        leave_house()


def words(_rows: frozenset[str]) -> "Iterator[list[Figure]]":
    """Count the words of pages."""
    with on_stage("small-msp", 60_000) as sandbox:
        from django.conf import settings

        from bench.words import figures
        from tests.support.house import leave_house, make_house

        settings.ALLOWED_HOSTS = ["testserver"]
        yield figures(make_house(sandbox))
        leave_house()


def limit(_rows: frozenset[str]) -> "Iterator[list[Figure]]":
    """Measure what many confirmations at once do in a company with enough subscriptions."""
    with on_stage("large:tenants=1,subscriptions=400,seed=7", 60_000) as sandbox:
        from bench.limits import figures
        from tests.support.house import leave_house, make_house
        from tests.support.workers import database_url, running_workers

        house = make_house(sandbox)
        company, portal, _ = _people(house)
        with running_workers(1, QUOTA_PER_MINUTE=60_000), running_web(database_url(), "limit") as web:
            yield figures(house, web, portal, company)
        leave_house()


def proxies(_rows: frozenset[str]) -> "Iterator[list[Figure]]":
    """Measure what the proxies keep from the web process."""
    from bench.proxies import figures

    yield figures()


def at_size(rows: frozenset[str]) -> "Iterator[list[Figure]]":
    """Measure everything that has to do with size."""
    size = FULL_SIZE if rows & AT_FULL_SIZE else SMALL
    with on_stage(f"large:{size},seed=7", QUOTA) as sandbox:
        from tests.support.house import leave_house, make_house
        from tests.support.workers import running_workers

        house = make_house(sandbox)
        company, portal, office = _people(house)
        copies = {"alone": _copy_of_now("alone")}
        if "companies" in rows:
            _add_companies(house, FULL_PAGE)
            copies["page"] = _copy_of_now("page")
        with running_workers(1, QUOTA_PER_MINUTE=QUOTA) as workers, ExitStack() as more:
            worker = workers.running[0].pid
            wait_until(_quiet, 120, "what was due at the start", pause=0.2)
            if rows & AT_FULL_SIZE:
                yield from _fill(rows, house, worker)
            if rows & WITH_WEB:
                yield from _with_web(rows, house, company, (portal, office), copies, worker, more)
            if "killed" in rows:
                from bench.orders import killed

                yield killed(house, workers, company)
        leave_house()


def _fill(rows: frozenset[str], house: "House", worker: int) -> "Iterator[list[Figure]]":
    from bench import refresh
    from tenantry.kernel import clock
    from tenantry.people import actions as people
    from tests.support.house import OWNER

    tenants = list(house.connection.tenants.values_list("tenant_id", flat=True))
    people.add_companies(acting_as=OWNER, connection_id=house.connection.id, tenant_ids=tenants, now=clock.now())
    if "refresh" in rows:
        yield refresh.figures(worker, QUOTA)
    else:
        refresh.refresh(worker)


def _with_web(
    rows: frozenset[str],
    house: "House",
    company: "Company",
    sessions: tuple[str, str],
    copies: dict[str, str],
    worker: int,
    more: ExitStack,
) -> "Iterator[list[Figure]]":
    from bench import memory, orders, pages
    from tests.support.workers import database_url

    portal, office = sessions
    webs = {}
    for name, url in {"full": database_url(), **copies}.items():
        tidy(url)
        webs[name] = more.enter_context(running_web(url, name))
    full = webs["full"]
    if "subscriptions" in rows:
        yield pages.subscriptions(full.visitor(portal), webs["alone"].visitor(portal), company, portal)
    if "companies" in rows:
        yield pages.companies([webs[name].visitor(office) for name in ("full", "page", "alone")], office)
    if "search" in rows:
        yield pages.search(full.visitor(office), webs["alone"].visitor(office), company, office)
    if "today" in rows:
        yield pages.today(full.visitor(office), webs["alone"].visitor(office), office)
    if "renewals" in rows:
        yield pages.renewals(full.visitor(office), webs["alone"].visitor(office), company, office)
    if "assets" in rows:
        yield pages.assets(full.visitor(portal), company)
    if "outcome" in rows:
        yield orders.outcome(house, full.visitor(portal), company)
    if "memory" in rows:
        yield memory.figures(full.processes(), worker)


def _people(house: "House") -> "tuple[Company, str, str]":
    """Add the company that is measured, with somebody who may do everything; return it and two sessions."""
    from tenantry.people.models import EndUserRole, StaffRole
    from tests.support.orders import allow
    from tests.web.portal.visitors import session_of

    world = house.sandbox.world()
    company = house.add_company(world["customers"][0]["id"])
    person = next(found["key"] for found in world["people"] if found["tenant"] == company.tenant_id)
    house.end_user(company, person, EndUserRole.ADMIN)
    house.staff(STAFF, StaffRole.OWNER)
    allow(changes=1_000_000)
    names = {found["key"]: found["upn"] for found in world["people"]}
    return company, session_of(names[person]), session_of(names[STAFF])


def _add_companies(house: "House", wanted: int) -> None:
    from tenantry.people.models import Company

    known = set(Company.objects.values_list("tenant_id", flat=True))
    others = house.connection.tenants.exclude(tenant_id__in=known).order_by("tenant_id")
    for tenant_id in others.values_list("tenant_id", flat=True)[: wanted - len(known)]:
        house.add_company(tenant_id)


def _copy_of_now(kind: str) -> str:
    """Copy the database as it is, and forget the tenants that are no companies."""
    import psycopg
    from django.db import connection

    from tenantry.traffic.calls import call_log
    from tests.support.workers import database_url

    call_log.flush()
    name = str(connection.settings_dict["NAME"])
    connection.close()
    url = make_database(database_url(), f"{name}_{kind}", template=name)
    with psycopg.connect(url, autocommit=True) as copy:
        copy.execute("DELETE FROM connection_tenant WHERE tenant_id NOT IN (SELECT tenant_id FROM people_company)")
    return url


def _quiet() -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
        row = cursor.fetchone()
    return row is not None and row[0] == 0


PARTS = {
    "size": at_size,
    "words": words,
    "limit": limit,
    "inputs": inputs,
    "campaign": campaign,
    "proxies": proxies,
}

if __name__ == "__main__":
    assert os.environ.get("DATABASE_URL"), "run python -m bench"
    sys.exit(main(sys.argv[1:]))
