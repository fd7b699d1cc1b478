"""Asking for a refresh: one run, watched to its end."""

from tenantry.jobs import runs
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.licensing import asking
from tenantry.licensing.moment import Moment
from tenantry.licensing.summary import summaries
from tenantry.people import actions as people
from tenantry.people.outcomes import AddedCompanies
from tests.support.house import HARBOUR, MERIDIAN, NORDLYS, OWNER, House


def test_companies_that_were_just_added_are_read_and_the_others_left_alone(house: House) -> None:
    harbour = house.add_company(HARBOUR)
    before = summaries([harbour.id])[harbour.id].freshness.succeeded_at
    added = people.add_companies(
        acting_as=OWNER, connection_id=house.connection.id, tenant_ids=[NORDLYS, MERIDIAN], now=clock.now()
    )
    assert isinstance(added, AddedCompanies)
    assert summaries(added.added) == {}
    run = asking.ask_first_refresh(acting_as=OWNER, moment=Moment.current())
    assert (run.kind, run.asked_by, run.state) == ("refresh_new", "Dana Okafor", "waiting")

    run_due_jobs()

    done = runs.run(run.id)
    assert done is not None
    assert (done.state, done.message_key, done.steps_done, done.steps_total) == ("done", "refreshed", 2, 2)
    assert set(summaries(added.added)) == set(added.added)
    assert all(one.active and one.seats for one in summaries(added.added).values())
    assert summaries([harbour.id])[harbour.id].freshness.succeeded_at == before


def test_asking_twice_is_one_refresh(house: House) -> None:
    harbour = house.add_company(HARBOUR)
    moment = Moment.current()
    everything = asking.ask_refresh_all(acting_as=OWNER, moment=moment)
    assert asking.ask_refresh_all(acting_as=OWNER, moment=moment).id == everything.id
    one = asking.ask_refresh_company(acting_as=OWNER, company_id=harbour.id, moment=moment)
    assert asking.ask_refresh_company(acting_as=OWNER, company_id=harbour.id, moment=moment).id == one.id
    assert (one.company_id, one.subject_id) == (harbour.id, str(harbour.id))

    assert run_due_jobs() == ["licensing.refresh_all", "licensing.refresh_company"]

    for run_id in (everything.id, one.id):
        done = runs.run(run_id)
        assert done is not None
        assert (done.state, done.details["companies"], done.details["failed"]) == ("done", 1, 0)
    assert asking.ask_refresh_all(acting_as=OWNER, moment=moment).id != everything.id


def test_a_refresh_that_reaches_nobody_says_so(house: House) -> None:
    harbour = house.add_company(HARBOUR)
    house.sandbox.fault("status", status=403, code=3000)
    run = asking.ask_refresh_company(acting_as=OWNER, company_id=harbour.id, moment=Moment.current())
    run_due_jobs()
    done = runs.run(run.id)
    assert done is not None
    assert (done.state, done.message_key, done.details["failed"]) == ("failed", "refresh_failed", 1)
    assert summaries([harbour.id])[harbour.id].freshness.failing
