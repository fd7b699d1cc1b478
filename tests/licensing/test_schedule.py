"""The scheduled refresh of everything."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from tenantry.jobs.models import RunRecord
from tenantry.jobs.testing import waiting_jobs
from tenantry.licensing.jobs import refresh_now, refresh_when_due
from tests.people.house import make_house


@pytest.mark.django_db
def test_everything_is_refreshed_when_the_last_time_is_long_enough_ago(settings: Settings) -> None:
    settings.REFRESH_EVERY_MINUTES = 30
    make_house()
    refresh_when_due()
    assert [name for name, _arguments, _at in waiting_jobs()] == ["licensing.refresh_all"]
    first = RunRecord.objects.get()

    RunRecord.objects.update(state="done")
    refresh_when_due()
    assert RunRecord.objects.count() == 1

    RunRecord.objects.update(created_at=first.created_at - timedelta(minutes=31))
    refresh_when_due()
    assert RunRecord.objects.count() == 2


@pytest.mark.django_db
def test_without_companies_there_is_nothing_to_refresh_and_nothing_in_the_log() -> None:
    refresh_when_due()
    refresh_now()
    assert not RunRecord.objects.exists()
    assert waiting_jobs() == []
