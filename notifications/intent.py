"""The last look at rows before they are sent, and the intents to send them."""

import datetime
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, transaction

from accounts.models import ChatStatus
from notifications import bulk, chats, ledger, pacing
from notifications.bulk import Deferral, Intent
from notifications.buttons import UNANSWERED, Keyboard, below_reminder
from notifications.ledger import Taken
from notifications.messages import reminder_text
from notifications.models import Chat, Reason, Reminder, State

logger = logging.getLogger(__name__)

DATABASE_GONE = (InterfaceError, OperationalError, InternalError)
"""What says more of the database than of the row at hand; the last, that it only reads just now."""

LONGEST_WAIT = datetime.timedelta(seconds=5)
"""After its slot, for a thread to send a message: with the 13 seconds of a send, well within
`ledger.LEASE`. They wait where all threads of a process have answers that do not come."""

MAX_BACKOFF = datetime.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Message:
    """What to send where and when; the intent to send it is committed.

    Unless it is on its way by `leave_by`, it is given back: its lease is to outlast the send.
    """

    reminder: Reminder
    chat_id: int
    slot: datetime.datetime
    leave_by: datetime.datetime
    text: str = field(repr=False)
    buttons: Keyboard = field(repr=False)


@dataclass(slots=True)
class Begun:
    """The messages, in the order of their slots, and how many rows were looked at.

    Of those some came to their end, or wait: with none left, others may be next.
    """

    messages: list[Message] = field(default_factory=list)
    looked_at: int = 0


def begin(slots: Sequence[datetime.datetime], clock: Callable[[], datetime.datetime]) -> Begun:
    """Commits the intents to send the next rows at `slots`, in as few statements as one needs.

    The rows, their people and their habits are locked meanwhile: a change of them comes before the
    intent or after it, never between. Where one row breaks, each of them is looked at alone.
    """
    taken: list[Taken] = []
    try:
        with transaction.atomic():
            taken = ledger.lock_next(slots[0], at_most=len(slots))
            return Begun(_intend(taken, slots, clock()), len(taken))
    except DATABASE_GONE:
        raise
    except Exception:
        if not taken:
            raise
        if len(taken) > 1:
            return _begin_each(slots[: len(taken)], clock)
        # A row that breaks must not keep its neighbours from being sent.
        row = taken[0].row
        logger.exception("reminder_broken reminder=%s", row.pk)
        now = clock()
        ledger.put_back_broken(row, now + backoff(row.breaks), now)
        return Begun(looked_at=1)


def _begin_each(
    slots: Sequence[datetime.datetime], clock: Callable[[], datetime.datetime]
) -> Begun:
    together = Begun()
    for slot in slots:
        begun = begin([slot], clock)
        together.messages += begun.messages
        together.looked_at += begun.looked_at
    return together


def backoff(tries: int) -> datetime.timedelta:
    """How long a row waits that went wrong `tries` times before: longer and longer."""
    # Rows that nothing reaches are tried often: no timedelta holds 2 to the power of 47.
    return min(datetime.timedelta(seconds=2 ** min(tries, 6)), MAX_BACKOFF)


def _intend(
    taken: Sequence[Taken], slots: Sequence[datetime.datetime], now: datetime.datetime
) -> list[Message]:
    """Lets those that are due go out at the next of `slots`; the others end, or wait."""
    due = [(each, chat_id) for each in taken if (chat_id := _chat_of(each, slots[0], now))]
    known = pacing.locked_chats(chat_id for _each, chat_id in due)
    messages: list[Message] = []
    deferrals: list[Deferral] = []
    dealt: dict[int, Chat] = {}
    for (row, habit, _is_checked_in), chat_id in due:
        chat, slot = known[chat_id], slots[len(messages)]
        if chat.status != ChatStatus.OK:
            is_stopped = chat.status == ChatStatus.STOPPED
            reason = Reason.CHAT_STOPPED if is_stopped else Reason.CHAT_UNREACHABLE
            ledger.end_unsent(row, State.FAILED, reason, now)
            chats.show(chat, habit.owner)
            continue
        text = reminder_text(habit)
        language = habit.owner.language
        buttons = below_reminder(row.pk, UNANSWERED, chat_id=chat_id, language=language)
        awaited = pacing.deal_chat_slot(chat, row.chat_slot_at, slot)
        dealt[chat_id] = chat
        if awaited is not None:
            deferrals.append(Deferral(row, awaited))
            continue
        messages.append(Message(row, chat_id, slot, slot + LONGEST_WAIT, text, buttons))
    bulk.keep_slots(dealt.values())
    ledger.defer_for_chats(deferrals)
    ledger.intend([Intent(each.reminder, each.chat_id, each.slot) for each in messages])
    return messages


def _chat_of(taken: Taken, slot: datetime.datetime, now: datetime.datetime) -> int | None:
    """Where the row's message is to go; None for a row that ends without one, or waits."""
    row, habit, is_checked_in = taken
    schedule, owner = habit.schedule, habit.owner
    due_at = schedule.instant_on(row.local_date) if schedule else None
    if row.due_at < now - settings.REMINDER_CATCH_UP:
        ledger.end_unsent(row, State.EXPIRED, Reason.TOO_LATE, now)
    elif not owner.is_active:
        ledger.end_unsent(row, State.CANCELLED, Reason.ACCOUNT_DISABLED, now)
    elif schedule is None or not schedule.is_due_on(row.local_date):
        ledger.end_unsent(row, State.CANCELLED, Reason.NOT_DUE, now)
    elif is_checked_in:
        ledger.end_unsent(row, State.CANCELLED, Reason.CHECKED_IN, now)
    elif row.token > 0 and row.round == 0 and due_at is not None and due_at > slot:
        # The plan changed while the row was on its way, and it came back. One that was put off
        # waits for a moment that its person chose.
        ledger.move(row, due_at)
    elif owner.chat_id is None:
        has_stopped = owner.chat_status == ChatStatus.STOPPED
        reason = Reason.CHAT_STOPPED if has_stopped else Reason.NO_CHAT
        ledger.end_unsent(row, State.FAILED, reason, now)
    else:
        return owner.chat_id
    return None
