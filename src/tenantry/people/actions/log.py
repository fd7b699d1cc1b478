"""The log of sign-ins ends somewhere."""

from datetime import datetime

from tenantry.people.models import SignInRecord


def prune_sign_ins(before: datetime) -> int:
    """Delete sign-ins older than this from the log, and return how many; the audit record is not touched."""
    deleted, _by_table = SignInRecord.objects.filter(happened_at__lt=before).delete()
    return deleted
