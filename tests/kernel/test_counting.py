"""Counting the kinds of a long list."""

from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from tenantry.kernel import clock
from tenantry.kernel.counting import COUNTED, count_kinds
from tenantry.traffic.models import CallRecord

KINDS = {"good": Q(status__lt=400), "lost": Q(status=None)}


def add(status: int | None, many: int = 1) -> None:
    CallRecord.objects.bulk_create(
        CallRecord(happened_at=clock.now(), method="GET", path="/", status=status, milliseconds=1) for _ in range(many)
    )


def test_all_kinds_are_counted_in_one_query(db: None) -> None:
    add(200, 2)
    add(None)
    add(500)
    with CaptureQueriesContext(connection) as queries:
        assert count_kinds(CallRecord.objects.order_by("-id"), KINDS) == {"": 4, "good": 2, "lost": 1}
    assert len(queries) == 1
    assert count_kinds(CallRecord.objects.filter(status=200), KINDS) == {"": 2, "good": 2, "lost": 0}
    assert count_kinds(CallRecord.objects.none(), KINDS) == {"": 0, "good": 0, "lost": 0}


def test_nobody_waits_until_a_log_of_millions_is_counted(db: None) -> None:
    add(200, COUNTED)
    assert count_kinds(CallRecord.objects.all(), KINDS) == {"": COUNTED, "good": COUNTED, "lost": 0}
    add(None)
    assert count_kinds(CallRecord.objects.all(), KINDS) == {}
