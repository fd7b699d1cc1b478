from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_start"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="company",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at__isnull", True)),
                fields=("tenant_id",),
                name="company_of_tenant_once",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="company",
            name="company_once_per_tenant",
        ),
    ]
