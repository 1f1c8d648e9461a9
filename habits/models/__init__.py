"""Habits, what people say about them, and what is kept of both."""

from habits.models.check_in import CheckIn, CheckInSource, CheckInStatus
from habits.models.columns import days_of, pause_of
from habits.models.habit import (
    MAX_DURATION,
    MAX_PERIODICITY,
    MIN_DURATION,
    MIN_PERIODICITY,
    RHYTHM,
    Habit,
    HabitQuerySet,
    fold,
)
from habits.models.past import PastPause, PastSchedule
from habits.models.progress import Progress
from habits.models.zone_rules import ZoneRules

__all__ = [
    "MAX_DURATION",
    "MAX_PERIODICITY",
    "MIN_DURATION",
    "MIN_PERIODICITY",
    "RHYTHM",
    "CheckIn",
    "CheckInSource",
    "CheckInStatus",
    "Habit",
    "HabitQuerySet",
    "PastPause",
    "PastSchedule",
    "Progress",
    "ZoneRules",
    "days_of",
    "fold",
    "pause_of",
]
