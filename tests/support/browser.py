"""A real Chromium for browser tests."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MISSING = (
    "No Chromium was found. Install one (Debian and Ubuntu: apt-get install chromium; "
    "or: .venv/bin/playwright install chromium) or name its program in CHROMIUM."
)


def launch(playwright: Playwright) -> Browser:
    """Start Chromium; where there is none, CI fails and a person is told how to get one."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None and Path(playwright.chromium.executable_path).exists():
        program = playwright.chromium.executable_path
    if program is None:
        if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
            pytest.fail(_MISSING)
        pytest.skip(_MISSING)
    arguments = ["--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return playwright.chromium.launch(executable_path=program, args=arguments)


class PageWatch:
    """Collect what a page must never do: throw, or do what its own security policy forbids."""

    def __init__(self, page: Page) -> None:
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            self.problems.append(f"{message.type}: {message.text}")
