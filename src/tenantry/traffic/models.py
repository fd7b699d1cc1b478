"""Tables of the traffic with vendors: the log of calls, and the pace that all processes keep together."""

from django.db import models


class CallRecord(models.Model):
    """One call to a vendor, redacted."""

    happened_at = models.DateTimeField()
    source_id = models.UUIDField(null=True)  # of the connection that it was made through, in whichever room that is
    customer = models.CharField(max_length=64, blank=True)  # whom it is about, as the vendor names them
    order_id = models.UUIDField(null=True)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)
    status = models.PositiveSmallIntegerField(null=True)  # null: no answer
    code = models.CharField(max_length=40, blank=True)
    words = models.CharField(max_length=300, blank=True)
    milliseconds = models.PositiveIntegerField()
    attempt = models.PositiveSmallIntegerField(default=1)
    request_id = models.CharField(max_length=64, blank=True)
    correlation_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["-happened_at"], name="call_by_time"),
            models.Index(fields=["request_id"], name="call_by_request"),
        ]


class QuotaBucket(models.Model):
    """A token bucket shared by all threads and workers."""

    key = models.CharField(max_length=100, primary_key=True)
    tokens = models.FloatField()
    filled_at = models.DateTimeField()
    closed_until = models.DateTimeField(null=True)  # the vendor said Retry-After
