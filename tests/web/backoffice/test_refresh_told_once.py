"""The end of a refresh is told once, wherever it was watched."""

from tenantry.jobs.models import RunRecord
from tenantry.jobs.testing import run_due_jobs
from tests.support.house import HARBOUR, House
from tests.web.backoffice.visitors import owner, told

TOLD = "1 company was refreshed."


def test_a_refresh_watched_on_its_own_page_is_told_once(house: House) -> None:
    house.add_company(HARBOUR)
    dana = owner(house)
    dana.post("/office/refresh/")
    run = RunRecord.objects.get(kind="refresh_subscriptions")
    own_page = f"/office/refresh/{run.id}/"
    run_due_jobs()

    polled = dana.get(f"{own_page}progress/", headers={"HX-Current-URL": f"http://testserver{own_page}"})
    assert polled.headers["HX-Refresh"] == "true"
    assert dana.get(own_page).headers["Location"] == "/office/companies/"

    assert told(dana, "/office/companies/").count(TOLD) == 1
    assert TOLD not in told(dana, "/office/companies/")
