"""A worker in a process of its own, which a test can kill: ``python worker_process.py DATABASE``."""

import os
import signal
import sys
import threading
import time

import django
from django.conf import settings
from django.db import connection


def main(database: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    from tenantry.jobs import queue

    @queue.task(name="tests.hold")
    def hold(seconds: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO tests_held (pid) VALUES (%s)", [os.getpid()])
        time.sleep(seconds)

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    queue.run_worker(stop)


if __name__ == "__main__":
    main(sys.argv[1])
