"""Reading notices."""

from uuid import UUID

from django.db.models import QuerySet

from tenantry.notices.models import Notice, NoticeSettings


def mailbox() -> QuerySet[Notice]:
    """Give every notice, newest first; the caller slices a page from them."""
    return Notice.objects.order_by("-created_at", "-id")


def notice(notice_id: UUID) -> Notice | None:
    """Find one notice."""
    return Notice.objects.filter(id=notice_id).first()


def address() -> str:
    """Tell where notices go; empty when nobody was set to be told."""
    return NoticeSettings.objects.filter(id=1).values_list("address", flat=True).first() or ""
