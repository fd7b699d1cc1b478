"""What the list of companies shows of each, in columns, so that it can be sorted by them."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Case, Count, F, Min, Q, Sum, When
from django.db.models.functions import Coalesce


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Work the columns out from the stored subscriptions.

    Whether a term has ended meanwhile, and whether somebody chose an extended term on purpose, is left to the next
    refresh, which works all of it out again.
    """
    subscriptions = apps.get_model("licensing", "Subscription").objects
    running = Q(status="active", gone_at__isnull=True)
    lost = Q(wish__lost_at__isnull=False)
    asked = lost | Q(wish__isnull=True) & (Q(asks=True) | Q(outcome="stays_extended"))
    found = subscriptions.filter(running).order_by().values("company_id")
    for row in found.annotate(
        active=Count("id"),
        seats=Coalesce(Sum("quantity"), 0),
        next_end=Min("commitment_end"),
        decide_by=Min(Case(When(lost, then=F("wish__lost_at")), default=F("commitment_end")), filter=asked),
    ):
        apps.get_model("licensing", "CompanyRefresh").objects.filter(company_id=row["company_id"]).update(
            active=row["active"], seats=row["seats"], next_end=row["next_end"], decide_by=row["decide_by"]
        )


class Migration(migrations.Migration):
    """Add the columns, and what stands in them."""

    dependencies = [("licensing", "0004_endings")]

    operations = [
        migrations.AddField("companyrefresh", "active", models.IntegerField(default=0)),
        migrations.AddField("companyrefresh", "seats", models.IntegerField(default=0)),
        migrations.AddField("companyrefresh", "next_end", models.DateTimeField(null=True)),
        migrations.AddField("companyrefresh", "decide_by", models.DateTimeField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
