"""The command line: tenantry web, worker, migrate, check, keys, owner-link, stop, audit, demo, sandbox."""

import argparse
import os
import sys
from pathlib import Path

from tenantry.config.env import SettingError


def main(argv: list[str] | None = None) -> int:
    """Run one command and return the exit code of the program."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["sandbox"]:
        try:
            from tenantry.sandbox.cli import main as sandbox
        except ModuleNotFoundError as missing:
            sys.stderr.write(
                f"tenantry: The sandbox needs {missing.name}, which production does without. "
                "Where the product's source is: pip install '.[sandbox]'\n"
            )
            return 2
        return sandbox(words[1:])
    options = _parser().parse_args(words)
    if options.command == "demo":
        from tenantry.config import demo

        return demo.reset() if options.reset else demo.run(empty=options.empty)
    try:
        return _with_django(options)
    except SettingError as problem:
        sys.stderr.write(f"tenantry: {problem}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tenantry", description="Portal for Microsoft CSP direct-bill partners and their customers."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    def add(name: str, words: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=words, description=words)

    add("web", "Serve the portal and the back office.")
    add("worker", "Carry out orders, refreshes and everything else that takes time.")
    add("migrate", "Bring the database to this release.")
    check = add("check", "Say what is unsafe or missing in the settings.")
    check.add_argument("role", nargs="?", choices=["web", "worker"], help="the kind of process that has these settings")
    keys = add("keys", "Make keys.")
    keys.add_argument("--rotate", action="store_true", help="only a new pair for sealing, before the ones in use")
    add("owner-link", "Print a one-time link that makes an owner.")
    stop = add("stop", "Switch the stop switch on: nothing more is sent to Microsoft until somebody switches it off.")
    stop.add_argument("reason", help="why, for those who read it on every page")
    audit = add("audit", "Look after the audit record.")
    audit.add_argument(
        "action",
        choices=["verify", "accept"],
        help="verify: say whether every row is there and unchanged; accept: note what is broken as looked into",
    )
    audit.add_argument("--published", type=Path, metavar="FILE", help="heads from kept mails, to compare with")
    audit.add_argument("--reason", default="", metavar="WORDS", help="with accept: what was found out, for the record")
    demo = add("demo", "Run everything on a rehearsal world.")
    demo.add_argument("--empty", action="store_true", help="nothing is set up: begin with the owner link")
    demo.add_argument("--reset", action="store_true", help="forget the rehearsal world")
    commands.add_parser("sandbox", help="Serve a stand-in for Microsoft.", add_help=False)
    return parser


def _with_django(options: argparse.Namespace) -> int:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "tenantry.config.settings"
    django.setup()
    from tenantry.config import commands

    match options.command:
        case "web":
            return commands.web()
        case "worker":
            return commands.worker()
        case "migrate":
            return commands.migrate()
        case "check":
            return commands.check(options.role)
        case "keys":
            return commands.keys(rotate=options.rotate)
        case "owner-link":
            return commands.owner_link()
        case "stop":
            return commands.stop(options.reason)
        case _ if options.action == "accept":
            return commands.accept_audit(options.reason)
        case _:
            return commands.verify_audit(options.published)


if __name__ == "__main__":
    sys.exit(main())
