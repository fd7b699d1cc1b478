"""What pages read about the two applications at Microsoft: whether sign-in works for anybody, and which secrets end."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings

from tenantry.people.models import SignInTrouble

# From so many days before its end on, the back office has a line about a secret.
SECRET_ENDS_SOON = 14


@dataclass(frozen=True, slots=True)
class SignInAlarm:
    """Nobody can sign in, as Microsoft refuses the application; `advice` is a key of `application_trouble_text`."""

    advice: str
    code: str


def sign_in_alarm() -> SignInAlarm | None:
    """Return why nobody can sign in; None while they can, as far as is known."""
    row = SignInTrouble.objects.filter(for_everybody=True).order_by("-last_at").first()
    return None if row is None else SignInAlarm(row.advice, row.code)


def known_secrets() -> list[tuple[str, date]]:
    """Return the secrets ("sign_in", "partner") of which the settings say when they end, with the day."""
    told = (("sign_in", settings.SIGN_IN_SECRET_ENDS), ("partner", settings.PARTNER_SECRET_ENDS))
    return [(name, ends) for name, ends in told if ends is not None]


def secrets_that_end(today: date) -> list[tuple[str, date]]:
    """Return which of them end within a fortnight, or were to end before today."""
    return [(name, ends) for name, ends in known_secrets() if (ends - today).days <= SECRET_ENDS_SOON]
