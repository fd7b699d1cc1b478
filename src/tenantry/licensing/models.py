"""Tables of licensing: mirrored subscriptions, change orders, kept wishes, limits and the ledger they count."""

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Concat, Lower

from tenantry.people.models import Company

# PostgreSQL would keep "contoso.com" or "E3-archive" as one word, and the middle of it would not be found.
WITHIN_WORDS = "._-/@:+&<>~?=#"
# The words of a subscription's names, as the index and the search over all companies have them.
NAME_WORDS = Func(
    Func(
        Concat(F("offer_name"), Value(" "), F("friendly_name")),
        Value(WITHIN_WORDS),
        Value(" " * len(WITHIN_WORDS)),
        function="translate",
        output_field=models.TextField(),
    ),
    function="to_tsvector",
    template="%(function)s('simple'::regconfig, %(expressions)s)",
    output_field=SearchVectorField(),
)


class Subscription(models.Model):
    """A subscription as Partner Center has it. Only a refresh or an answer to an order writes here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="subscriptions")
    upstream_id = models.CharField(max_length=64)  # as Microsoft writes it; compared without regard to case
    kind = models.CharField(max_length=24)
    status = models.CharField(max_length=24)
    offer_id = models.CharField(max_length=100)
    product_id = models.CharField(max_length=40, blank=True)
    sku_id = models.CharField(max_length=40, blank=True)
    offer_name = models.CharField(max_length=300)
    friendly_name = models.CharField(max_length=300, blank=True)
    quantity = models.IntegerField()
    term = models.CharField(max_length=10, blank=True)
    billing_plan = models.CharField(max_length=20, blank=True)
    commitment_end = models.DateTimeField(null=True)  # exact last moment of the term
    auto_renew = models.BooleanField(null=True)
    is_trial = models.BooleanField(default=False)
    facts = models.JSONField()  # SubscriptionFacts without limits and counts; the columns above are for lists
    upstream = models.JSONField()  # the whole record as read: evidence
    digest = models.CharField(max_length=64)  # of ``upstream``: an unchanged record costs no write
    stored_at = models.DateTimeField()  # real time: an older reading must not overwrite a newer one
    gone_at = models.DateTimeField(null=True)  # no longer listed by Microsoft
    sort_date = models.DateTimeField(null=True)  # the next date that matters, for lists
    outcome = models.CharField(max_length=16, default="nothing")  # rules.terms.Outcome of the running term
    asks = models.BooleanField(default=False)  # whether its end needs somebody's decision, where there is none yet

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "upstream_id"], name="subscription_once_per_company")]
        indexes = [
            models.Index(fields=["company", "sort_date"], name="subscription_by_date"),
            models.Index(Lower("upstream_id"), name="subscription_by_microsofts_id"),
            GinIndex(NAME_WORDS, name="subscription_by_words"),
            models.Index(
                fields=["commitment_end", "id"],
                include=["company", "outcome", "asks"],
                condition=models.Q(status="active", gone_at__isnull=True),
                name="subscription_by_end",
            ),
            models.Index(  # few of many: by the end alone PostgreSQL would read the whole table to find none
                fields=["commitment_end", "id"],
                condition=models.Q(status="active", gone_at__isnull=True, outcome="converts"),
                name="subscription_converting",
            ),
        ]


class LicenceCount(models.Model):
    """Assigned and free seats per product and tenant (all channels together)."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="licence_counts")
    entra_sku_id = models.CharField(max_length=36)
    name = models.CharField(max_length=300)
    part_number = models.CharField(max_length=100, blank=True)
    assigned = models.IntegerField()
    total = models.IntegerField()
    suspended = models.IntegerField(default=0)
    warning = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "entra_sku_id"], name="licence_count_once")]


class CompanyRefresh(models.Model):
    """How fresh a company's mirror is, what went wrong last, and what the list of companies shows of it.

    Apart from the mirror, so that an unchanged mirror is not written.
    """

    company = models.OneToOneField(Company, on_delete=models.CASCADE, primary_key=True, related_name="refresh")
    started_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    advice = models.CharField(max_length=60, blank=True)
    words = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    licences_known = models.BooleanField(null=True)  # False: the partner has no right to read assignments
    country = models.CharField(max_length=2, blank=True)
    # Of the running subscriptions, kept by licensing.summary:
    active = models.IntegerField(default=0)
    seats = models.IntegerField(default=0)
    next_end = models.DateTimeField(null=True)  # of a term
    # The earliest end of a term that somebody should decide about; of a lost decision, when it was lost.
    decide_by = models.DateTimeField(null=True)


# The advice of a refresh that could not keep every record: its words name those, one on each line.
UNREADABLE = "unreadable_rows"


class OrderState(models.TextChoices):
    """The life of a change order."""

    REQUESTED = "requested"
    QUEUED = "queued"
    SENDING = "sending"
    UNSURE = "unsure"
    APPLIED = "applied"
    SCHEDULED = "scheduled"
    REFUSED = "refused"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


OPEN_STATES = (OrderState.REQUESTED, OrderState.QUEUED, OrderState.SENDING, OrderState.UNSURE)


class ChangeOrder(models.Model):
    """One wish about one subscription, from request to outcome."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.BigIntegerField(unique=True)  # what people call it, from a sequence
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="orders")
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="orders")
    form_key = models.UUIDField(unique=True)  # of the confirm page: a double click is one order
    state = models.CharField(max_length=12, choices=OrderState.choices)
    wish = models.JSONField()
    plan = models.JSONField()  # as it was shown
    seen = models.CharField(max_length=64)  # fingerprint of the subscription as the person saw it
    seen_quantity = models.IntegerField()
    rule = models.CharField(max_length=200)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=200)
    actor_label = models.CharField(max_length=300)  # "Dana of Contoso IT, for Fabrikam"
    requested_at = models.DateTimeField()  # on the clock of commerce, as everything that people read
    created_at = models.DateTimeField()  # real time
    not_before = models.DateTimeField()  # throttled or in conflict: when to try next
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    request_id = models.UUIDField(null=True)  # MS-RequestId of the write under way
    correlation_id = models.UUIDField(null=True)
    sent_at = models.DateTimeField(null=True)  # real time: announced, or the line lost: Microsoft's time runs from here
    sent_on = models.DateTimeField(null=True)  # announced, on the clock of commerce: to find it in the audit records
    accepted = models.BooleanField(default=False)  # Microsoft answered well; the outcome is read back
    before = models.JSONField(null=True)  # the subscription as read right before the write
    read_on = models.DateTimeField(null=True)  # when that was, on the clock of commerce
    attempts = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)
    outcome = models.JSONField(null=True)  # refusal, evidence, whose change was overwritten
    microsoft_code = models.CharField(max_length=40, blank=True)
    microsoft_words = models.CharField(max_length=500, blank=True)
    needs_person = models.BooleanField(default=False)
    # How often carrying it out ended in an error that nobody foresaw, since it was last announced or placed.
    errors = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"],
                condition=models.Q(state__in=[state.value for state in OPEN_STATES]),
                name="order_one_open_per_subscription",
            )
        ]
        indexes = [
            models.Index(fields=["company", "-requested_at"], name="order_by_company"),
            models.Index(fields=["-requested_at"], name="order_by_time"),
            models.Index(
                fields=["not_before"],
                condition=models.Q(state__in=[state.value for state in OPEN_STATES]),
                name="order_open",
            ),
            models.Index(fields=["request_id"], condition=models.Q(request_id__isnull=False), name="order_by_request"),
            models.Index(
                fields=["correlation_id"], condition=models.Q(correlation_id__isnull=False), name="order_by_correlation"
            ),
        ]


class OrderEvent(models.Model):
    """One step of an order, with its time: what the progress on the page and the evidence are made of."""

    order = models.ForeignKey(ChangeOrder, on_delete=models.CASCADE, related_name="events")
    company_id = models.UUIDField()
    happened_at = models.DateTimeField()
    state = models.CharField(max_length=12)
    what = models.CharField(max_length=60)  # key
    facts = models.JSONField(default=dict)


class Wish(models.Model):
    """What a company wants at the end of a subscription's term: it survives what Microsoft drops."""

    subscription = models.OneToOneField(Subscription, on_delete=models.CASCADE, related_name="wish")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="wishes")
    choice = models.CharField(max_length=10)  # renew, end, extend
    quantity = models.IntegerField(null=True)
    term_end = models.DateTimeField()  # the end it is about: it ends with that term
    decided_by = models.CharField(max_length=300)
    decided_at = models.DateTimeField()
    order = models.ForeignKey(ChangeOrder, on_delete=models.SET_NULL, null=True, related_name="+")
    seen_at_microsoft_at = models.DateTimeField(null=True)
    lost_at = models.DateTimeField(null=True)  # Microsoft does not have it although it should
    lost_reason = models.JSONField(null=True)  # refusal, or what stands there instead


class SubscriptionChange(models.Model):
    """What changed between two readings, and who did it as far as is known."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="changes")
    seen_at = models.DateTimeField()
    before = models.JSONField()
    after = models.JSONField()
    source = models.CharField(max_length=12)  # order, elsewhere, decision (a renewal that was confirmed: nothing sent)
    order = models.ForeignKey(ChangeOrder, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["subscription", "-seen_at"], name="change_by_subscription")]


class Limits(models.Model):
    """How much may happen; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    changes_per_day = models.PositiveIntegerField(default=20)
    seats_per_change = models.PositiveIntegerField(default=50)
    seats_per_cancellation = models.PositiveIntegerField(default=500)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="limits_single_row")]


class Sent(models.Model):
    """What an order was sent for: the ledger that the limits count.

    Only the worker writes here; the database role of the web may read it. A write that is announced again after it did
    not arrive keeps its row.
    """

    order = models.ForeignKey(ChangeOrder, on_delete=models.PROTECT, related_name="sent")
    write = models.PositiveSmallIntegerField(default=1)  # which write of the order, counted from 1
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    measure = models.CharField(max_length=20)  # rules.weights.Measure
    amount = models.BigIntegerField()
    at = models.DateTimeField()  # first announced, on the clock of commerce

    class Meta:
        db_table = "orders_sent"
        constraints = [models.UniqueConstraint(fields=["order", "write", "measure"], name="sent_once")]
        indexes = [models.Index(fields=["company", "measure", "-at"], name="sent_by_company")]


class Tally(models.Model):
    """The row to lock while the orders of a company are counted, so that two at once cannot both be the last one."""

    company = models.OneToOneField(Company, on_delete=models.CASCADE, primary_key=True, related_name="+")

    class Meta:
        db_table = "orders_tally"


class Stop(models.Model):
    """A stop switch, for everything that is written to one system; also the row that orders an announcement locks."""

    key = models.CharField(max_length=80, primary_key=True)  # "microsoft"
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "orders_stop"
