"""The methods of the Telegram Bot API that the tracker uses.

Each raises the `bot_api.TelegramError` that says what became of the call. Without
`TELEGRAM_BOT_TOKEN` what was to be said goes to the log.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from notifications.bot_api import MessageRejected, as_id, call
from notifications.buttons import Keyboard

logger = logging.getLogger(__name__)

ALLOWED_UPDATES = ("message", "channel_post", "callback_query", "my_chat_member")

POLL_SECONDS = 25
"""For so long Telegram holds an answer back while there is no update."""

MOST_UPDATES = 100
"""In one answer: the Bot API's maximum."""

UPLOAD_SECONDS = 30
"""A picture takes longer to arrive than a text."""

NO_EDIT = (
    "message is not modified",
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
)
"""What a 400 says where a message shows it already, or is gone or too old."""

NO_PRESS = ("query is too old", "query id is invalid", "query_id_invalid")
"""What a 400 says of a press whose person waits no longer."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The message arrived; `message_id` is Telegram's, None where it went to the log."""

    message_id: int | None


def send_message(
    chat_id: int, html: str, buttons: Keyboard = (), *, is_secret: bool = False
) -> Sent:
    """Sends `html`, 1 to 4,096 characters of Telegram's HTML, to a chat.

    Without a token, a secret message goes to the log in development only.
    """
    if not settings.TELEGRAM_BOT_TOKEN:
        if is_secret and not settings.DEBUG:
            logger.warning("telegram_secret_unsent chat=%s: set TELEGRAM_BOT_TOKEN", chat_id)
        else:
            logger.info("telegram_message chat=%s text=%r%s", chat_id, html, _listed(buttons))
        return Sent(message_id=None)
    return _sent(call("sendMessage", {"chat_id": chat_id, **_text(html), **_markup(buttons)}))


def send_photo(chat_id: int, png: bytes, caption: str) -> Sent:
    """Sends a picture with up to 1,024 characters of Telegram's HTML below it."""
    if not settings.TELEGRAM_BOT_TOKEN:
        logger.info("telegram_photo chat=%s bytes=%s caption=%r", chat_id, len(png), caption)
        return Sent(message_id=None)
    payload = {"chat_id": chat_id, "caption": caption, "parse_mode": "HTML"}
    files = {"photo": ("picture.png", png, "image/png")}
    return _sent(call("sendPhoto", payload, files, UPLOAD_SECONDS))


def edit_message(chat_id: int, message_id: int, html: str, buttons: Keyboard = ()) -> None:
    """Makes an earlier message say `html` with `buttons`; one that is gone is no error."""
    if not settings.TELEGRAM_BOT_TOKEN:
        shown = _listed(buttons)
        logger.info("telegram_edit chat=%s message=%s text=%r%s", chat_id, message_id, html, shown)
        return
    payload = {"chat_id": chat_id, "message_id": message_id, **_text(html)}
    # Without any markup an edit takes the buttons away.
    _call_unless("editMessageText", {**payload, **_markup(buttons)}, NO_EDIT)


def answer_press(callback_id: str, text: str) -> None:
    """Ends the waiting of whoever pressed, with up to 200 characters; too late is no error."""
    if not settings.TELEGRAM_BOT_TOKEN:
        logger.info("telegram_press callback=%s text=%r", callback_id, text)
        return
    _call_unless("answerCallbackQuery", {"callback_query_id": callback_id, "text": text}, NO_PRESS)


def get_updates(offset: int | None) -> list[dict[str, Any]]:
    """What people did; waits for it up to `POLL_SECONDS`. All before `offset` is forgotten."""
    payload: dict[str, Any] = {
        "timeout": POLL_SECONDS,
        "limit": MOST_UPDATES,
        "allowed_updates": ALLOWED_UPDATES,
    }
    if offset is not None:
        payload["offset"] = offset
    result = call("getUpdates", payload, answer_seconds=POLL_SECONDS + 10)
    return [each for each in result if isinstance(each, dict)] if isinstance(result, list) else []


def set_webhook(url: str, secret: str) -> None:
    """From now on updates come to `url` with `secret` in a header; none that waits is dropped."""
    call(
        "setWebhook",
        {
            "url": url,
            "secret_token": secret,
            "allowed_updates": ALLOWED_UPDATES,
            "drop_pending_updates": False,
        },
    )


def delete_webhook() -> None:
    """From now on updates wait to be fetched; none is dropped."""
    call("deleteWebhook", {"drop_pending_updates": False})


def set_commands(commands: Mapping[str, str], language: str = "") -> None:
    """What clients offer to type, with a description each; by default in every language."""
    listed = [{"command": name, "description": text} for name, text in commands.items()]
    call("setMyCommands", {"commands": listed, "language_code": language})


def _call_unless(method: str, payload: dict[str, Any], phrases: Sequence[str]) -> None:
    """Calls; a refusal with one of `phrases` is taken for success."""
    try:
        call(method, payload)
    except MessageRejected as error:
        if not any(phrase in str(error).lower() for phrase in phrases):
            raise


def _sent(result: object) -> Sent:
    return Sent(as_id(result.get("message_id")) if isinstance(result, dict) else None)


def _text(html: str) -> dict[str, Any]:
    return {"text": html, "parse_mode": "HTML"}


def _markup(buttons: Keyboard) -> dict[str, Any]:
    if not buttons:
        return {}
    rows = [[{"text": each.text, "callback_data": each.data} for each in row] for row in buttons]
    return {"reply_markup": {"inline_keyboard": rows}}


def _listed(buttons: Keyboard) -> str:
    texts = [[each.text for each in row] for row in buttons]
    return f" buttons={texts}" if texts else ""
