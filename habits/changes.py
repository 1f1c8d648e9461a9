"""Saving a changed habit, and what is said of habits whose occurrences moved."""

import datetime
from dataclasses import dataclass

from habits.days import Days
from habits.models import Habit, PastSchedule
from habits.recurrence import Schedule
from habits.signals import schedules_changed
from habits.weekdays import bits_of


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """One habit whose occurrences moved.

    `habit` is rescheduled already; `previous` is the schedule that stood before, and
    `previous_due_at` the occurrence it was waiting for, which may be overdue.
    """

    habit: Habit
    previous: Schedule | None
    previous_due_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Before:
    """What a habit's occurrences were before a change."""

    schedule: Schedule | None
    due_at: datetime.datetime | None
    days: Days

    @classmethod
    def of(cls, habit: Habit) -> "Before":
        return cls(habit.schedule, habit.next_due_at, habit.days)


def save_changed(habit: Habit, before: Before, now: datetime.datetime) -> None:
    """Saves a locked `habit`; where its occurrences are others now, reminders hear of it.

    The dates before today stay with the days that stood then.
    """
    if habit.days != before.days:
        _keep_past_schedule(habit, before.days, habit.owner.today(now))
    if habit.schedule == before.schedule:
        habit.next_due_at = before.due_at
        habit.save()
        return
    habit.reschedule(now)
    habit.save()
    change = ScheduleChange(habit, before.schedule, before.due_at)
    schedules_changed.send(Habit, changes=[change], now=now)


def _keep_past_schedule(habit: Habit, days: Days, today: datetime.date) -> None:
    """Unless it came today itself, so that no date was judged by it.

    Where today has gone back since, the days that stood before all of that end today as well.
    """
    later = list(habit.past_schedules.filter(until__gte=today).order_by("until"))
    if not later:
        PastSchedule.objects.create(
            habit=habit,
            until=today,
            starts_on=days.starts_on,
            periodicity=days.every,
            weekdays=bits_of(days.weekdays) or None,
        )
    elif later[0].until > today or len(later) > 1:
        habit.past_schedules.filter(until__gt=later[0].until).delete()
        later[0].until = today
        later[0].save()
