"""How each running term ends, in columns: for the renewals of all companies."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from tenantry.licensing.rules.facts import facts_from_json
from tenantry.licensing.upstream import ending_columns


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Work the columns out from the stored facts, as a refresh does."""
    rows = apps.get_model("licensing", "Subscription").objects
    for row_id, facts in rows.exclude(status="deleted").values_list("id", "facts").iterator():
        rows.filter(id=row_id).update(**ending_columns(facts_from_json(facts)))


class Migration(migrations.Migration):
    """Add the columns, their index, and what stands in them."""

    dependencies = [("licensing", "0003_search")]

    operations = [
        migrations.AddField(
            model_name="subscription",
            name="outcome",
            field=models.CharField(default="nothing", max_length=16),
        ),
        migrations.AddField(
            model_name="subscription",
            name="asks",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(("gone_at__isnull", True), ("status", "active")),
                fields=["commitment_end", "id"],
                include=("company", "outcome", "asks"),
                name="subscription_by_end",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
