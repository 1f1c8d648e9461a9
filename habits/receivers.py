"""What a change of the owner means for habits."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import F
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
    _save_due_moments(changes)
    schedules_changed.send(Habit, changes=changes, now=now)


@receiver(account_deleting)
def wait_for_sends_under_way(user: User, **_signal: Any) -> None:
    """Takes the habits' locks before anything is deleted; the account's is taken already.

    And those of others' copies, which are to forget their originals: all in the order of passes
    over many habits.
    """
    copies = Habit.objects.filter(adopted_from__owner=user).values("pk")
    habits = Habit.objects.filter(pk__in=user.habits.values("pk").union(copies))
    list(habits.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _save_due_moments(changes: Iterable[ScheduleChange]) -> None:
    """In few statements: nearly all habits move by one of a few spans, whatever their times are.

    Statements that name each row's own moment would double the time of all this.
    """
    shifts: dict[datetime.timedelta, list[int]] = defaultdict(list)
    others: dict[datetime.datetime | None, list[int]] = defaultdict(list)
    for change in changes:
        before, after = change.previous_due_at, change.habit.next_due_at
        if before is None or after is None:
            others[after].append(change.habit.pk)
        else:
            shifts[after - before].append(change.habit.pk)
    for shift, pks in shifts.items():
        Habit.objects.filter(pk__in=pks).update(next_due_at=F("next_due_at") + shift)
    for due_at, pks in others.items():
        Habit.objects.filter(pk__in=pks).update(next_due_at=due_at)
