"""Which of a person's habits fall on a date."""

import datetime
from collections.abc import Iterable

from accounts.models import User
from habits.models import Habit
from habits.records import histories_of


def due_today(habits: Iterable[Habit], owner: User, now: datetime.datetime) -> list[Habit]:
    """Those of the owner's `habits` that fall on their today and do not rest then: open, done or
    skipped. By time, those without one at the end.
    """
    found, today = list(habits), owner.today(now)
    for habit in found:
        habit.owner = owner  # no query for each of them
    histories = histories_of(found, now, today, today)
    due = [
        habit
        for habit in found
        if histories[habit.pk].days_on(today).is_due_on(today)
        and not histories[habit.pk].is_paused_on(today)
    ]
    return sorted(due, key=_by_time)


def _by_time(habit: Habit) -> tuple[bool, datetime.time, int]:
    return habit.time is None, habit.time or datetime.time.min, habit.pk
