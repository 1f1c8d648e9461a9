"""From the ledger to Telegram: take a row, commit the intent, send, record what became of it.

1. A slot of the bot is taken, and awaited but for the last tenth of a second (`pacing`).
2. `intent.begin` locks the oldest row that may be sent together with its person and its habit,
   checks that it is still due, and commits the intent to send it at the slot.
3. At the slot the message goes out, outside of any transaction.
4. The outcome is recorded, unless the row was taken from this sender meanwhile.

A sender that dies before 2 has changed nothing; one that dies between 2 and 4 leaves an ambiguous
row. It holds no other row meanwhile, so a slow chat delays nobody else.
"""

import datetime
import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from django.db import connection, transaction
from django.utils import timezone

from notifications import bot_api, chats, ledger, pacing, telegram
from notifications.intent import DATABASE_GONE, Message, Unsent, backoff, begin
from notifications.models import Reason, Reminder
from notifications.pauses import pause_after

logger = logging.getLogger(__name__)

RUN = datetime.timedelta(seconds=20)
"""How long one run goes on while there is something to send."""

GRACE = datetime.timedelta(seconds=1)
"""How far beyond its time a run waits for a slot that it has taken."""

IDLE_STEP = datetime.timedelta(seconds=1)
"""How often a run looks for new rows while it waits for the next one."""

SHORT_STEP = datetime.timedelta(seconds=0.05)

RECONNECT = datetime.timedelta(seconds=1)
"""Between two tries to reach a database that went away."""

Clock = Callable[[], datetime.datetime]

slots = pacing.Slots()
"""When this process may send."""


def deliver(
    stopping: threading.Event, clock: Clock = timezone.now, run: datetime.timedelta = RUN
) -> bool:
    """Sends what is due until nothing is, `run` has passed or `stopping` is set.

    Answers whether its time ended before the work did.
    """
    begin_at = clock()
    deadline, is_busy = begin_at + run, False
    # A clock that is set back ends the run, too: it would last for hours.
    while not stopping.is_set() and begin_at <= clock() < deadline:
        try:
            # Looks before it takes a slot of the bot, which would be missing elsewhere.
            if is_busy or ledger.has_free(clock()):
                is_busy = deliver_next(stopping, deadline, clock)
            elif not _wait_for_more(stopping, clock()):
                return False
        except DATABASE_GONE:
            logger.warning("delivery_lost_the_database", exc_info=True)
            connection.close()
            stopping.wait(RECONNECT.total_seconds())
    return not stopping.is_set()


def deliver_next(
    stopping: threading.Event, deadline: datetime.datetime, clock: Clock = timezone.now
) -> bool:
    """Brings the next row that may be sent to its outcome, or lets it wait for its turn.

    False when there is none, the bot is paused, or no slot comes soon after `deadline`, or before
    the stop.
    """
    slot = slots.take(clock())
    if slot is None:
        return False
    ready_at = slot - pacing.LEAD
    # A slot that was taken is used, or it would be missing in the bot's rate.
    is_soon = ready_at < deadline + GRACE
    stops = stopping.wait(((ready_at if is_soon else deadline) - clock()).total_seconds())
    message = begin(slot, clock) if is_soon and not stops else Unsent.NO_ROW
    if not isinstance(message, Message):
        slots.give_back(slot)
        return message is Unsent.SETTLED
    if _keeps_a_slot(message, slot, stopping, clock):
        outcome = _outcome_of_sending(message, clock)
    else:
        outcome = partial(_record_unsent, message, clock())
    _record(message.reminder, outcome)
    return True


def _keeps_a_slot(
    message: Message, slot: datetime.datetime, stopping: threading.Event, clock: Clock
) -> bool:
    """Waits until the message may go out; False when that will not be soon."""
    try:
        return slots.keep(slot, stopping, clock, partial(pacing.note_late, message.chat_id))
    except DATABASE_GONE:
        return False


def _outcome_of_sending(message: Message, clock: Clock) -> Callable[[], object]:
    """Sends the message; answers the step that records what came of it."""
    row = message.reminder
    try:
        sent = telegram.send_message(message.chat_id, message.text, message.buttons)
    except bot_api.TelegramError as error:
        return partial(_record_error, message, error, clock())
    except Exception as error:
        logger.exception("reminder_broke_while_sending reminder=%s", row.pk)
        return partial(ledger.record_ambiguous, row, type(error).__name__, clock())
    return partial(ledger.record_sent, row, sent.message_id, clock())


def _record(row: Reminder, outcome: Callable[[], object]) -> None:
    """Records a known outcome; while the database is away, again and again until the lease ends."""
    for _ in range(ledger.LEASE // RECONNECT):
        try:
            outcome()
        except DATABASE_GONE:
            logger.warning("delivery_lost_the_database", exc_info=True)
            connection.close()
            time.sleep(RECONNECT.total_seconds())
        else:
            return
    logger.error("delivery_could_not_record reminder=%s", row.pk)


def _record_unsent(message: Message, now: datetime.datetime) -> None:
    ledger.record_not_delivered(message.reminder, now, "no slot", now, counts=False)


def _record_error(message: Message, error: bot_api.TelegramError, now: datetime.datetime) -> None:
    row, chat_id, cause = message.reminder, message.chat_id, str(error)
    match error:
        case bot_api.OutcomeUnknown():
            ledger.record_ambiguous(row, cause, now)
        case bot_api.ChatUnreachable():
            with transaction.atomic():
                # The chat first: the lock order of senders.
                chats.mark_unreachable(chat_id, cause, now)
                ledger.record_failed(row, Reason.CHAT_UNREACHABLE, cause, now)
        case bot_api.ChatMigrated() if error.chat_id != chat_id:
            chats.move(chat_id, error.chat_id)
            ledger.record_not_delivered(row, now, cause, now)
        case bot_api.TooManyRequests() | bot_api.BotUnauthorized():
            until = pause_after(error, now)
            ledger.record_not_delivered(row, until, cause, now, counts=False)
        case bot_api.NotConnected() | bot_api.NotTelegram():
            ledger.record_not_delivered(row, now + backoff(row.attempts), cause, now)
        case _:
            ledger.record_failed(row, Reason.REJECTED, cause, now)


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
