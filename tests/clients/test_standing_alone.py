"""The clients are libraries: they work in a program that has never heard of Django."""

import os
import subprocess
import sys

PROGRAM = """
import sys
from tenantry.clients import entra, http, partner_center
from tenantry.clients.http.retry import ATTEMPTS
assert ATTEMPTS and entra.EntraClient and partner_center.PartnerCenter and http.Session
foreign = {name.split(".")[0] for name in sys.modules} & {"django", "procrastinate", "psycopg"}
rooms = {name for name in sys.modules if name.startswith("tenantry.") and not name.startswith("tenantry.clients")}
assert not foreign and not rooms, (foreign, rooms)
"""


def test_the_clients_need_neither_django_nor_any_other_room() -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "TENANTRY", "COV"))}
    done = subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM], env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
