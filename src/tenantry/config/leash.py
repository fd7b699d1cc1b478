"""Run a module as a program that ends with the one who started it, even when that one is killed.

``python -m tenantry.config.leash MODULE ARGUMENTS…``: the standard input is a pipe from the owner. When it closes, the
program gets SIGTERM, and after a while it is ended for good.
"""

import os
import runpy
import signal
import sys
import threading
import time

GRACE_SECONDS = 5.0


def _watch() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def main() -> None:
    """Start watching the owner, then be the module."""
    module, *arguments = sys.argv[1:]
    threading.Thread(target=_watch, name="leash", daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
