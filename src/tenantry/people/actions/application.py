"""The application for sign-in: telling when Microsoft refuses it for everybody, and before its secret ends."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from tenantry.clients.http import SignInNeeded
from tenantry.kernel.columns import fit
from tenantry.kernel.locks import lock_in_transaction
from tenantry.notices import actions as notices
from tenantry.people import rules
from tenantry.people.application import known_secrets
from tenantry.people.models import SignInTrouble
from tenantry.people.texts import application_trouble_text, secret_ends_text


@transaction.atomic
def note_application_refused(error: SignInNeeded, tenant: str, *, now: datetime) -> bool:
    """Say whether this refusal locks everybody out; if so, keep it for the back office and tell the partner once a day.

    Only for what the token endpoint answered: what a browser brings back anybody can write. ``tenant`` is where the
    application was refused, as an id or a name; empty where that is not known.
    """
    if error.advice not in rules.ALWAYS_EVERYBODY | rules.PERHAPS_EVERYBODY:
        return False
    lock_in_transaction("people.sign_in_trouble")
    tenant = fit(SignInTrouble, "tenant", tenant.strip().lower())
    known = SignInTrouble.objects.filter(advice=error.advice)
    everybody = known.filter(for_everybody=True).exists() or rules.concerns_everybody(
        error.advice,
        tenant,
        known.values_list("tenant", "last_at"),
        partner_tenant=settings.PARTNER_TENANT_ID.lower(),
        now=now,
    )
    row, _made = SignInTrouble.objects.update_or_create(
        code=fit(SignInTrouble, "code", error.code),
        tenant=tenant,
        defaults={
            "advice": error.advice,
            "words": fit(SignInTrouble, "words", error.quote),
            "request_id": fit(SignInTrouble, "request_id", error.request_id),
            "last_at": now,
            "for_everybody": everybody,
        },
    )
    if everybody:
        _tell(row, now)
    return everybody


def forget_application_trouble() -> None:
    """Take back that the application for sign-in is refused: Microsoft has just accepted it."""
    SignInTrouble.objects.all().delete()


def warn_of_secrets(now: datetime) -> None:
    """Tell the partner when a secret has 30, 14, 7 or 2 days left, each once for the day on which it ends."""
    for name, ends in known_secrets():
        step = rules.due_warning(ends, now.date())
        if step is None:
            continue
        sentence, next_step = secret_ends_text(name, ends, now.date())
        notices.notify(
            kind="secret_ends",
            subject=sentence,
            body=f"{sentence}\n\n{next_step}\n",
            now=now,
            subject_id=f"{name}:{step}:{ends.isoformat()}",
        )


def _tell(row: SignInTrouble, now: datetime) -> None:
    sentence, next_step = application_trouble_text(row.advice)
    notices.notify(
        kind="sign_in_broken",
        subject=_("Nobody can sign in"),
        body=_(
            "%(sentence)s Nobody can sign in until this is fixed. People who are signed in can go on.\n\n"
            "What to do: %(step)s\n\nMicrosoft said: %(words)s\nCode: %(code)s, request id: %(request)s\n"
        )
        % {
            "sentence": sentence,
            "step": next_step,
            "words": row.words or "–",
            "code": row.code,
            "request": row.request_id or "–",
        },
        now=now,
        subject_id=now.date().isoformat(),
    )
