"""How fast the bot may speak. The pace stands in the database, which all senders share.

Telegram allows a bot about 30 messages a second, a chat one a second, and a group 20 a minute
(Bots FAQ, "My bot is hitting limits"). Slots are dealt out in advance, evenly spaced, so that no
window of a second holds more than its share, wherever it begins and whatever was forgotten.
"""

import bisect
import datetime
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Set

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from notifications import bulk
from notifications.models import Bot, Chat

USED_SHARE = 0.96
"""Of the bot's rate. At 30 a second, 29 slots fit into any second: one message may come late, or
all of them unevenly by up to 41 ms (1 / 0.96 - 1), and no second holds 31."""

LEAD = datetime.timedelta(seconds=0.1)
"""How long before its slot a message is prepared, so that the database's delays do not count."""

TOLERANCE = datetime.timedelta(seconds=0.025)
"""What is not on its way so soon after its slot takes another one; the rest of those 41 ms is for
the way to the Bot API."""

PATIENCE = datetime.timedelta(seconds=0.8)
"""For how long a message that missed its slot waits for others; then it goes back to the ledger.
With the time-outs of a send, 13 seconds, a stop still takes no more than 14."""

SPAN = datetime.timedelta(seconds=0.05)
"""For how long one deal of slots lasts, where the rate is high: what a sender has claimed leaves
within this time and `LEAD`. At 30 a second that is one message."""

LONGEST_PAUSE = datetime.timedelta(days=1)
"""A longer `retry_after` is nobody's meaning; a day on, one message asks again."""

PRIVATE_GAP = datetime.timedelta(seconds=1.05)
GROUP_GAP = datetime.timedelta(seconds=3.1)
"""Between two messages to one chat; groups have negative ids."""

MOST_DEALT = 5000
"""Slots of the bot that all senders together hold in advance, at the very most."""

IN_HAND = datetime.timedelta(seconds=10)
"""How far apart, at the most, the slots lie that senders hold at one time."""

MOST_AHEAD = datetime.timedelta(minutes=30)
"""How far a chat's slots are promised. What lies further, a clock that was wrong has promised."""


Clock = Callable[[], datetime.datetime]


def locked_bot() -> Bot:
    """The bot's row, locked until the transaction ends."""
    bot, _created = Bot.objects.select_for_update().get_or_create(pk=Bot.PK)
    return bot


def bot_gap() -> datetime.timedelta:
    """Between two messages of the bot."""
    return datetime.timedelta(seconds=1 / (settings.TELEGRAM_RATE * USED_SHARE))


def _farthest(now: datetime.datetime) -> datetime.datetime:
    """What lies further ahead, a clock that was wrong has dealt."""
    return now + bot_gap() * MOST_DEALT


@transaction.atomic
def deal_bot_slots(now: datetime.datetime, at_most: int) -> list[datetime.datetime]:
    """The next moments at which the bot may send something; nobody else gets the same ones.

    None while the bot is paused. They lie within `SPAN`, but for the first one.
    """
    bot = locked_bot()
    if pause_end(now) is not None:
        return []
    gap = bot_gap()
    first = max(now, bot.next_slot_at or now)
    if first > _farthest(now):
        first = now
    count = max(1, min(SPAN // gap, at_most))
    bot.next_slot_at = first + gap * count
    bot.save(update_fields=["next_slot_at"])
    return [first + gap * index for index in range(count)]


class Slots:
    """The slots that this process was dealt; its threads take them one by one, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dealt: list[datetime.datetime] = []

    def take(self, now: datetime.datetime) -> datetime.datetime | None:
        """The next slot that has not passed; None while the bot is paused.

        Others are dealt with it, so that a fast bot need not ask the database for each.
        """
        return next(iter(self._take(now, at_most=1, dealt=MOST_DEALT)), None)

    def take_some(self, now: datetime.datetime, *, at_most: int) -> list[datetime.datetime]:
        """The next slots that have not passed, in order and within `SPAN`; none while the bot is
        paused.

        No others are dealt with them: those that pass unused are nobody's.
        """
        return self._take(now, at_most=at_most, dealt=at_most)

    def _take(self, now: datetime.datetime, *, at_most: int, dealt: int) -> list[datetime.datetime]:
        with self._lock:
            first = bisect.bisect_left(self._dealt, now)
            last = bisect.bisect_right(self._dealt, _farthest(now))
            kept = self._dealt[first:last] or deal_bot_slots(now, dealt)
            taken = [slot for slot in kept[:at_most] if slot < kept[0] + SPAN]
            self._dealt = kept[len(taken) :]
            return taken

    def keep(
        self,
        slot: datetime.datetime,
        stopping: threading.Event,
        clock: Clock,
        announce: Callable[[datetime.datetime], None],
    ) -> bool:
        """Waits for a slot that was taken; where it was missed, for another one, once announced.

        Messages of a process that stood still would go out all at once, among those of others.
        False when no slot comes within `PATIENCE`, or the bot is paused. A stop hurries nothing.
        """
        given_up_at = clock() + LEAD + PATIENCE
        kept: datetime.datetime | None = slot
        # Not for longer either where the clock was set back meanwhile.
        while kept is not None and kept <= min(given_up_at, clock() + LEAD + PATIENCE):
            if stopping.wait((kept - clock()).total_seconds()):
                time.sleep(max(0, (kept - clock()).total_seconds()))
            if clock() - kept <= TOLERANCE:
                return True
            kept = self.take(clock())
            if kept is not None:
                announce(kept)
        return False

    def give_back(self, slot: datetime.datetime) -> None:
        """Nothing went out at `slot`: another thread, or the next message, may have it."""
        with self._lock:
            bisect.insort(self._dealt, slot)


def chat_gap(chat_id: int) -> datetime.timedelta:
    """Between two messages to that chat."""
    return GROUP_GAP if chat_id < 0 else PRIVATE_GAP


def locked_chats(ids: Iterable[int]) -> dict[int, Chat]:
    """What is known of these chats, locked until the transaction ends; new ones are entered."""
    wanted = set(ids)
    found = _locked(wanted)
    if new := sorted(wanted - found.keys()):
        found |= {chat.chat_id: chat for chat in bulk.enter_chats(new)}
    # Others have entered these meanwhile.
    return found | _locked(wanted - found.keys())


def _locked(ids: Set[int]) -> dict[int, Chat]:
    if not ids:
        return {}
    # In one order for all who lock several.
    chats = Chat.objects.filter(chat_id__in=ids).select_for_update().order_by("chat_id")
    return {chat.chat_id: chat for chat in chats}


def take_chat_slot(
    chat: Chat, promised: datetime.datetime | None, now: datetime.datetime
) -> datetime.datetime | None:
    """None when the locked `chat` may get a message now; else the moment it is promised for.

    `promised` is what an earlier call answered for the same message.
    """
    awaited = deal_chat_slot(chat, promised, now)
    chat.save(update_fields=["last_slot_at", "next_slot_at"])
    return awaited


def deal_chat_slot(
    chat: Chat, promised: datetime.datetime | None, now: datetime.datetime
) -> datetime.datetime | None:
    """What `take_chat_slot` answers, where the caller saves the chat's slots.

    Each message gets a moment of its own, so that many which wait for one chat do not all come
    back at once.
    """
    gap = chat_gap(chat.chat_id)
    free, last = chat.next_slot_at, chat.last_slot_at
    if free is None or not now < free <= now + MOST_AHEAD:
        free = now
    # The last one may lie ahead: senders come to the chat in another order than their slots.
    is_last_near = last is not None and last - IN_HAND <= now < last + gap
    earliest = last + gap if last is not None and is_last_near else now
    if promised is None or now < earliest >= promised + gap / 2:
        # A new message, or one of several whose promised moments were missed.
        promised = max(free, earliest)
        chat.next_slot_at = promised + gap
    else:
        # The message before it went out a little late.
        promised = max(promised, earliest)
    if promised <= now:
        chat.last_slot_at = now
    return promised if promised > now else None


def note_late(late: Mapping[int, datetime.datetime]) -> None:
    """What was to go to a chat before goes out at its slot here; its next message keeps its
    distance."""
    bulk.move_slots(late)


def paused(now: datetime.datetime) -> QuerySet[Bot]:
    """The bot's row while it makes a pause. One that ends beyond `LONGEST_PAUSE` was made by a
    clock that was wrong, and counts for nothing."""
    return Bot.objects.filter(paused_until__gt=now, paused_until__lte=now + LONGEST_PAUSE)


def pause_end(now: datetime.datetime) -> datetime.datetime | None:
    """When the pause that the bot makes ends; None when it makes none."""
    return paused(now).values_list("paused_until", flat=True).first()


def pause_for(seconds: float, now: datetime.datetime) -> datetime.datetime:
    """Nobody sends anything for so many seconds; answers when they end."""
    until = now + datetime.timedelta(seconds=min(seconds, LONGEST_PAUSE.total_seconds()))
    pause_bot(until)
    return until


@transaction.atomic
def pause_bot(until: datetime.datetime) -> None:
    """Nobody sends anything before `until`."""
    bot = locked_bot()
    before = bot.paused_until
    is_longer = before is not None and until < before <= until + LONGEST_PAUSE
    bot.paused_until = before if is_longer else until
    bot.save(update_fields=["paused_until"])
