"""A logo that was refused as too large leaves a smaller copy on offer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("branding", "0001_start")]

    operations = [
        migrations.AddField("brand", "offered_logo", models.BinaryField(null=True)),
        migrations.AddField(
            "brand", "offered_digest", models.CharField(blank=True, db_default="", default="", max_length=64)
        ),
        migrations.AddField("brand", "offered_width", models.PositiveIntegerField(null=True)),
        migrations.AddField("brand", "offered_height", models.PositiveIntegerField(null=True)),
    ]
