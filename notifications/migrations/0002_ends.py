"""A row goes from pending to sending without a stop between, and says when it came to its end."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def let_go(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Rows in the hands of a sender of before are free again; ends of before get a moment."""
    reminders = apps.get_model("notifications", "Reminder").objects
    reminders.filter(state="claimed").update(state="pending", lease_until=None)
    ended = reminders.filter(state__in=("sent", "failed", "cancelled", "expired"))
    ended.filter(ended_at=None).update(ended_at=F("due_at"))


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.RemoveIndex("reminder", "reminder_leased"),
        migrations.RenameField("reminder", "sent_at", "ended_at"),
        migrations.AlterField(
            "reminder", "ended_at", models.DateTimeField("ended at", null=True)
        ),
        migrations.AlterField(
            "reminder",
            "state",
            models.CharField(
                choices=[
                    ("pending", "pending"),
                    ("sending", "on its way"),
                    ("sent", "sent"),
                    ("failed", "failed"),
                    ("cancelled", "cancelled"),
                    ("expired", "expired"),
                ],
                default="pending",
                max_length=16,
            ),
        ),
        migrations.RunPython(let_go, migrations.RunPython.noop),
        migrations.AddIndex(
            "reminder",
            models.Index(
                fields=["lease_until"],
                name="reminder_leased",
                condition=models.Q(state="sending"),
            ),
        ),
        migrations.AddIndex(
            "reminder",
            models.Index(
                fields=["ended_at"],
                name="reminder_ended",
                condition=models.Q(ended_at__isnull=False),
            ),
        ),
    ]
