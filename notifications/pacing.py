"""How fast the bot may speak. The pace stands in the database, which all senders share.

Telegram allows a bot about 30 messages a second, a chat one a second, and a group 20 a minute
(Bots FAQ, "My bot is hitting limits"). Slots are dealt out in advance, evenly spaced, so that no
window of a second holds more than its share, wherever it begins and whatever was forgotten.
"""

import datetime

from django.conf import settings
from django.db import transaction

from notifications.models import Bot, Chat

USED_SHARE = 0.97
"""Of the bot's rate: the rest is room for uneven delays on the way."""

PRIVATE_GAP = datetime.timedelta(seconds=1.05)
GROUP_GAP = datetime.timedelta(seconds=3.1)
"""Between two messages to one chat; groups have negative ids."""

MOST_DEALT = 5000
"""Slots of the bot that all senders together hold in advance, at the very most."""

MOST_AHEAD = datetime.timedelta(minutes=30)
"""How far a chat's slots are promised. What lies further, a clock that was wrong has promised."""


def locked_bot() -> Bot:
    """The bot's row, locked until the transaction ends."""
    bot, _created = Bot.objects.select_for_update().get_or_create(pk=Bot.PK)
    return bot


def bot_gap() -> datetime.timedelta:
    """Between two messages of the bot."""
    return datetime.timedelta(seconds=1 / (settings.TELEGRAM_RATE * USED_SHARE))


@transaction.atomic
def take_bot_slot(now: datetime.datetime) -> datetime.datetime:
    """The next moment at which the bot may send something; nobody else gets the same one."""
    bot = locked_bot()
    slot = max(now, bot.next_slot_at or now)
    if slot - now > bot_gap() * MOST_DEALT:
        slot = now  # dealt by a clock that was wrong
    bot.next_slot_at = slot + bot_gap()
    bot.save(update_fields=["next_slot_at"])
    return slot


def take_chat_slot(
    chat: Chat, promised: datetime.datetime | None, now: datetime.datetime
) -> datetime.datetime | None:
    """None when the locked `chat` may get a message now; else the moment it is promised for.

    Each message gets a moment of its own, so that many which wait for one chat do not all come
    back at once. `promised` is what an earlier call answered for the same message.
    """
    gap = GROUP_GAP if chat.chat_id < 0 else PRIVATE_GAP
    free, last = chat.next_slot_at, chat.last_slot_at
    if free is None or not now < free <= now + MOST_AHEAD:
        free = now
    earliest = last + gap if last is not None and last <= now < last + gap else now
    if promised is None or now < earliest >= promised + gap / 2:
        # A new message, or one of several whose promised moments were missed.
        promised = max(free, earliest)
        chat.next_slot_at = promised + gap
    else:
        # The message before it went out a little late.
        promised = max(promised, earliest)
    if promised <= now:
        chat.last_slot_at = now
    chat.save(update_fields=["last_slot_at", "next_slot_at"])
    return promised if promised > now else None


def pause_end(now: datetime.datetime) -> datetime.datetime | None:
    """When the pause that the bot makes ends; None when it makes none."""
    paused = Bot.objects.filter(paused_until__gt=now)
    return paused.values_list("paused_until", flat=True).first()


@transaction.atomic
def pause_bot(until: datetime.datetime) -> None:
    """Nobody sends anything before `until`."""
    bot = locked_bot()
    bot.paused_until = max(until, bot.paused_until or until)
    bot.save(update_fields=["paused_until"])
