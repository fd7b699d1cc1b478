"""Jobs about notices."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate import RetryStrategy

from tenantry.audit import actions as audit
from tenantry.audit.jobs import VERIFY, check_record
from tenantry.branding import queries as branding
from tenantry.jobs import runs
from tenantry.jobs.queue import schedule, task
from tenantry.kernel import clock
from tenantry.notices import actions

# After 4, 16, 64 … seconds; the last try comes about six hours after the first.
_AGAIN = RetryStrategy(max_attempts=7, exponential_wait=4, retry_exceptions=[OSError])
# The page of the check has all of them; a message with thousands of lines helps nobody.
_BREAKS_TOLD = 20


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


@task(name="notices.verify_audit_record")
def verify_audit_record() -> None:
    """Read the whole audit record once a night, and tell the partner when it is not as it was written."""
    now = clock.now()
    run = runs.new_run(VERIFY, now=now)
    result = check_record(run.id)
    if result.whole:
        return
    told = "\n".join(
        f"{found.company_id or 'partner'}, {found.sequence}: {found.fault}" for found in result.breaks[:_BREAKS_TOLD]
    )
    places = len(result.breaks)
    if places > _BREAKS_TOLD:
        told += "\n" + _("and %(n)d more") % {"n": places - _BREAKS_TOLD}
    body = _(
        "Somebody who can write to the database has changed or removed what was recorded, or a backup was restored. "
        "Keep a copy of the database as it is, and its logs, before anything is mended. The audit log in the back "
        "office shows where it is broken; “tenantry audit verify” on the console does too."
    )
    actions.notify(
        kind="audit_broken",
        subject=ngettext(
            "The audit record is broken at %(n)d place", "The audit record is broken at %(n)d places", places
        )
        % {"n": places},
        body=f"{body}\n\n{told}\n",
        subject_id=run.id,
        now=now,
    )


schedule("notices.publish_audit_heads", "20 3 * * *")
schedule("notices.verify_audit_record", "50 3 * * *")
