"""Every setting is documented, and nothing is documented that does not exist."""

import io
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from tenantry.config import env

ROOT = Path(__file__).resolve().parents[2]


def documented() -> dict[str, str]:
    """Return the names of docs/reference/settings.md with what they say about the default."""
    text = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    return dict(re.findall(r"(?m)^\| `([A-Z_]+)` \| ([^|]*?) \| [^|]+ \|$", text))


def test_settings_and_their_page_are_the_same() -> None:
    assert settings.configured
    assert sorted(documented()) == sorted(env.known)


def test_defaults_are_as_the_page_says() -> None:
    told = documented()
    for name, default in env.known.items():
        if name == "TENANTRY_SECRET_KEY":
            continue  # its default exists for tools only, and every process refuses it
        assert told[name] == (f"`{default}`" if default else "empty"), name


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    told = io.StringIO()
    call_command("makemigrations", check_changes=True, dry_run=True, stdout=told)
    assert told.getvalue() == "No changes detected\n"
