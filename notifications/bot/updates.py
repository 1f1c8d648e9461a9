"""What Telegram's updates say, read strictly and kept sparingly.

An update is a JSON object of the Bot API (`Update`); nothing in it is believed to have the shape
that it should have, and of what people write only commands are kept.
"""

import datetime
import hashlib
import re
from typing import Any

from django.conf import settings

from accounts.models import Language
from notifications.bot_api import as_id
from notifications.models import Kind, Update

COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?:\s+(.*))?\s*", re.DOTALL)
"""Its name, the bot that it is for, and what comes with it."""

MAX_UPDATE_ID = 2**63 - 1
CALLBACK_ID = re.compile(r"[!-~]{1,64}")
"""Telegram's have about 19 characters."""

MAX_DATA = 64
"""Bytes of a button's data: Bot API, `callback_data`."""

STATUSES = frozenset({"creator", "administrator", "member", "restricted", "left", "kicked"})


class NotAnUpdate(Exception):
    """It is no object, or has no number by which it could be told from others."""


def digest_of(token: str) -> str:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def read(payload: object, now: datetime.datetime) -> Update | None:
    """The row for an update that came in; None for one that asks for nothing.

    Raises `NotAnUpdate`.
    """
    if not isinstance(payload, dict):
        raise NotAnUpdate
    update_id = payload.get("update_id")
    if type(update_id) is not int or not 0 <= update_id <= MAX_UPDATE_ID:
        raise NotAnUpdate
    for name, reader in (
        ("message", _message),
        ("channel_post", _message),
        ("callback_query", _press),
        ("my_chat_member", _membership),
    ):
        told = payload.get(name)
        if isinstance(told, dict):
            update = reader(told)
            if update is not None:
                update.update_id, update.received_at = update_id, now
                update.language = _language(told)
            return update
    return None


def _message(message: dict[str, Any]) -> Update | None:
    """A command, anything that is said to the bot alone, or that the group has a new number."""
    chat_id, is_private = _chat(message)
    if chat_id is None:
        return None
    new_chat_id = as_id(message.get("migrate_to_chat_id"))
    if new_chat_id not in (None, chat_id):
        return Update(kind=Kind.MIGRATION, chat_id=chat_id, data=str(new_chat_id))
    # Who speaks as a group or a channel seems to be a bot.
    speaks_as_chat = isinstance(message.get("sender_chat"), dict)
    if _object(message, "from").get("is_bot") is True and not speaks_as_chat:
        return None
    update = Update(kind=Kind.MESSAGE, chat_id=chat_id, is_private=is_private)
    text = message.get("text")
    found = COMMAND.fullmatch(text) if isinstance(text, str) else None
    if found is not None and _is_for_us(found[2]):
        update.command = found[1].lower()
        update.digest = digest_of(found[3]) if found[3] else ""
    return update if update.command or is_private else None


def _press(query: dict[str, Any]) -> Update | None:
    callback_id, data = query.get("id"), query.get("data")
    if not isinstance(callback_id, str) or not CALLBACK_ID.fullmatch(callback_id):
        return None
    message = _object(query, "message")
    chat_id, is_private = _chat(message)
    if not isinstance(data, str) or not data.isprintable() or len(data.encode()) > MAX_DATA:
        data = ""
    return Update(
        kind=Kind.PRESS,
        chat_id=chat_id,
        is_private=is_private,
        callback_id=callback_id,
        message_id=as_id(message.get("message_id")),
        data=data,
    )


def _membership(change: dict[str, Any]) -> Update | None:
    chat_id, is_private = _chat(change)
    member = _object(change, "new_chat_member")
    status = member.get("status")
    if chat_id is None or status not in STATUSES:
        return None
    if status == "restricted" and member.get("is_member") is False:
        status = "left"
    return Update(kind=Kind.MEMBERSHIP, chat_id=chat_id, is_private=is_private, status=status)


def _chat(told: dict[str, Any]) -> tuple[int | None, bool]:
    """The chat's number, and whether it is one person's."""
    chat = _object(told, "chat")
    return as_id(chat.get("id")), chat.get("type") == "private"


def _language(told: dict[str, Any]) -> str:
    """The language to answer in: that of the person's client, where it is one of ours."""
    code = _object(told, "from").get("language_code")
    name = code.lower().partition("-")[0] if isinstance(code, str) else ""
    return name if name in Language.values else Language.ENGLISH


def _is_for_us(bot: str | None) -> bool:
    """Whether a command that names this bot, or none, is ours."""
    ours = settings.TELEGRAM_BOT_NAME
    return bot is None or not ours or bot.lower() == ours.lower()


def _object(told: dict[str, Any], name: str) -> dict[str, Any]:
    inner = told.get(name)
    return inner if isinstance(inner, dict) else {}
