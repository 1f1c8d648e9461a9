"""Totals that outlive the rows; what ended before is counted here, once."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count, Q, Sum

ENDS = ("sent", "failed", "cancelled", "expired")


def count(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The ledger's rows so far become the first totals; those under way are still to be counted."""
    rows = apps.get_model("notifications", "Reminder").objects
    tally = apps.get_model("notifications", "Tally")
    ended = rows.filter(state__in=ENDS).values_list("state", "reason").annotate(n=Count("id"))
    totals = [tally(name=state, reason=reason, value=n) for state, reason, n in ended]
    sums = rows.aggregate(planned=Count("id"), ambiguous=Sum("ambiguities"))
    totals += [tally(name=name, value=value) for name, value in sums.items() if value]
    tally.objects.bulk_create(totals)
    rows.exclude(state__in=ENDS).update(is_counted=False)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_ends")]

    operations = [
        migrations.CreateModel(
            "LastTick",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ended_at", models.DateTimeField()),
                ("seconds", models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            "Tally",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=16)),
                ("reason", models.CharField(blank=True, default="", max_length=32)),
                ("value", models.BigIntegerField()),
            ],
            options={"verbose_name_plural": "tallies"},
        ),
        # Rows of before are marked as counted by the column's first default, so that no statement
        # writes all of them.
        migrations.AddField(
            "reminder",
            "is_counted",
            models.BooleanField(default=False, db_default=True, editable=False),
        ),
        migrations.AlterField(
            "reminder",
            "is_counted",
            models.BooleanField(default=False, db_default=False, editable=False),
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
        migrations.AddIndex(
            "reminder",
            models.Index(
                fields=["id", "state", "reason"],
                name="reminder_uncounted",
                condition=Q(ended_at__isnull=False, is_counted=False),
            ),
        ),
        migrations.AddIndex(
            "reminder",
            models.Index(
                fields=["state", "id"],
                name="reminder_unsent",
                condition=Q(state__in=("failed", "cancelled", "expired")),
            ),
        ),
        migrations.AddIndex(
            "reminder",
            models.Index(fields=["id"], name="reminder_ambiguous", condition=Q(ambiguities__gt=0)),
        ),
    ]
