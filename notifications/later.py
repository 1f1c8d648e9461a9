"""Putting a reminder off: its ledger row goes out once more, as its next round."""

import datetime

from django.utils.translation import gettext as _

from habits.models import Habit
from notifications import ledger
from notifications.models import Reminder, State

DELAY = datetime.timedelta(minutes=15)


def put_off(row: Reminder, habit: Habit, message_id: int | None, now: datetime.datetime) -> str:
    """Lets a locked `row` go out again after `DELAY`, if that can be; says what became of it.

    `message_id` is that of the message below which it was asked for.
    """
    if can_be_put_off(row, habit, message_id):
        ledger.put_off(row, now + DELAY, message_id)
        row.refresh_from_db()
        return _("Again at %(time)s.") % {
            "time": f"{row.due_at.astimezone(habit.owner.zone):%H:%M}"
        }
    if not _is_due(row, habit):
        return _("This date is no longer due.")
    match row.state:
        case State.SENDING if _is_newest(row, message_id):
            # It has arrived, but its sender has yet to say so.
            return _("One moment: please press again.")
        case State.PENDING | State.SENDING:
            return _("It is coming already.")
        case State.SENT:
            return _("It was sent anew: please press there.")
        case _:
            return _("It cannot be put off any more.")


def waits(row: Reminder) -> bool:
    """Whether `row` was put off and has not gone out again yet."""
    return row.round > 0 and row.state == State.PENDING


def can_be_put_off(row: Reminder, habit: Habit, message_id: int | None) -> bool:
    """Whether the message with that number is the newest of a row whose date is still due.

    An ambiguous row can be, too, even while it waits to be sent again: that somebody pressed a
    button below its message tells that it has arrived.
    """
    has_arrived = row.state == State.SENT or (row.state != State.SENDING and row.ambiguities > 0)
    return has_arrived and _is_newest(row, message_id) and _is_due(row, habit)


def _is_newest(row: Reminder, message_id: int | None) -> bool:
    """Whether it is the message of this round, and not of one before."""
    if row.message_id is None:
        return True
    if row.state == State.SENT:
        return message_id == row.message_id
    # What the ledger knows is the message before. The numbers in a chat grow.
    return message_id is not None and message_id > row.message_id


def _is_due(row: Reminder, habit: Habit) -> bool:
    schedule = habit.schedule
    return schedule is not None and schedule.is_due_on(row.local_date)
