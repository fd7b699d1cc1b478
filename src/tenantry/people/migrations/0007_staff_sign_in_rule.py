from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0006_sessions"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffSignInRule",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("context", models.CharField(blank=True, max_length=3)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="staff_sign_in_rule_single_row")
                ],
            },
        ),
    ]
