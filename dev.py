#!/usr/bin/env python3
"""Everything a developer or a curious person types: python dev.py help.

The standard library only. Builds .venv from the hashed lock files, with uv where it is installed, else with pip.
Written so that even Python 3.6 can read it, and say that it is too old.
"""

import errno
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "lock.stamp"
LOCKS = {
    "run.txt": (),
    "dev.txt": ("sandbox", "demo", "dev"),
}
NEEDED_MEGABYTES = 900
TEMPLATES = ["-t", "2", "src/tenantry/web"]

HELP = """\
demo [--empty]   run the product on a rehearsal world; Ctrl-C stops it, a second start goes on
                 (PORT=8000 SANDBOX_PORT=8001 choose other ports; --empty: set everything up by hand)
demo-reset       forget the rehearsal world and start over with the next demo
test [...]       run all tests; further words go to pytest
check            ruff, djhtml, mypy, import-linter, missing migrations, documented settings, house rules
bench [...]      print the measured figures
fmt              put the code and the templates into shape
lock             compile requirements/*.txt from pyproject.toml
help             print this
"""


class Stop(Exception):  # noqa: N818 - reads as what it is
    """Something a person must know; the text is the whole message."""


def main(arguments: "list[str]") -> int:
    """Do what the first word says."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    actions = {
        "demo": demo,
        "demo-reset": demo_reset,
        "test": test,
        "check": check,
        "bench": bench,
        "fmt": fmt,
        "lock": lock,
    }
    if command in {"help", "-h", "--help"}:
        sys.stdout.write(HELP)
        return 0
    if command not in actions:
        raise Stop(f"There is no command {command!r}.\n\n{HELP}")
    return actions[command](rest)


def demo(rest: "list[str]") -> int:
    """Run the product on the rehearsal world."""
    build()
    become([str(PYTHON), "-m", "tenantry.config.cli", "demo", *rest])
    return 0


def demo_reset(rest: "list[str]") -> int:
    """Forget the rehearsal world."""
    build()
    return run([str(PYTHON), "-m", "tenantry.config.cli", "demo", "--reset", *rest])


def test(rest: "list[str]") -> int:
    """Run the tests side by side on as many cores as there are, four at most."""
    build()
    beside = [] if any(word.startswith("-n") for word in rest) else ["-n", str(min(4, os.cpu_count() or 1))]
    return run([str(PYTHON), "-m", "pytest", *beside, "--dist=loadfile", *rest])


def check(rest: "list[str]") -> int:
    """Run every check, also after one has failed, and name those that did."""
    build()
    tool = str(VENV / "bin")
    steps = {
        "ruff check": [f"{tool}/ruff", "check"],
        "ruff format": [f"{tool}/ruff", "format", "--check"],
        "djhtml": [f"{tool}/djhtml", "--check", *TEMPLATES],
        "mypy": [f"{tool}/mypy"],
        "import-linter": [f"{tool}/lint-imports"],
        "migrations, settings, house rules": [str(PYTHON), "-m", "pytest", "-q", "tests/architecture"],
    }
    failed = []
    for name, command in steps.items():
        say(f"· {name}")
        if run(command):
            failed.append(name)
    say("Failed: " + ", ".join(failed) if failed else "All checks passed.")
    return 1 if failed else 0


def bench(rest: "list[str]") -> int:
    """Print the measured figures."""
    build()
    return run([str(PYTHON), "-m", "bench", *rest])


def fmt(rest: "list[str]") -> int:
    """Put the code and the templates into shape."""
    build()
    tool = str(VENV / "bin")
    return (
        run([f"{tool}/ruff", "check", "--fix", "-q"])
        or run([f"{tool}/ruff", "format"])
        or run([f"{tool}/djhtml", *TEMPLATES])
    )


def lock(rest: "list[str]") -> int:
    """Compile the lock files: every version with its hashes, no address of any package index or machine."""
    with tempfile.TemporaryDirectory() as scratch:
        uv = shutil.which("uv")
        if uv is None:
            say("Fetching uv to compile with …")
            make_venv(Path(scratch) / "venv")
            succeed([str(Path(scratch) / "venv" / "bin" / "pip"), "install", "-q", "uv"], "uv could not be fetched.")
            uv = str(Path(scratch) / "venv" / "bin" / "uv")
        for name, extras in LOCKS.items():
            target = ROOT / "requirements" / name
            target.parent.mkdir(exist_ok=True)
            command = [uv, "pip", "compile", "pyproject.toml", "--generate-hashes", "--universal", "--upgrade", "-q"]
            command += ["--python-version", "3.11", "--no-header"]
            if name != "run.txt":
                command += ["--constraint", "requirements/run.txt"]
            for extra in extras:
                command += ["--extra", extra]
            compiled = Path(scratch) / name
            succeed([*command, "-o", str(compiled)], "The versions could not be worked out.")
            # The comments would name this constraint file and its path.
            text = re.sub(r"^ +# .*\n", "", compiled.read_text(), flags=re.MULTILINE)
            found = re.search(r"://|file:|@ |^--.*", text, re.MULTILINE)
            if found:
                raise Stop(f"{name} would carry an address ({found.group()}); it was not written.")
            target.write_text(text)
            say(f"requirements/{name}: {len(re.findall('^[a-z]', text, re.MULTILINE))} packages")
    return 0


def build() -> None:
    """Make .venv fit the lock; do nothing when it does already."""
    wanted = hashlib.sha256((ROOT / "requirements" / "dev.txt").read_bytes()).hexdigest()
    if works(PYTHON) and STAMP.exists() and STAMP.read_text() == wanted:
        return
    free = shutil.disk_usage(ROOT).free // 2**20
    if free < NEEDED_MEGABYTES:
        raise Stop(f"The disk is nearly full: {free} MB are free, the packages need about {NEEDED_MEGABYTES} MB.")
    say("Building the environment in .venv (once, half a minute) …")
    uv = shutil.which("uv")
    if not works(PYTHON):
        if VENV.is_symlink() or VENV.is_file():
            raise Stop(f"{VENV} is no directory; move it away.")
        shutil.rmtree(VENV, ignore_errors=True)
        if uv:
            succeed([uv, "venv", "-q", "--python", sys.executable, str(VENV)], "uv could not make .venv.")
        else:
            make_venv(VENV)
    trouble = "The packages could not be installed; see above. Is the network there?"
    packages = ["--require-hashes", "-r", "requirements/dev.txt"]
    if uv:
        succeed([uv, "pip", "install", "-q", "--python", str(PYTHON), *packages], trouble)
    else:
        succeed([str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], trouble)
    site = subprocess.check_output(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    )
    (Path(site.strip()) / "tenantry-source.pth").write_text(f"{ROOT / 'src'}\n")
    STAMP.write_text(wanted)


def make_venv(directory: Path) -> None:
    """Make a virtual environment; some systems split what that needs off their Python."""
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Stop(
            "This Python comes without venv. Install it and try again:\n"
            f"  Debian, Ubuntu:  apt-get install python{version}-venv\n"
            "  openSUSE:        zypper install python3-venv\n"
            "  or install uv, which needs neither venv nor pip."
        ) from None
    venv.create(directory, with_pip=True)


def works(python: Path) -> bool:
    """Tell whether an interpreter starts and is new enough."""
    question = f"import sys; sys.exit(sys.version_info < {OLDEST!r})"
    try:
        return subprocess.call([str(python), "-c", question], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def run(command: "list[str]") -> int:
    """Run a command in the project and return its exit code; Ctrl-C is the command's to answer."""
    with subprocess.Popen(command, cwd=ROOT) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def become(command: "list[str]") -> None:
    """Turn into a command, so that every signal reaches it and nobody stands between."""
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(command[0], command)


def succeed(command: "list[str]", sentence: str) -> None:
    """Run a command that must succeed."""
    if run(command):
        raise Stop(sentence)


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def newer_python() -> "str | None":
    """Find a Python on this machine that is new enough."""
    names = [f"python3.{minor}" for minor in range(20, OLDEST[1] - 1, -1)]
    return next((path for path in map(shutil.which, names) if path and works(Path(path))), None)


if __name__ == "__main__":
    try:
        if sys.version_info < OLDEST:
            newer = newer_python()
            if newer is None:
                raise Stop(
                    f"Tenantry needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}. "
                    "Install one (Debian, Ubuntu: apt-get install python3 python3-venv; others: python.org)."
                )
            os.execv(newer, [newer, *sys.argv])
        sys.exit(main(sys.argv[1:]))
    except Stop as stop:
        sys.exit(str(stop))
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            sys.exit("The disk is full. Free some space and try again.")
        if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise
        sys.exit(f"{error.filename or ROOT} cannot be used: {error.strerror}. Is this folder yours to write in?")
