from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0004_sign_in_trouble"),
    ]

    operations = [
        migrations.AddField(
            model_name="enduser",
            name="passed_on",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="staff",
            name="passed_on",
            field=models.BooleanField(default=False),
        ),
    ]
