"""What makes the whole bot pause, whatever it was about to send."""

import datetime
import logging

from notifications import pacing
from notifications.bot_api import BotUnauthorized, TooManyRequests

logger = logging.getLogger(__name__)

WRONG_TOKEN_PAUSE = 60
"""Seconds."""


def pause_after(
    error: TooManyRequests | BotUnauthorized, now: datetime.datetime
) -> datetime.datetime:
    """Pauses the bot; answers until when."""
    if isinstance(error, TooManyRequests):
        return pacing.pause_for(error.retry_after, now)
    logger.critical("telegram_token_refused: set the right TELEGRAM_BOT_TOKEN")
    return pacing.pause_for(WRONG_TOKEN_PAUSE, now)
