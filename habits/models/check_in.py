"""What a person said about a habit."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from habits.history import Mark
from habits.models.habit import Habit


class CheckInStatus(models.TextChoices):
    """What a person says about a habit on one local date."""

    DONE = Mark.DONE.value, _("done")
    SKIPPED = Mark.SKIPPED.value, _("skipped")


class CheckInSource(models.TextChoices):
    """Where a check-in was made."""

    API = "api", _("the API")
    TELEGRAM = "telegram", _("Telegram")


class CheckIn(models.Model):
    """What was said about a habit on one local date; no row where nothing was said."""

    habit = models.ForeignKey(
        Habit,
        on_delete=models.CASCADE,
        related_name="check_ins",
        db_index=False,  # the index of `check_in_once_per_date` begins with it
    )
    date = models.DateField(_("date"))
    status = models.CharField(_("status"), max_length=8, choices=CheckInStatus)
    note = LineField(_("note"), max_length=500, null=True, blank=True)
    source = models.CharField(_("made in"), max_length=8, choices=CheckInSource)
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["habit", "date"], name="check_in_once_per_date"),
            models.CheckConstraint(
                name="check_in_note_not_empty", condition=Q(note__isnull=True) | ~Q(note="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.status}"
