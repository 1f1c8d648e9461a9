"""A row goes from pending to sending without a stop between, and says when it came to its end.

The database itself knows how a new row begins.
"""

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
                db_default="pending",
                default="pending",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            "reminder",
            "reason",
            models.CharField(
                blank=True,
                choices=[
                    ("", ""),
                    ("habit_deleted", "the habit was deleted"),
                    ("not_due", "its date is no longer due"),
                    ("account_disabled", "the account is disabled"),
                    ("no_chat", "the account has no chat"),
                    ("chat_unreachable", "the chat cannot be reached"),
                    ("chat_stopped", "the chat said stop"),
                    ("rejected", "Telegram refused the message"),
                    ("too_late", "the catch-up window passed"),
                    ("ambiguous", "it may have been delivered"),
                    ("broken", "it could not be built or sent, again and again"),
                ],
                db_default="",
                default="",
                max_length=32,
            ),
        ),
        *[
            migrations.AlterField(
                "reminder", name, models.PositiveSmallIntegerField(db_default=0, default=0)
            )
            for name in ("attempts", "breaks", "ambiguities")
        ],
        migrations.AlterField(
            "reminder", "token", models.PositiveIntegerField(db_default=0, default=0)
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
