"""The two applications at Microsoft: secrets that end are told in time, each warning once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django import Settings

from tenantry.notices.models import Notice
from tenantry.people import actions
from tenantry.people.application import secrets_that_end

pytestmark = pytest.mark.django_db

ENDS = date(2027, 3, 31)


def at(left: int) -> datetime:
    """Return a moment so many days before the secret ends."""
    return datetime(ENDS.year, ENDS.month, ENDS.day, 2, 10, tzinfo=UTC) - timedelta(days=left)


def told() -> list[str]:
    """Return which warnings were told: secret and days, oldest first."""
    kept = Notice.objects.filter(kind="secret_ends").order_by("created_at", "id").values_list("subject_id", flat=True)
    return [":".join(subject.split(":")[:2]) for subject in kept]


def test_without_a_day_nobody_is_warned(db: None) -> None:
    for left in range(-2, 40):
        actions.warn_of_secrets(at(left))
    assert (told(), secrets_that_end(ENDS)) == ([], [])


@pytest.mark.parametrize(("setting", "name"), [("SIGN_IN_SECRET_ENDS", "sign_in"), ("PARTNER_SECRET_ENDS", "partner")])
def test_every_step_is_told_once(settings: Settings, setting: str, name: str) -> None:
    setattr(settings, setting, ENDS)
    for left in range(40, -3, -1):
        actions.warn_of_secrets(at(left))
        actions.warn_of_secrets(at(left))
    assert told() == [f"{name}:30", f"{name}:14", f"{name}:7", f"{name}:2"]


def test_after_days_without_a_worker_only_the_due_step_is_told(settings: Settings) -> None:
    settings.SIGN_IN_SECRET_ENDS = ENDS
    for left in (35, 6, 6, 1):
        actions.warn_of_secrets(at(left))
    assert told() == ["sign_in:7", "sign_in:2"]


def test_another_day_is_told_for_itself_and_the_old_one_not_again(settings: Settings) -> None:
    settings.SIGN_IN_SECRET_ENDS = ENDS
    actions.warn_of_secrets(at(10))
    settings.SIGN_IN_SECRET_ENDS = ENDS + timedelta(days=180)  # a new secret
    actions.warn_of_secrets(at(9))
    assert told() == ["sign_in:14"]
    settings.SIGN_IN_SECRET_ENDS = ENDS + timedelta(days=1)  # a slip of the pen is corrected
    actions.warn_of_secrets(at(9))
    settings.SIGN_IN_SECRET_ENDS = ENDS
    actions.warn_of_secrets(at(8))
    assert told() == ["sign_in:14", "sign_in:14"]


def test_the_mail_says_when_and_what_to_do(settings: Settings) -> None:
    settings.SIGN_IN_SECRET_ENDS = settings.PARTNER_SECRET_ENDS = ENDS
    actions.warn_of_secrets(at(2))
    sign_in, partner = Notice.objects.order_by("subject_id").values_list("subject", "body")[::-1]
    assert sign_in[0] == "The secret of the application for sign-in ends on 31 March 2027."
    assert "TENANTRY_SIGN_IN_CLIENT_SECRET" in sign_in[1]
    assert "TENANTRY_SIGN_IN_SECRET_ENDS" in sign_in[1]
    assert partner[0] == "The secret of the application for Partner Center ends on 31 March 2027."
    assert "TENANTRY_PARTNER_CLIENT_SECRET" in partner[1]


def test_the_back_office_has_it_from_a_fortnight_before_until_the_setting_changes(settings: Settings) -> None:
    settings.SIGN_IN_SECRET_ENDS = ENDS
    shown = [left for left in range(40, -10, -1) if secrets_that_end(at(left).date())]
    assert shown == list(range(14, -10, -1))
