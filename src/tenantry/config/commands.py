"""What the commands of the command line do; each returns the exit code of the program."""

import getpass
import secrets
import signal
import sys
import threading
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection

from tenantry.audit import queries as audit
from tenantry.audit.repair import accept_breaks
from tenantry.branding import queries as branding
from tenantry.config import rights
from tenantry.config.checks import Role, database_problems, problems
from tenantry.config.database.base import wait_at_most
from tenantry.config.server import WebServer
from tenantry.jobs.queue import run_worker
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor
from tenantry.kernel.seal import new_key_pair
from tenantry.licensing import actions as licensing
from tenantry.licensing.moment import Moment
from tenantry.people import actions as people
from tenantry.people import queries as people_queries

# Every machine that migrates takes this lock first, so that two of them never do it at once.
MIGRATION_LOCK = 0x7E4A47


def web() -> int:
    """Serve until SIGTERM or SIGINT."""
    if refused := _not_ready(Role.WEB):
        return refused
    try:
        call_command("collectstatic", interactive=False, verbosity=0)
    except OSError as error:
        return _refuse([f"TENANTRY_VAR is {settings.VAR}, which cannot be written: {error.strerror}."])
    if not people_queries.has_owner():
        link = people.make_owner_link(clock.now())
        _say(f"Nobody owns this installation yet. Whoever opens this link once becomes its owner:\n  {link}")
    branding.current()  # known from now on, also while the database is away
    connection.close()  # the processes that serve open their own
    wait_at_most(connection.settings_dict["OPTIONS"], settings.DATABASE_SECONDS)
    WebServer().run()
    return 0


def worker() -> int:
    """Work off jobs until SIGTERM or SIGINT."""
    if refused := _not_ready(Role.WORKER):
        return refused
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_worker(stop)
    return 0


def migrate() -> int:
    """Bring the database to this release, and the web's role to its rights; several machines may try at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            call_command("migrate", interactive=False, verbosity=1)
            _say(rights.grant(settings.WEB_ROLE))
        except rights.WrongRole as problem:
            return _refuse([str(problem)])
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
    return 0


def check(role_name: str | None) -> int:
    """Say everything that keeps a process of this kind from starting."""
    role = Role(role_name) if role_name else Role.WORKER if settings.SEAL_PRIVATE_KEYS else Role.WEB
    if found := problems(role) + database_problems():
        return _refuse(found)
    _say(f"Everything that a {role} process needs is in order.")
    return 0


def keys(*, rotate: bool) -> int:
    """Print new keys, with the name of the process that may have them."""
    public, private = new_key_pair()
    if not rotate:
        _say("# Web and worker:")
        _say(f"TENANTRY_SECRET_KEY={secrets.token_urlsafe(48)}")
        _say(f"TENANTRY_SEAL_PUBLIC_KEY={public}")
        _say("# Worker only:")
        _say(f"TENANTRY_SEAL_PRIVATE_KEYS={private}")
        return 0
    if not settings.SEAL_PRIVATE_KEYS:
        return _refuse(["Run this with the worker's settings: the keys in use stay behind the new one."])
    _say("# First the worker, and start it again:")
    _say(f"TENANTRY_SEAL_PRIVATE_KEYS={','.join([private, *settings.SEAL_PRIVATE_KEYS])}")
    _say("# Then web and worker:")
    _say(f"TENANTRY_SEAL_PUBLIC_KEY={public}")
    return 0


def owner_link() -> int:
    """Print a one-time link."""
    _say(people.make_owner_link(clock.now(), acting_as=Actor.operator(getpass.getuser())))
    return 0


def stop(reason: str) -> int:
    """Throw the stop switch where no page can be reached."""
    licensing.stop(acting_as=Actor.operator(getpass.getuser()), reason=reason, moment=Moment.current())
    _say("The stop switch is on. Nothing more is sent to Microsoft; switch it off in back office › Settings.")
    return 0


def verify_audit(published: Path | None) -> int:
    """Say whether the audit record is whole."""
    result = audit.verify(audit.read_heads(published.read_text(encoding="utf-8")) if published else [])
    _say(f"{result.rows} rows in {result.chains} chains.")
    for found in result.accepted:
        _say(f"accepted: {_place(found)}")
    for found in result.breaks:
        _say(f"BROKEN: {_place(found)}")
    _say("The audit record is whole." if result.whole else "The audit record is NOT whole.")
    return 0 if result.whole else 1


def accept_audit(reason: str) -> int:
    """Note every place where the audit record is broken as looked into, so that a check tells of new ones."""
    if not reason.strip():
        return _refuse(["Say with --reason what was found out; it stands in the audit record from then on."])
    try:
        found = accept_breaks(acting_as=Actor.operator(getpass.getuser()), reason=reason.strip(), now=clock.now())
    except ProgrammingError:
        return _refuse(["Only the owner of the tables may do this: run it with the worker's settings."])
    for place in found.breaks:
        _say(f"accepted: {_place(place)}")
    _say(f"{len(found.breaks)} places were noted in the audit record." if found.breaks else "Nothing is broken.")
    return 0


def _place(found: audit.Break) -> str:
    return f"{found.company_id or 'partner'}, row {found.sequence}: {found.fault}"


def _not_ready(role: Role) -> int:
    found = problems(role) or database_problems()
    return _refuse(found) if found else 0


def _refuse(sentences: list[str]) -> int:
    for sentence in sentences:
        sys.stderr.write(f"tenantry: {sentence}\n")
    return 2


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
