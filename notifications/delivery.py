"""From the ledger to Telegram: claim a row, commit the intent, send, record what became of it.

1. `ledger.claim` takes due rows: a lease and a new token each. Before each row a slot of the bot is
   taken and awaited.
2. `_begin` checks, under the lock of the habit's row, that the row is still due, and commits the
   intent to send.
3. The message goes out, outside of any transaction.
4. The outcome is recorded, unless the row was taken from this sender meanwhile.

A sender that dies before 2 leaves a row that is free again when its lease ends; one that dies
between 2 and 4 leaves an ambiguous one.
"""

import datetime
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from accounts.models import ChatStatus
from habits.models import Habit
from notifications import chats, ledger, pacing, telegram
from notifications.messages import reminder_text
from notifications.models import Chat, Reason, Reminder, State

logger = logging.getLogger(__name__)

CLAIM = 5
"""Rows taken at once: few, so that a sender which dies holds up few."""

RUN = datetime.timedelta(seconds=20)
"""How long one run goes on while there is something to send."""

IDLE_STEP = datetime.timedelta(seconds=1)
"""How often a run looks for new rows while it waits for the next one."""

SHORT_STEP = datetime.timedelta(seconds=0.05)

RECONNECT = datetime.timedelta(seconds=1)
"""Before a run goes on after the database went away."""

MAX_BACKOFF = datetime.timedelta(minutes=1)
WRONG_TOKEN_PAUSE = datetime.timedelta(minutes=1)

Clock = Callable[[], datetime.datetime]


@dataclass(frozen=True, slots=True)
class Message:
    """What to send where; its intent is committed."""

    chat_id: int
    text: str


def deliver(stopping: threading.Event, clock: Clock = timezone.now) -> bool:
    """Sends what is due until nothing is, `RUN` has passed or `stopping` is set.

    Answers whether its time ended before the work did.
    """
    deadline = clock() + RUN
    while not stopping.is_set():
        if clock() >= deadline:
            return True
        try:
            claimed = ledger.claim(clock(), CLAIM)
            if not claimed and not _wait_for_more(stopping, clock()):
                return False
            _deliver_claimed(claimed, stopping, clock, deadline)
        except (InterfaceError, OperationalError):
            # What was claimed comes back when its lease ends; what is due need not wait for a tick.
            logger.warning("delivery_lost_the_database", exc_info=True)
            connection.close()
            stopping.wait(RECONNECT.total_seconds())
    return False


def _deliver_claimed(
    reminders: list[Reminder],
    stopping: threading.Event,
    clock: Clock,
    deadline: datetime.datetime,
) -> None:
    slot = None
    for index, reminder in enumerate(reminders):
        # A slot that no message went out in serves the next row, while it is fresh.
        if slot is None or clock() - slot > pacing.bot_gap():
            slot = pacing.take_bot_slot(clock())
        if stopping.wait((slot - clock()).total_seconds()) or clock() >= deadline:
            ledger.release(reminders[index:])
            return
        if deliver_one(reminder, clock):
            slot = None


def deliver_one(reminder: Reminder, clock: Clock = timezone.now) -> bool:
    """Brings one claimed row to its outcome or back to the queue; says whether it was sent."""
    try:
        message = _begin(reminder, clock)
    except (InterfaceError, OperationalError):
        raise
    except Exception:
        # A row that breaks must not keep its neighbours from being sent.
        logger.exception("reminder_broken reminder=%s", reminder.pk)
        ledger.put_back_broken(reminder, clock() + _backoff(reminder.breaks))
        return False
    if message is None:
        return False
    try:
        sent = telegram.send_message(message.chat_id, message.text)
    except telegram.TelegramError as error:
        _record_error(reminder, message.chat_id, error, clock())
    except Exception:
        logger.exception("reminder_broke_while_sending reminder=%s", reminder.pk)
        ledger.record_ambiguous(reminder, clock())
    else:
        ledger.record_sent(reminder, sent.message_id, clock())
    return True


@transaction.atomic
def _begin(reminder: Reminder, clock: Clock) -> Message | None:
    """Commits the intent to send; None when the row is not to be sent, or not now."""
    habit = (
        # The owner's row first, as mutations do: a change of either comes before or after.
        Habit.objects.select_for_update(of=("owner", "self"), no_key=True)
        .select_related("owner", "related_habit")
        .filter(reminders=reminder)
        .first()
    )
    if habit is None:
        # Mostly the deletion has done so; not where the row was on its way, and came back.
        ledger.end_unsent(reminder, State.CANCELLED, Reason.HABIT_DELETED)
        return None
    now = clock()  # after the wait for the lock
    verdict = _verdict(reminder, habit, now)
    if verdict is not None:
        ledger.end_unsent(reminder, *verdict)
        return None
    chat_id = habit.owner.chat_id
    if chat_id is None:
        ledger.end_unsent(reminder, State.FAILED, Reason.NO_CHAT)
        return None
    chat, _created = Chat.objects.select_for_update().get_or_create(chat_id=chat_id)
    if chat.status != ChatStatus.OK:
        is_stopped = chat.status == ChatStatus.STOPPED
        reason = Reason.CHAT_STOPPED if is_stopped else Reason.CHAT_UNREACHABLE
        ledger.end_unsent(reminder, State.FAILED, reason)
        chats.show(chat, habit.owner)
        return None
    text = reminder_text(habit)
    pause_end = pacing.pause_end(now)
    if pause_end is not None:
        ledger.defer(reminder, pause_end)
        return None
    slot = pacing.take_chat_slot(chat, reminder.chat_slot_at, now)
    if slot is not None:
        ledger.defer_for_chat(reminder, slot)
        return None
    return Message(chat_id, text) if ledger.intend(reminder, chat_id, now) else None


def _verdict(
    reminder: Reminder, habit: Habit, now: datetime.datetime
) -> tuple[State, Reason] | None:
    """How the row ends unsent; None when it is still due."""
    if reminder.due_at < now - settings.REMINDER_CATCH_UP:
        return State.EXPIRED, Reason.TOO_LATE
    if not habit.owner.is_active:
        return State.CANCELLED, Reason.ACCOUNT_DISABLED
    if habit.schedule is None or not habit.schedule.is_due_on(reminder.local_date):
        return State.CANCELLED, Reason.NOT_DUE
    return None


def _record_error(
    reminder: Reminder, chat_id: int, error: telegram.TelegramError, now: datetime.datetime
) -> None:
    kind = type(error).__name__
    logger.warning("reminder_not_sent reminder=%s error=%s: %s", reminder.pk, kind, error)
    match error:
        case telegram.OutcomeUnknown():
            ledger.record_ambiguous(reminder, now)
        case telegram.ChatUnreachable():
            ledger.record_failed(reminder, Reason.CHAT_UNREACHABLE)
            chats.mark_unreachable(chat_id, str(error), now)
        case telegram.ChatMigrated() if error.chat_id != chat_id:
            chats.move(chat_id, error.chat_id)
            ledger.record_not_delivered(reminder, now)
        case telegram.TooManyRequests():
            until = now + datetime.timedelta(seconds=error.retry_after)
            pacing.pause_bot(until)
            ledger.record_not_delivered(reminder, until, counts=False)
        case telegram.BotUnauthorized():
            logger.critical("telegram_token_refused: set the right TELEGRAM_BOT_TOKEN")
            until = now + WRONG_TOKEN_PAUSE
            pacing.pause_bot(until)
            ledger.record_not_delivered(reminder, until, counts=False)
        case telegram.NotConnected():
            ledger.record_not_delivered(reminder, now + _backoff(reminder.attempts))
        case _:
            ledger.record_failed(reminder, Reason.REJECTED)


def _backoff(attempts: int) -> datetime.timedelta:
    # Rows that nothing reaches are tried often: no timedelta holds 2 to the power of 47.
    return min(datetime.timedelta(seconds=2 ** min(attempts, 6)), MAX_BACKOFF)


def _wait_for_more(stopping: threading.Event, now: datetime.datetime) -> bool:
    """Waits a step for rows that may be sent within `RUN`; False when there are none."""
    moment = ledger.next_moment(now + RUN)
    if moment is None:
        return False
    moment = max(moment, pacing.pause_end(now) or moment)
    # At least a little, as a row that may be sent already is in another sender's hands.
    step = min(max(moment - now, SHORT_STEP), IDLE_STEP)
    stopping.wait(step.total_seconds())
    return True
