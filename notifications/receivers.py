"""What changes in the apps below mean for reminders; all in the sender's transaction."""

import datetime
from typing import Any

from django.db.models import Case, F, Q, Value, When
from django.dispatch import receiver

from accounts.models import User
from accounts.signals import chat_chosen
from habits.changes import ScheduleChange
from habits.models import Habit
from habits.signals import habit_deleting, schedules_changed
from notifications.chats import try_again
from notifications.models import UNSENT, Reason, State
from notifications.planning import replan


@receiver(schedules_changed)
def move_unsent_reminders(
    changes: list[ScheduleChange], now: datetime.datetime, **_signal: Any
) -> None:
    replan(changes, now)


@receiver(habit_deleting)
def keep_the_ledger_of_a_deleted_habit(habit: Habit, **_signal: Any) -> None:
    """The rows stay without their habit; those not yet sent are cancelled."""
    unsent = Q(state__in=UNSENT)
    habit.reminders.update(
        habit=None,
        reason=Case(When(unsent, then=Value(Reason.HABIT_DELETED)), default=F("reason")),
        state=Case(When(unsent, then=Value(State.CANCELLED)), default=F("state")),
    )


@receiver(chat_chosen)
def show_what_is_known_of_the_chat(user: User, now: datetime.datetime, **_signal: Any) -> None:
    try_again(user, now)
