"""Saving a changed habit, and what is said of habits whose occurrences moved."""

import datetime
from dataclasses import dataclass

from habits.models import Habit
from habits.recurrence import Schedule
from habits.signals import schedules_changed


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """One habit whose occurrences moved.

    `habit` is rescheduled already; `previous` is the schedule that stood before, and
    `previous_due_at` the occurrence it was waiting for, which may be overdue.
    """

    habit: Habit
    previous: Schedule | None
    previous_due_at: datetime.datetime | None


def save_changed(
    habit: Habit,
    previous: Schedule | None,
    previous_due_at: datetime.datetime | None,
    now: datetime.datetime,
) -> None:
    """Saves a locked `habit`; where its schedule differs from `previous`, reminders hear of it."""
    if habit.schedule == previous:
        habit.next_due_at = previous_due_at
        habit.save()
        return
    habit.reschedule(now)
    habit.save()
    change = ScheduleChange(habit, previous, previous_due_at)
    schedules_changed.send(Habit, changes=[change], now=now)
