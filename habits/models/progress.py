"""What is kept of a habit's check-ins, so that its numbers need few of them."""

from django.db import models

from habits.models.habit import Habit


class Progress(models.Model):
    """What a habit's check-ins amount to at the end of `settled_on`: see `habits.progress`.

    Later numbers need the check-ins from `tail_from` on. Every habit with a check-in has this row,
    written by `habits.tracking` together with what changes it.
    """

    habit = models.OneToOneField(
        Habit, on_delete=models.CASCADE, primary_key=True, related_name="progress"
    )
    streak = models.PositiveIntegerField(default=0)
    longest_streak = models.PositiveIntegerField(default=0)
    strength = models.FloatField(default=0)
    settled_on = models.DateField()
    tail_from = models.DateField()

    class Meta:
        verbose_name_plural = "progress"

    def __str__(self) -> str:
        return f"until {self.settled_on}"
