"""Jobs about notices."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate import RetryStrategy

from tenantry.audit import actions as audit
from tenantry.branding import queries as branding
from tenantry.jobs.queue import schedule, task
from tenantry.kernel import clock
from tenantry.notices import actions

# After 4, 16, 64 … seconds; the last try comes about six hours after the first.
_AGAIN = RetryStrategy(max_attempts=7, exponential_wait=4, retry_exceptions=[OSError])


@task(name="notices.send", retry=_AGAIN)
def send(notice_id: str) -> None:
    """Send one notice."""
    actions.send(UUID(notice_id), sender_name=branding.current().portal_name, now=clock.now())


@task(name="notices.publish_audit_heads")
def publish_audit_heads() -> None:
    """Mail the heads of the audit record out of the house."""
    now = clock.now()
    with transaction.atomic():  # a head counts as published only together with its mail
        heads = audit.publish_heads()
        if not heads:
            return
        intro = _("Keep this message. With it, “tenantry audit verify” can prove that no earlier record was rewritten.")
        lines = "\n".join(head.line() for head in heads)
        subject = _("Audit record: heads of %(day)s") % {"day": now.date().isoformat()}
        actions.notify(kind="audit_head", subject=subject, body=f"{intro}\n\n{lines}\n", now=now)


schedule("notices.publish_audit_heads", "20 3 * * *")
