"""Run the sandbox: `python -m tenantry.sandbox`."""

import sys

from tenantry.sandbox.cli import main

if __name__ == "__main__":
    sys.exit(main())
