"""Checking the audit record from its page: a job reads all of it, the page shows how it ended."""

import re

from django.db import connection
from django.urls import reverse

from tenantry.audit.jobs import VERIFY
from tenantry.audit.models import AuditRow
from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord
from tenantry.jobs.queue import enqueue
from tenantry.jobs.testing import run_due_jobs
from tenantry.people.models import Company, StaffRole
from tests.people.house import House
from tests.web.backoffice.visitors import page, staff_of, told

LOG, VERIFY_URL, PROGRESS = "/office/logs/audit/", "/office/logs/audit/verify/", "/office/logs/audit/progress/"


def test_a_whole_record(small: House) -> None:
    dana = staff_of(StaffRole.OWNER)
    assert "Is the record whole? Not checked yet" in told(dana, LOG)
    answer = dana.post(VERIFY_URL)
    assert (answer.status_code, answer.headers["Location"]) == (302, LOG)
    assert "Waiting for a worker" in told(dana, LOG)
    assert "Waiting for a worker" in page(dana.get(PROGRESS))
    run_due_jobs()
    assert dana.get(PROGRESS).headers["HX-Refresh"] == "true"
    shown = told(dana, LOG)
    count = AuditRow.objects.count()
    assert f"Is the record whole? Whole Check the record now The record is whole: {count} rows were read." in shown
    assert "; Owner of staff asked for it." in shown


def test_the_check_of_the_night_is_shown_as_such(small: House) -> None:
    enqueue("notices.verify_audit_record")
    run_due_jobs()
    assert re.search(r"Checked .*, as every night\.", told(staff_of(StaffRole.OWNER), LOG))


def test_two_who_press_get_one_check(small: House) -> None:
    dana, samuel = staff_of(StaffRole.OWNER), staff_of(StaffRole.SUPPORT)
    dana.post(VERIFY_URL)
    samuel.post(VERIFY_URL)
    assert RunRecord.objects.filter(kind=VERIFY).count() == 1
    run_due_jobs()
    assert runs.log(kinds=[VERIFY]).get().state == "done"


def test_a_row_that_was_changed_is_named(small: House) -> None:
    company = Company.objects.get(id=small.harbour)
    with connection.cursor() as cursor:  # as somebody would who can write to the database
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_auditrow DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE audit_auditrow SET actor_name = 'Nobody' WHERE company_id = %s AND sequence = 2", [company.id]
        )
        cursor.execute("ALTER TABLE audit_auditrow ENABLE TRIGGER USER")
    milan = staff_of(StaffRole.ADMIN)
    milan.post(VERIFY_URL)
    run_due_jobs()
    shown = told(milan, LOG)
    assert "Is the record whole? Broken Check the record now The record is broken at 1 place." in shown
    assert f"{company.name}, row 2: the row does not say what it said when it was written" in shown
    assert "Keep a copy of the database as it is" in shown
    assert "Check of the audit record Admin of staff · The record is broken at 1 place." in told(
        milan, reverse("office:logs")
    )


def test_a_check_is_asked_for_by_a_form_only(small: House) -> None:
    assert staff_of(StaffRole.OWNER).get(VERIFY_URL).status_code == 405
    assert not RunRecord.objects.filter(kind=VERIFY).exists()
