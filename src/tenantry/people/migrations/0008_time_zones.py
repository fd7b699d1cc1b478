from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0007_staff_sign_in_rule"),
    ]

    operations = [
        migrations.AddField(
            model_name="company",
            name="time_zone",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="person",
            name="time_zone",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
    ]
