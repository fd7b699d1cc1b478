"""How mail leaves the house: one address instead of seven settings."""

from dataclasses import dataclass
from urllib.parse import unquote

from tenantry.config.env import SettingError, split


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server: ``start_tls`` upgrades a plain connection, ``tls`` encrypts from the beginning."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    start_tls: bool = False
    tls: bool = False


def read(address: str) -> tuple[str, MailServer]:
    """Return Django's mail backend and the server for ``smtp://``, ``smtps://`` or nothing.

    ``smtp://`` asks for STARTTLS except on port 25 without a user. Errors: SettingError for other addresses.
    """
    if not address:
        return "django.core.mail.backends.dummy.EmailBackend", MailServer()
    parts = split("TENANTRY_EMAIL_URL", address)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingError("TENANTRY_EMAIL_URL must look like smtp://user:password@host:587 or smtps://….")
    tls = parts.scheme == "smtps"
    port = parts.port or (465 if tls else 587)
    user = unquote(parts.username or "")
    server = MailServer(
        host=parts.hostname,
        port=port,
        user=user,
        password=unquote(parts.password or ""),
        start_tls=not tls and (port != 25 or bool(user)),
        tls=tls,
    )
    return "django.core.mail.backends.smtp.EmailBackend", server
