"""Logos get a table of their own: one for all pages, one for dark pages, and what is shown before it is saved."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from tenantry.branding.plates import Standing


def carry_over(apps: Apps, _schema: BaseDatabaseSchemaEditor) -> None:
    """Keep the logo, and the smaller copy that was on offer; measure how they stand on light and on dark pages."""
    brands, pictures = apps.get_model("branding", "Brand"), apps.get_model("branding", "LogoPicture")
    for brand in brands.objects.all():
        for after, digest, png, width, height in (
            ("main_logo", brand.logo_digest, brand.logo, brand.logo_width, brand.logo_height),
            (
                "offered_main_logo",
                brand.offered_digest,
                brand.offered_logo,
                brand.offered_width,
                brand.offered_height,
            ),
        ):
            if png is None:
                continue
            standing = Standing.of(bytes(png))
            picture, _created = pictures.objects.get_or_create(
                digest=digest,
                defaults={
                    "png": png,
                    "width": width,
                    "height": height,
                    "file_width": width,
                    "file_height": height,
                    "file_moves": False,
                    "plate_on_light": standing.light.plate,
                    "plate_on_dark": standing.dark.plate,
                    "unseen_on_light": standing.light.unseen,
                    "unseen_on_dark": standing.dark.unseen,
                },
            )
            setattr(brand, after, picture)
        brand.save(update_fields=["main_logo", "offered_main_logo"])


def _to_picture() -> "models.ForeignKey[models.Model | None]":
    return models.ForeignKey("branding.logopicture", models.PROTECT, null=True, related_name="+")


class Migration(migrations.Migration):
    dependencies = [("branding", "0002_offered_logo")]

    operations = [
        migrations.CreateModel(
            name="LogoPicture",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("png", models.BinaryField()),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("file_width", models.PositiveIntegerField()),
                ("file_height", models.PositiveIntegerField()),
                ("file_moves", models.BooleanField()),
                ("plate_on_light", models.BooleanField()),
                ("plate_on_dark", models.BooleanField()),
                ("unseen_on_light", models.PositiveSmallIntegerField()),
                ("unseen_on_dark", models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.AddField("brand", "main_logo", _to_picture()),
        migrations.AddField("brand", "dark_logo", _to_picture()),
        migrations.AddField("brand", "offered_main_logo", _to_picture()),
        migrations.AddField("brand", "offered_dark_logo", _to_picture()),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.RemoveField("brand", "logo"),
        migrations.RemoveField("brand", "logo_digest"),
        migrations.RemoveField("brand", "logo_width"),
        migrations.RemoveField("brand", "logo_height"),
        migrations.RemoveField("brand", "offered_logo"),
        migrations.RemoveField("brand", "offered_digest"),
        migrations.RemoveField("brand", "offered_width"),
        migrations.RemoveField("brand", "offered_height"),
    ]
