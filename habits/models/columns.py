"""What the columns of a schedule and of a pause stand for, in whichever table they are."""

import datetime

from habits.days import EVERY_DAY, Days, Pause
from habits.weekdays import weekdays_of


def days_of(starts_on: datetime.date, periodicity: int | None, weekdays: int | None) -> Days:
    """The days that a row's columns stand for."""
    if weekdays is not None:
        return Days(starts_on, None, weekdays_of(weekdays))
    return Days(starts_on, periodicity or EVERY_DAY)


def pause_of(paused_from: datetime.date | None, paused_until: datetime.date | None) -> Pause | None:
    """The pause that a row's columns stand for."""
    return None if paused_from is None else Pause(paused_from, paused_until)
