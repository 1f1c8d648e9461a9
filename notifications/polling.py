"""Fetching updates where Telegram cannot reach us: one poller for a bot, with no webhook set.

Telegram forgets an update once the next call says that it was taken in, which is said after the
commit only: what a crash in between brings again is here already.
"""

import datetime
import logging
import threading
from collections.abc import Callable

from django.db import connection
from django.utils import timezone

from notifications import telegram
from notifications.bot.commands import list_commands
from notifications.bot_api import BotUnauthorized, Conflict, TelegramError, TooManyRequests
from notifications.intent import DATABASE_GONE, backoff
from notifications.receiving import receive_all

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime.datetime]


def poll(stopping: threading.Event, clock: Clock = timezone.now) -> None:
    """Takes in what people do until `stopping` is set; survives Telegram and the database."""
    _list_commands()
    failures, offset = 0, None
    while not stopping.is_set():
        try:
            offset = _poll_once(offset, stopping, clock)
            failures = 0
        except Exception as error:  # noqa: BLE001  # logged there; the next update is not lost
            wait = _wait_after(error, failures)
            failures += 1
            stopping.wait(wait.total_seconds())
    connection.close()


def _list_commands() -> None:
    """Without them people type all the same: nothing waits for a better moment."""
    try:
        list_commands()
    except TelegramError as error:
        logger.warning("commands_not_listed cause=%r", str(error))


def _poll_once(offset: int | None, stopping: threading.Event, clock: Clock) -> int | None:
    """Fetches, takes in, and answers the offset that confirms it."""
    updates = telegram.get_updates(offset)
    if stopping.is_set():
        return offset
    receive_all(updates, clock())
    numbers = [each["update_id"] for each in updates if type(each.get("update_id")) is int]
    # None once all is confirmed: after a week of silence the numbers may begin anew, lower.
    return max(numbers) + 1 if numbers else None


def _wait_after(error: Exception, failures: int) -> datetime.timedelta:
    """How long to wait, longer and longer; the log says why."""
    wait = backoff(failures)
    match error:
        case Conflict():
            logger.error(
                "polling_conflict cause=%r: a webhook is set, or somebody else polls for this bot."
                " `manage.py telegram unhook` removes a webhook; of pollers, let one run.",
                str(error),
            )
        case BotUnauthorized():
            logger.critical("telegram_token_refused: set the right TELEGRAM_BOT_TOKEN")
        case TooManyRequests():
            seconds = min(error.retry_after, 60)
            wait = max(wait, datetime.timedelta(seconds=seconds))
            logger.warning("polling_slowed cause=%r", str(error))
        case TelegramError():
            logger.warning("polling_failed cause=%r", str(error))
        case _ if isinstance(error, DATABASE_GONE):
            logger.warning("polling_lost_the_database", exc_info=error)
            connection.close()
        case _:
            logger.error("polling_broke", exc_info=error)
    return wait
