"""What is said of habits whose occurrences moved."""

import datetime
from dataclasses import dataclass

from habits.models import Habit
from habits.recurrence import Schedule


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """One habit whose occurrences moved.

    `habit` is rescheduled already; `previous` is the schedule that stood before, and
    `previous_due_at` the occurrence it was waiting for, which may be overdue.
    """

    habit: Habit
    previous: Schedule | None
    previous_due_at: datetime.datetime | None
