"""One message from its slot to its outcome."""

import datetime
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.db import connection, transaction

from notifications import bot_api, chats, ledger, pacing, telegram
from notifications.bulk import Arrival
from notifications.intent import DATABASE_GONE, Message, backoff
from notifications.models import Reason, Reminder
from notifications.outbox import Outbox
from notifications.pauses import pause_after

logger = logging.getLogger(__name__)

RECONNECT = datetime.timedelta(seconds=1)
"""Between two tries to reach a database that went away."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A thread's run: what it sends from, when it may, and how it is told to stop."""

    outbox: Outbox
    slots: pacing.Slots
    stopping: threading.Event
    clock: Callable[[], datetime.datetime]

    def bring_to_outcome(self, message: Message) -> None:
        """Sends the message at its slot, or at another one, and sees to it that the ledger says
        what became of it."""
        try:
            if self._keeps_a_slot(message):
                self._send(message)
            else:
                self._give_back([message])
        finally:
            self.outbox.note_outcome()
        if not self.outbox or self.outbox.arrivals.are_due(self.clock()):
            self.record_arrived()

    def record_arrived(self) -> None:
        """Records what arrived, whichever thread of the process has sent it."""
        self.outbox.arrivals.write(_record_arrived)

    def give_back_rest(self) -> None:
        """Nothing more is sent of what this process has claimed; it is as if it never was."""
        self._give_back(self.outbox.take_all())

    def _keeps_a_slot(self, message: Message) -> bool:
        """Waits until the message may go out; False when that will not be soon, or is too late."""
        if self.clock() > message.leave_by:
            return False
        try:
            slot: datetime.datetime | None = message.slot
            if self.outbox and self.clock() > message.slot + pacing.TOLERANCE:
                slot = self._deal_anew(message)
            return slot is not None and self.slots.keep(
                slot,
                self.stopping,
                self.clock,
                lambda late: pacing.note_late({message.chat_id: late}),
            )
        except DATABASE_GONE:
            return False

    def _deal_anew(self, message: Message) -> datetime.datetime | None:
        """Gives the message that is late, and those after it, the next slots; answers its own.

        All at once, as each of them would be late; None, and they are given back, in a pause.
        """
        late = [message, *self.outbox.take_all()]
        try:
            dealt = self.slots.take_some(self.clock(), at_most=len(late))
            moved = [replace(each, slot=slot) for each, slot in zip(late, dealt, strict=False)]
            pacing.note_late({each.chat_id: each.slot for each in moved})
        except BaseException:
            self.outbox.put_back(late[1:])
            raise
        if not dealt:
            self._give_back(late[1:])
            return None
        self.outbox.put_back([*moved, *late[len(moved) :]][1:])
        return dealt[0]

    def _send(self, message: Message) -> None:
        row = message.reminder
        try:
            sent = telegram.send_message(message.chat_id, message.text, message.buttons)
        except bot_api.TelegramError as error:
            _record(partial(_record_error, message, error, self.clock()), [row])
            if isinstance(error, bot_api.TooManyRequests | bot_api.BotUnauthorized):
                self.give_back_rest()
        except Exception as error:
            logger.exception("reminder_broke_while_sending reminder=%s", row.pk)
            cause = type(error).__name__
            _record(partial(ledger.record_ambiguous, row, cause, self.clock()), [row])
        else:
            self.outbox.arrivals.add(Arrival(row, sent.message_id, self.clock()))

    def _give_back(self, messages: Sequence[Message]) -> None:
        if messages:
            rows = [each.reminder for each in messages]
            _record(partial(_record_unsent, rows, self.clock()), rows, unless=self.stopping)


def _record(
    step: Callable[[], object],
    rows: Iterable[Reminder],
    unless: threading.Event | None = None,
) -> None:
    """Records known outcomes; while the database is away, again and again until the lease ends,
    or until `unless` is set."""
    for _ in range(ledger.LEASE // RECONNECT):
        try:
            step()
        except DATABASE_GONE:
            logger.warning("delivery_lost_the_database", exc_info=True)
            connection.close()
            if unless is None:
                time.sleep(RECONNECT.total_seconds())
            elif unless.wait(RECONNECT.total_seconds()):
                break
        else:
            return
    for row in rows:
        logger.error("delivery_could_not_record reminder=%s", row.pk)


def _record_arrived(arrivals: list[Arrival]) -> None:
    _record(partial(ledger.record_sent, arrivals), [each.row for each in arrivals])


@transaction.atomic
def _record_unsent(rows: Iterable[Reminder], now: datetime.datetime) -> None:
    for row in sorted(rows, key=lambda each: each.pk):  # as all who lock several
        ledger.record_not_delivered(row, now, "no slot", now, counts=False)


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
