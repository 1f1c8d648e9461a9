"""What a change of the owner means for habits."""

import datetime
from dataclasses import replace
from typing import Any

from django.dispatch import receiver

from accounts.models import User, zone_named
from accounts.signals import account_deleting, time_zone_changed
from habits.changes import ScheduleChange
from habits.models import Habit
from habits.signals import schedules_changed


@receiver(time_zone_changed)
def move_habits_to_the_new_zone(
    user: User, previous: str, now: datetime.datetime, **_signal: Any
) -> None:
    """Keeps the local times of the owner's habits, which moves the instants they are due at."""
    changes = []
    for habit in user.habits.filter(time__isnull=False).select_for_update().order_by("pk"):
        habit.owner = user
        schedule = habit.schedule
        before = schedule and replace(schedule, zone=zone_named(previous))
        changes.append(ScheduleChange(habit, before, habit.next_due_at))
        habit.reschedule(now)
    Habit.objects.bulk_update([change.habit for change in changes], ["next_due_at"], batch_size=500)
    schedules_changed.send(Habit, changes=changes, now=now)


@receiver(account_deleting)
def wait_for_sends_under_way(user: User, **_signal: Any) -> None:
    """Takes the habits' locks before anything is deleted; the account's is taken already."""
    list(user.habits.select_for_update().order_by("pk").values_list("pk"))
