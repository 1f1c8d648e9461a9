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

MOST_AHEAD = datetime.timedelta(minutes=1)
"""How far a chat's slot may lie ahead. What lies further, a clock that was wrong has taken."""


def locked_bot() -> Bot:
    """The bot's row, locked until the transaction ends."""
    bot, _created = Bot.objects.select_for_update().get_or_create(pk=Bot.PK)
    return bot


def take_bot_slots(bot: Bot, count: int, now: datetime.datetime) -> list[datetime.datetime]:
    """The next `count` moments at which something may be sent; moves the locked `bot` past them."""
    gap = datetime.timedelta(seconds=1 / (settings.TELEGRAM_RATE * USED_SHARE))
    first = max(now, bot.next_slot_at or now)
    if first - now > gap * MOST_DEALT:
        first = now  # dealt by a clock that was wrong
    bot.next_slot_at = first + gap * count
    bot.save(update_fields=["next_slot_at"])
    return [first + gap * index for index in range(count)]


def take_chat_slot(chat: Chat, now: datetime.datetime) -> datetime.datetime | None:
    """None when the locked `chat` may get a message now; else the moment to ask again."""
    if chat.next_slot_at is not None and now < chat.next_slot_at <= now + MOST_AHEAD:
        return chat.next_slot_at
    chat.next_slot_at = now + (GROUP_GAP if chat.chat_id < 0 else PRIVATE_GAP)
    chat.save(update_fields=["next_slot_at"])
    return None


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
