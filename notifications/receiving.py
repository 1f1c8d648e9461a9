"""The way in for updates, whoever brings them."""

import datetime
import logging
from collections.abc import Iterable

from notifications.actors import answer
from notifications.bot import inbox
from notifications.bot.updates import NotAnUpdate, read
from notifications.models import Update

logger = logging.getLogger(__name__)


def receive(payload: object, now: datetime.datetime) -> None:
    """Takes in one update of the Bot API; raises `NotAnUpdate`."""
    _keep([read(payload, now)])


def receive_all(payloads: Iterable[object], now: datetime.datetime) -> None:
    """Takes in what Telegram gave to a poller; what cannot be told apart is passed over."""
    updates = []
    for payload in payloads:
        try:
            updates.append(read(payload, now))
        except NotAnUpdate:
            logger.warning("update_unreadable")
    _keep(updates)


def _keep(updates: Iterable[Update | None]) -> None:
    wanted = [update for update in updates if update is not None]
    if wanted:
        inbox.keep(wanted)
        answer.send()
