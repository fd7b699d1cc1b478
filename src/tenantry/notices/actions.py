"""Telling the partner: a notice is stored with what caused it, and sent by the worker."""

from datetime import datetime
from email.utils import formataddr
from uuid import UUID

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction

from tenantry.audit import actions as audit
from tenantry.jobs.queue import enqueue
from tenantry.kernel.actor import Actor
from tenantry.kernel.addresses import read_address
from tenantry.kernel.columns import fit
from tenantry.notices.models import Notice, NoticeSettings

_log = structlog.get_logger(__name__)


def notify(
    *, kind: str, subject: str, body: str, now: datetime, company_id: UUID | None = None, subject_id: str | UUID = ""
) -> None:
    """Store a notice in the caller's transaction, to be sent at once after it.

    A second notice of the same kind about the same ``subject_id`` is not stored. In rehearsal, and without a
    notification address or a mail server, it stays in the mailbox.
    """
    notice = Notice(
        kind=kind,
        company_id=company_id,
        subject_id=str(subject_id),
        address=_settings().address,
        subject=fit(Notice, "subject", " ".join(subject.split())),
        body=body,
        created_at=now,
    )
    with transaction.atomic():
        Notice.objects.bulk_create([notice], ignore_conflicts=True)
        if Notice.objects.filter(id=notice.id).exists() and notice.address and can_send():
            enqueue("notices.send", notice_id=notice.id, lock=f"notice:{notice.id}")


def can_send() -> bool:
    """Tell whether mail leaves this installation at all."""
    return bool(settings.EMAIL_HOST) and not settings.REHEARSAL


def set_address(*, acting_as: Actor, address: str, now: datetime) -> None:
    """Change where notices go; empty means that they stay in the mailbox.

    Errors: ValidationError for what is no mail address.
    """
    acting_as.check_whole_partner()
    if address:
        kept = read_address(address)
        if kept is None:
            raise ValidationError("not an address")
        address = kept
    with transaction.atomic():
        before = NoticeSettings.objects.select_for_update().get(id=_settings().id).address
        if before == address:
            return
        NoticeSettings.objects.filter(id=1).update(address=address)
        audit.record(
            acting_as=acting_as,
            verb="notification_address.changed",
            subject_kind="settings",
            subject_id="notification_address",
            before={"address": before},
            after={"address": address},
            now=now,
        )


def send(notice_id: UUID, *, sender_name: str, now: datetime) -> None:
    """Send one notice now, under the name of the partner's portal.

    A crash between the sending and the note of it sends it twice, which is better than not at all.

    Errors: OSError (SMTPException is one) when the mail server does not take it; the attempt is noted.
    """
    notice = Notice.objects.get(id=notice_id)
    if notice.sent_at is not None or not can_send():
        return
    sender = formataddr((sender_name, settings.DEFAULT_FROM_EMAIL)) if sender_name else settings.DEFAULT_FROM_EMAIL
    mail = EmailMessage(
        notice.subject,
        notice.body,
        sender,
        # Django would read other letters in a domain by the rules of 2003.
        [read_address(notice.address) or notice.address],
        headers={"Auto-Submitted": "auto-generated"},
    )
    notice.attempts += 1
    try:
        mail.send()
    except OSError as error:
        notice.error = fit(Notice, "error", str(error))
        notice.save(update_fields=["attempts", "error"])
        _log.warning("notice.not_sent", notice_id=str(notice.id), error=notice.error)
        raise
    notice.sent_at, notice.error = now, ""
    notice.save(update_fields=["attempts", "error", "sent_at"])


def _settings() -> NoticeSettings:
    return NoticeSettings.objects.get_or_create(id=1)[0]
