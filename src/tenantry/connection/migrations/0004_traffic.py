"""The log of calls and the pace are the room of traffic's."""

from django.db import migrations


class Migration(migrations.Migration):
    """Forget the models; the tables live on under other names."""

    dependencies = [("connection", "0003_what_trouble_was_about"), ("traffic", "0001_start")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel("CallRecord"),
                migrations.DeleteModel("QuotaBucket"),
            ]
        ),
    ]
