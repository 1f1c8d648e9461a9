"""What changes in the apps below mean for reminders; all in the sender's transaction."""

import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver
from django.utils import timezone

from accounts.models import PasswordReset, User
from accounts.signals import account_deleting, chat_chosen, password_reset_requested
from habits.changes import ScheduleChange
from habits.models import Habit
from habits.signals import habit_deleting, schedules_changed
from notifications import totals
from notifications.actors import send_password_code
from notifications.chats import try_again
from notifications.ledger import end_unsent
from notifications.models import Reason, Reminder, State
from notifications.replanning import replan


@receiver(schedules_changed)
def move_unsent_reminders(
    changes: list[ScheduleChange], now: datetime.datetime, **_signal: Any
) -> None:
    replan(changes, now)


@receiver(habit_deleting)
def keep_the_ledger_of_a_deleted_habit(habit: Habit, **_signal: Any) -> None:
    """The rows stay without their habit; those not yet sent are cancelled."""
    now = timezone.now()
    # Those on their way, too: locked, none comes back before it has lost its habit.
    is_open = Q(state__in=(State.PENDING, State.SENDING))
    for row in habit.reminders.filter(is_open).select_for_update().order_by("pk"):
        if row.state == State.PENDING:
            end_unsent(row, State.CANCELLED, Reason.HABIT_DELETED, now)
    habit.reminders.update(habit=None)


@receiver(chat_chosen)
def show_what_is_known_of_the_chat(user: User, now: datetime.datetime, **_signal: Any) -> None:
    try_again(user, now)


@receiver(password_reset_requested)
def wake_a_worker_for_the_code(reset: PasswordReset, **_signal: Any) -> None:
    transaction.on_commit(lambda: send_password_code.send(reset.pk))


@receiver(account_deleting)
def count_the_rows_of_a_deleted_account(user: User, **_signal: Any) -> None:
    """They go with the account; what they came to stays in the totals."""
    totals.count_first(Reminder.objects.filter(user=user))
