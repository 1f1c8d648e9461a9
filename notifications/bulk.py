"""The steps that most rows take, for many rows in one statement.

Each row still moves only from the state that is expected, with the token that its holder knows. The
state comes with each row: as a constant it would lead PostgreSQL, which takes those in it for few,
through all of them. The statements are those of SQLite alike.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection

from notifications.models import Chat, Reminder, State


class Intent(NamedTuple):
    """The row is to be sent to that chat at that moment."""

    row: Reminder
    chat_id: int
    slot: datetime.datetime


class Deferral(NamedTuple):
    """The row's chat awaits it at that moment."""

    row: Reminder
    slot: datetime.datetime


class Arrival(NamedTuple):
    """The row's message arrived; None where Telegram told no number."""

    row: Reminder
    message_id: int | None
    at: datetime.datetime


INTEND = """
    WITH given (reminder_id, token, state, chat_id, lease_until) AS (VALUES {})
    UPDATE notifications_reminder AS reminder
    SET state = %s, token = reminder.token + 1, attempts = reminder.attempts + 1,
        chat_id = given.chat_id, lease_until = given.lease_until
    FROM given
    WHERE reminder.id = given.reminder_id AND reminder.token = given.token
        AND reminder.state = given.state
"""

DEFER = """
    WITH given (reminder_id, token, state, slot) AS (VALUES {})
    UPDATE notifications_reminder AS reminder
    SET not_before = given.slot, chat_slot_at = given.slot
    FROM given
    WHERE reminder.id = given.reminder_id AND reminder.token = given.token
        AND reminder.state = given.state
"""

# A column of nothing but NULL would be one of text.
RECORD_SENT = """
    WITH given (reminder_id, token, state, message_id, ended_at) AS (VALUES {})
    UPDATE notifications_reminder AS reminder
    SET state = %s, token = reminder.token + 1, lease_until = NULL,
        message_id = CAST(given.message_id AS bigint), ended_at = given.ended_at
    FROM given
    WHERE reminder.id = given.reminder_id AND reminder.token = given.token
        AND reminder.state = given.state
    RETURNING id
"""

BY_KEY = "SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off"
"""What waits comes and goes faster than statistics are made: PostgreSQL takes it for little, and
would sort or read all of it for each step."""

ENTER_CHATS = """
    INSERT INTO notifications_chat (chat_id, status, reason) VALUES {}
    ON CONFLICT (chat_id) DO NOTHING
    RETURNING chat_id
"""

KEEP_SLOTS = """
    WITH given (chat_id, last_slot_at, next_slot_at) AS (VALUES {})
    UPDATE notifications_chat AS chat
    SET last_slot_at = given.last_slot_at, next_slot_at = given.next_slot_at
    FROM given
    WHERE chat.chat_id = given.chat_id
"""

MOVE_SLOTS = """
    WITH given (chat_id, last_slot_at) AS (VALUES {})
    UPDATE notifications_chat AS chat
    SET last_slot_at = given.last_slot_at
    FROM given
    WHERE chat.chat_id = given.chat_id
"""


def find_rows_by_key() -> None:
    """Sees to it that no statement of this transaction reads all that waits."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(BY_KEY)


def intend(intents: Sequence[Intent], lease: datetime.timedelta) -> None:
    """Pending -> sending, each with a lease from its own moment."""
    rows = [(*_held(row, State.PENDING), chat_id, slot + lease) for row, chat_id, slot in intents]
    _execute(INTEND, rows, State.SENDING)


def defer(deferrals: Sequence[Deferral]) -> None:
    """Pending as before, each until its moment."""
    _execute(DEFER, [(*_held(row, State.PENDING), slot) for row, slot in deferrals])


def record_sent(arrivals: Sequence[Arrival]) -> set[int]:
    """Sending -> sent; answers the numbers of those that were still their sender's."""
    rows = [(*_held(row, State.SENDING), message_id, at) for row, message_id, at in arrivals]
    return {pk for (pk,) in _execute(RECORD_SENT, rows, State.SENT)}


def enter_chats(ids: Iterable[int]) -> list[Chat]:
    """Enters chats that nothing is known of; answers those that were not entered meanwhile."""
    chats = {each: Chat(chat_id=each) for each in ids}
    rows = [(each.chat_id, each.status, each.reason) for each in chats.values()]
    return [chats[chat_id] for (chat_id,) in _execute(ENTER_CHATS, rows)]


def keep_slots(chats: Iterable[Chat]) -> None:
    """Saves the slots of locked chats, each of which has got or was promised one."""
    slots = [(each.chat_id, each.last_slot_at, each.next_slot_at) for each in chats]
    # Were they in one statement, a column of nothing but NULL would be one of text.
    written = [each for each in slots if None not in each]
    _execute(KEEP_SLOTS, written)
    for chat_id, last, following in set(slots) - set(written):
        Chat.objects.filter(chat_id=chat_id).update(last_slot_at=last, next_slot_at=following)


def move_slots(slots: Mapping[int, datetime.datetime]) -> None:
    """Saves when each chat gets what was to go out there before."""
    _execute(MOVE_SLOTS, sorted(slots.items()))


def _held(row: Reminder, state: State) -> tuple[int, int, State]:
    return row.pk, row.token, state


def _execute(
    statement: str, rows: Sequence[tuple[Any, ...]], *states: State
) -> list[tuple[int, ...]]:
    """Runs it for `rows`, each of which has a value for every column that is given. `states` are
    those that they come to."""
    if not rows:
        return []
    adapted = connection.ops.adapt_datetimefield_value
    values = [
        adapted(value) if isinstance(value, datetime.datetime) else value
        for row in rows
        for value in row
    ]
    one = f"({', '.join(['%s'] * len(rows[0]))})"
    with connection.cursor() as cursor:
        cursor.execute(statement.format(", ".join([one] * len(rows))), [*values, *states])
        return cursor.fetchall() if cursor.description else []
