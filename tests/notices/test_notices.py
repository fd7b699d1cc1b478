"""The outbox: stored with its cause, sent once, kept in rehearsal."""

import smtplib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from pytest_django import Settings

from tenantry.audit import actions as audit_actions
from tenantry.audit import queries as audit
from tenantry.audit.jobs import VERIFY
from tenantry.jobs import queue, runs
from tenantry.jobs.testing import run_due_jobs, waiting_jobs
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor, ActorKind
from tenantry.notices import actions, queries
from tenantry.notices.models import NoticeSettings

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FABRIKAM = UUID("11111111-1111-1111-1111-111111111111")
DANA = Actor(ActorKind.STAFF, "7", "Dana", "Dana of Contoso IT")
MAIL = "ops@contoso.example"


class Refusing(BaseEmailBackend):
    """A mail server that is not there the first two times."""

    tries = 0

    def send_messages(self, email_messages: object) -> int:
        Refusing.tries += 1
        if Refusing.tries <= 2:
            raise smtplib.SMTPServerDisconnected("gone away")
        return 1


@pytest.fixture
def production(settings: Settings) -> None:
    settings.REHEARSAL = False
    settings.EMAIL_HOST = "mail.contoso.example"
    settings.DEFAULT_FROM_EMAIL = "portal@contoso.example"


def tell(subject: str = "An order failed", subject_id: str = "", kind: str = "order_failed") -> None:
    actions.notify(kind=kind, subject=subject, body="It failed.", now=NOON, company_id=FABRIKAM, subject_id=subject_id)


@pytest.mark.usefixtures("production")
def test_a_notice_is_sent_once_to_the_notification_address() -> None:
    actions.set_address(acting_as=DANA, address=MAIL, now=NOON)
    tell("An order\nBcc: everybody@example.com failed")
    assert run_due_jobs() == ["notices.send"]
    (sent,) = mail.outbox
    assert (sent.to, sent.body) == ([MAIL], "It failed.")
    assert sent.subject == "An order Bcc: everybody@example.com failed"
    assert sent.from_email == "Tenantry <portal@contoso.example>"
    notice = queries.mailbox().get()
    assert (notice.company_id, notice.attempts, notice.error) == (FABRIKAM, 1, "")
    assert notice.sent_at is not None
    queue.enqueue("notices.send", notice_id=notice.id)
    run_due_jobs()
    assert len(mail.outbox) == 1
    assert queries.notice(notice.id) == notice


@pytest.mark.usefixtures("production")
def test_the_same_thing_is_told_once() -> None:
    actions.set_address(acting_as=DANA, address=MAIL, now=NOON)
    tell(subject_id="order-1")
    tell(subject_id="order-1")
    tell(subject_id="order-2")
    tell(subject_id="order-1", kind="order_unsure")
    tell()
    tell()
    assert len(run_due_jobs()) == len(mail.outbox) == queries.mailbox().count() == 5


@pytest.mark.usefixtures("production")
def test_a_notice_falls_with_its_cause() -> None:
    actions.set_address(acting_as=DANA, address=MAIL, now=NOON)
    with pytest.raises(KeyError), transaction.atomic():
        tell()
        raise KeyError
    assert (queries.mailbox().count(), run_due_jobs()) == (0, [])


def test_in_rehearsal_a_notice_stays_in_the_mailbox(settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.contoso.example"
    settings.REHEARSAL = True
    actions.set_address(acting_as=DANA, address=MAIL, now=NOON)
    tell()
    assert (run_due_jobs(), mail.outbox) == ([], [])
    notice = queries.mailbox().get()
    assert (notice.address, notice.subject, notice.sent_at) == (MAIL, "An order failed", None)


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("missing", ["address", "server"])
def test_without_an_address_or_a_server_it_stays_as_well(settings: Settings, missing: str) -> None:
    if missing == "server":
        settings.EMAIL_HOST = ""
        actions.set_address(acting_as=DANA, address=MAIL, now=NOON)
    tell()
    assert (run_due_jobs(), queries.mailbox().count()) == ([], 1)


@pytest.mark.usefixtures("production")
def test_a_mail_server_that_is_away_is_tried_again(settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"{Refusing.__module__}.Refusing"
    Refusing.tries = 0
    actions.set_address(acting_as=DANA, address=MAIL, now=NOON)
    tell()
    assert run_due_jobs() == ["notices.send"]
    notice = queries.mailbox().get()
    assert (notice.sent_at, notice.attempts, notice.error) == (None, 1, "gone away")
    ((_, _, due),) = waiting_jobs()
    assert due is not None
    assert timedelta(seconds=2) < due - clock.now() <= timedelta(seconds=4)
    run_due_jobs(until=clock.now() + timedelta(hours=1))
    notice.refresh_from_db()
    assert (notice.attempts, notice.error, Refusing.tries) == (3, "", 3)
    assert notice.sent_at is not None


def test_the_address_is_checked_and_its_change_recorded() -> None:
    with pytest.raises(ValidationError):
        actions.set_address(acting_as=DANA, address="nobody", now=NOON)
    assert queries.address() == ""
    actions.set_address(acting_as=DANA, address=MAIL, now=NOON)
    actions.set_address(acting_as=DANA, address=MAIL, now=NOON)
    assert queries.address() == MAIL
    actions.set_address(acting_as=DANA, address="", now=NOON)
    assert queries.address() == ""
    assert [(row.verb, row.before, row.after) for row in audit.rows()] == [
        ("notification_address.changed", {"address": MAIL}, {"address": ""}),
        ("notification_address.changed", {"address": ""}, {"address": MAIL}),
    ]


def test_an_address_with_other_letters_is_kept_as_mail_servers_know_it() -> None:
    actions.set_address(acting_as=DANA, address="alerts@weißbrot.example", now=NOON)
    assert queries.address() == "alerts@xn--weibrot-2va.example"


@pytest.mark.usefixtures("production")
def test_an_address_that_an_earlier_release_kept_as_typed_reaches_its_owner() -> None:
    actions.set_address(acting_as=DANA, address=MAIL, now=NOON)
    NoticeSettings.objects.update(address="alerts@weißbrot.example")
    tell()
    run_due_jobs()
    (message,) = mail.outbox
    assert message.recipients() == ["alerts@xn--weibrot-2va.example"]


@pytest.mark.usefixtures("production")
def test_the_heads_of_the_audit_record_leave_by_mail_when_there_are_new_ones() -> None:
    actions.set_address(acting_as=DANA, address=MAIL, now=NOON)
    audit_actions.record(acting_as=DANA, verb="x.y", subject_kind="x", subject_id="1", company_id=FABRIKAM, now=NOON)
    queue.enqueue("notices.publish_audit_heads")
    assert run_due_jobs() == ["notices.publish_audit_heads", "notices.send"]
    (sent,) = mail.outbox
    heads = audit.read_heads(str(sent.body))
    assert [(head.company_id, head.sequence) for head in heads] == [(None, 1), (FABRIKAM, 1)]
    assert audit.verify(heads).whole
    queue.enqueue("notices.publish_audit_heads")
    assert run_due_jobs() == ["notices.publish_audit_heads"]
    assert len(mail.outbox) == 1


@pytest.mark.usefixtures("production")
def test_a_record_that_is_not_whole_is_told_by_mail_every_night() -> None:
    actions.set_address(acting_as=DANA, address=MAIL, now=NOON)
    queue.enqueue("notices.verify_audit_record")
    assert run_due_jobs() == ["notices.verify_audit_record"]
    assert [run.message_key for run in runs.log(kinds=[VERIFY])] == ["audit_whole"]
    assert mail.outbox == []
    with connection.cursor() as cursor:  # as somebody would who can write to the database
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_auditrow DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_auditrow SET actor_name = 'Nobody'")
        cursor.execute("ALTER TABLE audit_auditrow ENABLE TRIGGER USER")
    for night in (1, 2):
        queue.enqueue("notices.verify_audit_record")
        assert run_due_jobs() == ["notices.verify_audit_record", "notices.send"]
        assert len(mail.outbox) == night
    assert mail.outbox[0].subject == "The audit record is broken at 1 place"
    assert str(mail.outbox[0].body).endswith("\npartner, 1: changed\n")
    assert {run.message_key for run in runs.log(kinds=[VERIFY])} == {"audit_whole", "audit_broken"}
