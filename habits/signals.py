"""What happens to habits and matters to the reminders; sent inside the same transaction."""

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.dispatch import Signal

from habits.recurrence import Schedule

if TYPE_CHECKING:
    from habits.models import Habit

schedules_changed = Signal()
"""`sender`: Habit; `changes`: a list of `ScheduleChange`; `now`: the call's moment."""

habit_deleting = Signal()
"""`sender`: Habit; `habit`: its row, which is about to be deleted alone, not with its owner."""


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """One habit whose occurrences moved.

    `habit` is rescheduled already; `previous` is the schedule that stood before, and
    `previous_due_at` the occurrence it was waiting for, which may be overdue.
    """

    habit: "Habit"
    previous: Schedule | None
    previous_due_at: datetime.datetime | None
