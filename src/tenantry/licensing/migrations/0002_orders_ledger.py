"""The ledger that the limits count, with the rows to lock, and the stop switch in a table of its own."""

from typing import Any

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def move_stop_switch(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Keep the stop switch as it was thrown."""
    for limits in apps.get_model("licensing", "Limits").objects.exclude(stopped_at=None):
        apps.get_model("licensing", "Stop").objects.create(
            key="microsoft",
            stopped_at=limits.stopped_at,
            stopped_by=limits.stopped_by,
            reason=limits.stop_reason,
        )


def move_stop_switch_back(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Keep it thrown also on the way back."""
    for stop in apps.get_model("licensing", "Stop").objects.filter(key="microsoft").exclude(stopped_at=None):
        thrown = {"stopped_at": stop.stopped_at, "stopped_by": stop.stopped_by, "stop_reason": stop.reason}
        apps.get_model("licensing", "Limits").objects.update_or_create(id=1, defaults=thrown)


def enter_what_was_sent(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Enter every order that was announced, with what its stored plan moved; what keeps a decision is free."""
    sent = apps.get_model("licensing", "Sent")
    orders = apps.get_model("licensing", "ChangeOrder").objects.exclude(sent_on=None).exclude(before=None)
    for order in orders.only("id", "company_id", "plan", "before", "sent_on", "actor_kind").iterator():
        amounts = _amounts(order.plan.get("write"), order.before["quantity"])
        if order.actor_kind == "system":
            amounts = {measure: amount for measure, amount in amounts.items() if measure in WAYS_TO_END}
        sent.objects.bulk_create(
            sent(order_id=order.id, company_id=order.company_id, measure=measure, amount=amount, at=order.sent_on)
            for measure, amount in amounts.items()
        )


WAYS_TO_END = ("renews", "ends", "extends")


def _amounts(write: dict[str, Any] | None, present: int) -> dict[str, int]:
    if not write:
        return {"changes": 1}
    if write["intent"] in ("cancel", "suspend", "reactivate"):
        return {"changes": 1, "cancelled": present}
    after = write["target"]["quantity"]
    scheduled = write["target"]["scheduled"][:1]
    numbers = [one["quantity"] for one in scheduled if one["quantity"] is not None]
    next_term = numbers[0] if numbers else after
    moved = abs(after - present) if write["intent"] in ("add_seats", "return_seats") else abs(next_term - present)
    return {"changes": 1, "seats": moved, _way_to_end(write, scheduled): abs(next_term - after)}


def _way_to_end(write: dict[str, Any], scheduled: list[dict[str, Any]]) -> str:
    if not scheduled:
        return "ends" if write["target"]["auto_renew"] is False else "renews"
    return {"end": "ends", "extend": "extends"}.get(scheduled[0]["action"], "renews")


class Migration(migrations.Migration):
    dependencies = [("licensing", "0001_start"), ("people", "0001_start")]

    operations = [
        migrations.CreateModel(
            name="Sent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("write", models.PositiveSmallIntegerField(default=1)),
                ("measure", models.CharField(max_length=20)),
                ("amount", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.company"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sent", to="licensing.changeorder"
                    ),
                ),
            ],
            options={
                "db_table": "orders_sent",
                "indexes": [models.Index(fields=["company", "measure", "-at"], name="sent_by_company")],
                "constraints": [models.UniqueConstraint(fields=("order", "write", "measure"), name="sent_once")],
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "company",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="people.company",
                    ),
                ),
            ],
            options={"db_table": "orders_tally"},
        ),
        migrations.CreateModel(
            name="Stop",
            fields=[
                ("key", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("stopped_at", models.DateTimeField(null=True)),
                ("stopped_by", models.CharField(blank=True, max_length=200)),
                ("reason", models.CharField(blank=True, max_length=300)),
            ],
            options={"db_table": "orders_stop"},
        ),
        migrations.AddField("limits", "seats_per_cancellation", models.PositiveIntegerField(default=500)),
        migrations.AddField("changeorder", "errors", models.PositiveSmallIntegerField(default=0)),
        migrations.RunPython(move_stop_switch, move_stop_switch_back),
        migrations.RunPython(enter_what_was_sent, migrations.RunPython.noop),
        migrations.RemoveField("limits", "stopped_at"),
        migrations.RemoveField("limits", "stopped_by"),
        migrations.RemoveField("limits", "stop_reason"),
    ]
