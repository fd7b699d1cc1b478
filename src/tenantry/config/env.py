"""Typed readers of the environment: every setting is read once, loudly, and may come from a file (NAME_FILE)."""

import os
from datetime import date, datetime
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from tenantry.kernel.addresses import ascii_domain, read_address
from tenantry.kernel.numbers import whole_number

# Every name that was read so far with its default (None: required); docs/reference/settings.md is checked against it.
known: dict[str, str | None] = {}


class SettingError(Exception):
    """A setting is missing or unusable; the text says which one and what is expected."""


def text(name: str, default: str | None = None) -> str:
    """Return a setting as text, from NAME or from the file that NAME_FILE points to.

    Errors: SettingError if it is missing and has no default, or if the file cannot be read.
    """
    known.setdefault(name, default)
    from_file = os.environ.get(f"{name}_FILE")
    if from_file:
        try:
            return Path(from_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingError(f"{name}_FILE points to {from_file}, which cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError:
            raise SettingError(f"{name}_FILE points to {from_file}, which is not written in UTF-8.") from None
    value = os.environ.get(name)
    if value is not None and value.strip():
        return value.strip()
    if default is None:
        raise SettingError(f"{name} is not set.")
    return default


def flag(name: str, default: bool) -> bool:
    """Return a yes-or-no setting.

    Errors: SettingError for anything but 1/0, true/false, yes/no, on/off.
    """
    value = text(name, "true" if default else "false").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise SettingError(f"{name} is {value!r}; write true or false.")


def number(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """Return a whole number that is at least ``least`` and at most ``most``.

    Errors: SettingError if it is no whole number, too small or too large.
    """
    value = text(name, str(default))
    result = whole_number(value)
    if result is None:
        raise SettingError(f"{name} is {value!r}; write a whole number without points or commas, such as {default}.")
    if result < least:
        raise SettingError(f"{name} is {result}; the least is {least}.")
    if most is not None and result > most:
        raise SettingError(f"{name} is {result}; the most is {most}.")
    return result


def choice(name: str, default: str, among: tuple[str, ...]) -> str:
    """Return one of several words.

    Errors: SettingError for any other word.
    """
    value = text(name, default).lower()
    if value not in among:
        raise SettingError(f"{name} is {value!r}; write one of: {', '.join(among)}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list without empty entries."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def url(name: str, default: str | None = None, *, host_only: bool = False) -> str:
    """Return an http(s) address without a trailing slash; ``host_only`` allows nothing behind host and port.

    Errors: SettingError if it is no absolute http(s) address.
    """
    value = text(name, default)
    if value == "" and default == "":
        return ""
    parts = split(name, value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingError(f"{name} is {value!r}; write an address such as https://portal.example.org.")
    if not parts.hostname.isascii():
        kept = ascii_domain(parts.hostname) or "xn--…"
        raise SettingError(f"{name} is {value!r}; write its host in ASCII, as browsers send it: {kept}.")
    address = value.rstrip("/")
    if host_only and address != f"{parts.scheme}://{parts.netloc}":
        raise SettingError(f"{name} is {value!r}; write only scheme and host, such as https://portal.example.org.")
    return address


def address(name: str, default: str) -> str:
    """Return a mail address, its domain in ASCII.

    Errors: SettingError if it is none, or comes with a name.
    """
    kept = read_address(value := text(name, default))
    if kept is None:
        raise SettingError(f"{name} is {value!r}; write a mail address alone, such as portal@example.org.")
    return kept


def split(name: str, value: str) -> SplitResult:
    """Take an address apart; its value may hold a password and is not repeated.

    Errors: SettingError if that cannot be done.
    """
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise SettingError(
            f"{name} cannot be taken apart. Characters such as / # ? @ [ ] in a password are written as %2F %23 …, "
            "and a port is a number."
        ) from None
    return parts


def time_zone(name: str, default: str) -> str:
    """Return the name of a time zone.

    Errors: SettingError if there is none of that name.
    """
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError):
        raise SettingError(f"{name} is {value!r}; write a time zone such as Europe/Berlin.") from None
    return value


def day(name: str) -> date | None:
    """Return a day; None if it is not set.

    Errors: SettingError for anything but year, month and day.
    """
    value = text(name, "")
    if value == "":
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        raise SettingError(f"{name} is {value!r}; write a day such as 2027-06-30.") from None


def unknown() -> list[str]:
    """Return names in the environment that look like our settings but are none: a slip of the pen must not pass."""
    ours = {name for name in os.environ if name.startswith("TENANTRY_")}
    return sorted(name for name in ours if name not in known and name.removesuffix("_FILE") not in known)
