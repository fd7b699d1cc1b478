from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_company_of_tenant_once"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignInTrouble",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40)),
                ("tenant", models.CharField(blank=True, max_length=300)),
                ("advice", models.CharField(max_length=60)),
                ("words", models.CharField(blank=True, max_length=500)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("last_at", models.DateTimeField()),
                ("for_everybody", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("code", "tenant"), name="sign_in_trouble_once_per_tenant")
                ],
            },
        ),
    ]
