"""The last look at a row before it is sent, and the intent to send it."""

import datetime
import enum
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, transaction

from accounts.models import ChatStatus
from habits.models import Habit
from notifications import chats, ledger, pacing
from notifications.buttons import UNANSWERED, Keyboard, below_reminder
from notifications.messages import reminder_text
from notifications.models import Chat, Reason, Reminder, State

logger = logging.getLogger(__name__)

DATABASE_GONE = (InterfaceError, OperationalError, InternalError)
"""What says more of the database than of the row at hand; the last, that it only reads just now."""

MAX_BACKOFF = datetime.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Message:
    """What to send where; the intent to send it is committed."""

    reminder: Reminder
    chat_id: int
    text: str = field(repr=False)
    buttons: Keyboard = field(repr=False)


class Unsent(enum.Enum):
    """Why there is no message."""

    NO_ROW = enum.auto()
    """Nothing may be sent now, or all of it is in others' hands."""

    SETTLED = enum.auto()
    """The row at hand came to its end, or waits: another one may be next."""


def begin(slot: datetime.datetime, clock: Callable[[], datetime.datetime]) -> Message | Unsent:
    """Commits the intent to send the next row at `slot`.

    The row, its person and its habit are locked meanwhile: a change of them comes before the intent
    or after it, never between.
    """
    row = None
    try:
        with transaction.atomic():
            found = ledger.lock_next(slot)
            if found is None:
                return Unsent.NO_ROW
            row, habit, is_checked_in = found
            return _intend(row, habit, slot, clock(), is_checked_in=is_checked_in)
    except DATABASE_GONE:
        raise
    except Exception:
        if row is None:
            raise
        # A row that breaks must not keep its neighbours from being sent.
        logger.exception("reminder_broken reminder=%s", row.pk)
        now = clock()
        ledger.put_back_broken(row, now + backoff(row.breaks), now)
        return Unsent.SETTLED


def backoff(tries: int) -> datetime.timedelta:
    """How long a row waits that went wrong `tries` times before: longer and longer."""
    # Rows that nothing reaches are tried often: no timedelta holds 2 to the power of 47.
    return min(datetime.timedelta(seconds=2 ** min(tries, 6)), MAX_BACKOFF)


def _intend(
    row: Reminder,
    habit: Habit,
    slot: datetime.datetime,
    now: datetime.datetime,
    *,
    is_checked_in: bool,
) -> Message | Unsent:
    end = _end(row, habit, now, is_checked_in=is_checked_in)
    if end is not None:
        ledger.end_unsent(row, *end, now)
        return Unsent.SETTLED
    schedule = habit.schedule
    due_at = schedule.instant_on(row.local_date) if schedule else None
    if row.token > 0 and row.round == 0 and due_at is not None and due_at > slot:
        # The plan changed while the row was on its way, and it came back. One that was put off
        # waits for a moment that its person chose.
        ledger.move(row, due_at)
        return Unsent.SETTLED
    chat_id = habit.owner.chat_id
    if chat_id is None:
        has_stopped = habit.owner.chat_status == ChatStatus.STOPPED
        reason = Reason.CHAT_STOPPED if has_stopped else Reason.NO_CHAT
        ledger.end_unsent(row, State.FAILED, reason, now)
        return Unsent.SETTLED
    chat, _created = Chat.objects.select_for_update().get_or_create(chat_id=chat_id)
    if chat.status != ChatStatus.OK:
        is_stopped = chat.status == ChatStatus.STOPPED
        reason = Reason.CHAT_STOPPED if is_stopped else Reason.CHAT_UNREACHABLE
        ledger.end_unsent(row, State.FAILED, reason, now)
        chats.show(chat, habit.owner)
        return Unsent.SETTLED
    text = reminder_text(habit)
    language = habit.owner.language
    buttons = below_reminder(row.pk, UNANSWERED, chat_id=chat_id, language=language)
    awaited = pacing.take_chat_slot(chat, row.chat_slot_at, slot)
    if awaited is not None:
        ledger.defer_for_chat(row, awaited)
        return Unsent.SETTLED
    ledger.intend(row, chat_id, slot)
    return Message(row, chat_id, text, buttons)


def _end(
    row: Reminder, habit: Habit, now: datetime.datetime, *, is_checked_in: bool
) -> tuple[State, Reason] | None:
    """How the row ends unsent, whatever its chat says; None when it is still due."""
    if row.due_at < now - settings.REMINDER_CATCH_UP:
        return State.EXPIRED, Reason.TOO_LATE
    if not habit.owner.is_active:
        return State.CANCELLED, Reason.ACCOUNT_DISABLED
    if habit.schedule is None or not habit.schedule.is_due_on(row.local_date):
        return State.CANCELLED, Reason.NOT_DUE
    if is_checked_in:
        return State.CANCELLED, Reason.CHECKED_IN
    return None
