"""What a habit's days were before they changed, and when it was paused."""

from django.db import models
from django.db.models import F, Q

from habits.days import Days
from habits.models.columns import days_of
from habits.models.habit import Habit


class PastSchedule(models.Model):
    """The days that a habit fell on before `until`, when its schedule changed.

    A date is judged by the earliest row whose `until` is later, else by the habit's own schedule.
    """

    habit = models.ForeignKey(
        Habit,
        on_delete=models.CASCADE,
        related_name="past_schedules",
        db_index=False,  # the index of `past_schedule_once_per_date` begins with it
    )
    until = models.DateField()
    starts_on = models.DateField()
    periodicity = models.PositiveSmallIntegerField(null=True)
    weekdays = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["habit", "until"], name="past_schedule_once_per_date"),
        ]

    def __str__(self) -> str:
        return f"until {self.until}"

    @property
    def days(self) -> Days:
        """On which local dates the habit fell then."""
        return days_of(self.starts_on, self.periodicity, self.weekdays)


class PastPause(models.Model):
    """Dates on which a habit was paused, from `starts_on` to `ends_on`, both included."""

    habit = models.ForeignKey(Habit, on_delete=models.CASCADE, related_name="past_pauses")
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="past_pause_ends_after_its_start", condition=Q(ends_on__gte=F("starts_on"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} to {self.ends_on}"
