"""What happens to habits and matters to the reminders; sent inside the same transaction."""

from django.dispatch import Signal

schedules_changed = Signal()
"""`sender`: Habit; `changes`: a list of `changes.ScheduleChange`; `now`: the call's moment."""

habit_deleting = Signal()
"""`sender`: Habit; `habit`: its row, which is about to be deleted alone, not with its owner."""
