"""Indexes for the search over all companies: the words of subscriptions' names, and Microsoft's ids."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models
from django.db.models.functions import Concat, Lower


class Migration(migrations.Migration):
    """Add the indexes."""

    dependencies = [("licensing", "0002_orders_ledger")]

    operations = [
        migrations.AddIndex(
            model_name="changeorder",
            index=models.Index(
                condition=models.Q(("request_id__isnull", False)), fields=["request_id"], name="order_by_request"
            ),
        ),
        migrations.AddIndex(
            model_name="changeorder",
            index=models.Index(
                condition=models.Q(("correlation_id__isnull", False)),
                fields=["correlation_id"],
                name="order_by_correlation",
            ),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(Lower("upstream_id"), name="subscription_by_microsofts_id"),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func(
                    models.Func(
                        Concat(models.F("offer_name"), models.Value(" "), models.F("friendly_name")),
                        models.Value("._-/@:+&<>~?=#"),
                        models.Value("              "),
                        function="translate",
                        output_field=models.TextField(),
                    ),
                    function="to_tsvector",
                    output_field=django.contrib.postgres.search.SearchVectorField(),
                    template="%(function)s('simple'::regconfig, %(expressions)s)",
                ),
                name="subscription_by_words",
            ),
        ),
    ]
