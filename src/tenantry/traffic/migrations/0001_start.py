"""The log of calls and the pace, from the room of Microsoft's connections, whose tables become this room's."""

from django.db import migrations, models

RENAMED = (
    ("connection_callrecord", "traffic_callrecord"),
    ("connection_quotabucket", "traffic_quotabucket"),
)
CONTENT_TYPES = """
    UPDATE django_content_type SET app_label = '{after}'
    WHERE app_label = '{before}' AND model IN ('callrecord', 'quotabucket')
"""


class Migration(migrations.Migration):
    """Rename the tables, and then the columns that spoke of Microsoft."""

    initial = True
    dependencies = [
        ("connection", "0003_what_trouble_was_about"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                *(
                    migrations.RunSQL(
                        f"ALTER TABLE {before} RENAME TO {after}", f"ALTER TABLE {after} RENAME TO {before}"
                    )
                    for before, after in RENAMED
                ),
                migrations.RunSQL(
                    CONTENT_TYPES.format(before="connection", after="traffic"),
                    CONTENT_TYPES.format(before="traffic", after="connection"),
                ),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="QuotaBucket",
                    fields=[
                        ("key", models.CharField(max_length=100, primary_key=True, serialize=False)),
                        ("tokens", models.FloatField()),
                        ("filled_at", models.DateTimeField()),
                        ("closed_until", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="CallRecord",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("happened_at", models.DateTimeField()),
                        ("connection_id", models.UUIDField(null=True)),
                        ("customer_tenant_id", models.CharField(blank=True, max_length=36)),
                        ("order_id", models.UUIDField(null=True)),
                        ("method", models.CharField(max_length=8)),
                        ("path", models.CharField(max_length=300)),
                        ("status", models.PositiveSmallIntegerField(null=True)),
                        ("code", models.CharField(blank=True, max_length=40)),
                        ("words", models.CharField(blank=True, max_length=300)),
                        ("milliseconds", models.PositiveIntegerField()),
                        ("attempt", models.PositiveSmallIntegerField(default=1)),
                        ("request_id", models.CharField(blank=True, max_length=64)),
                        ("correlation_id", models.CharField(blank=True, max_length=64)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["-happened_at"], name="call_by_time"),
                            models.Index(fields=["request_id"], name="call_by_request"),
                        ],
                    },
                ),
            ],
        ),
        migrations.RenameField("callrecord", "connection_id", "source_id"),
        migrations.RenameField("callrecord", "customer_tenant_id", "customer"),
        migrations.AlterField("callrecord", "customer", models.CharField(blank=True, max_length=64)),
    ]
