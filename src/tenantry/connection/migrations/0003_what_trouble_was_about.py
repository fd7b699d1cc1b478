from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def sort_known_trouble(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Trouble with a token carries a number of Microsoft Entra; whatever else was kept came with the tenants."""
    known = apps.get_model("connection", "PartnerConnection").objects.exclude(last_error_at=None)
    known.update(last_error_about="tenants")
    known.filter(last_error_code__startswith="AADSTS").update(last_error_about="token")


class Migration(migrations.Migration):
    dependencies = [("connection", "0002_next_certificate_and_redirect")]

    operations = [
        migrations.AddField(
            model_name="partnerconnection",
            name="last_error_about",
            field=models.CharField(
                blank=True,
                choices=[("token", "Token"), ("tenants", "Tenants")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.RunPython(sort_known_trouble, migrations.RunPython.noop),
    ]
