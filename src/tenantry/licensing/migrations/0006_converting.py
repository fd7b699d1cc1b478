"""An index of the trials that become paid: they are few, and Today looks for them at every visit."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("licensing", "0005_company_summary")]

    operations = [
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(("gone_at__isnull", True), ("outcome", "converts"), ("status", "active")),
                fields=["commitment_end", "id"],
                name="subscription_converting",
            ),
        ),
    ]
