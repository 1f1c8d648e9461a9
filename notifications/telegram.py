"""The Telegram Bot API, as far as reminders need it."""

import logging
import ssl
import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import requests
from django.conf import settings
from urllib3.exceptions import LocationParseError, NewConnectionError, SSLError

from accounts.validators import MAX_CHAT_ID
from notifications.buttons import Keyboard

logger = logging.getLogger(__name__)

TIMEOUTS = (3, 10)
"""Seconds to connect, and to wait for an answer."""

NO_ADDRESS = (
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    LocationParseError,
)
"""What is said of a `TELEGRAM_API_URL` that leads nowhere."""

UNREACHABLE = (
    "chat not found",
    "group chat was deactivated",
    "have no rights to send",
    "not enough rights to send",
)
"""What a 400 says when a chat gets nothing more until somebody changes something; every 403
(blocked, deactivated, kicked) means that, too."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The message arrived; `message_id` is Telegram's, None where it went to the log."""

    message_id: int | None


class TelegramError(Exception):
    """A send that did not succeed; the message is Telegram's own description or what we saw."""


class ChatUnreachable(TelegramError):
    """Permanent: nothing reaches this chat until it changes."""


class MessageRejected(TelegramError):
    """Permanent: this message is refused; others to the same chat may pass."""


class ChatMigrated(TelegramError):
    """Not delivered: the group has a new id, `chat_id`."""

    def __init__(self, chat_id: int) -> None:
        super().__init__("group chat was upgraded to a supergroup chat")
        self.chat_id = chat_id


class TooManyRequests(TelegramError):
    """Not delivered: the whole bot waits `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"retry after {retry_after:g} seconds")
        self.retry_after = retry_after


class BotUnauthorized(TelegramError):
    """Not delivered: the bot's token is wrong, so nothing is until an operator mends it."""


class NotConnected(TelegramError):
    """Not delivered: the request never left, as no connection came about."""


class NotTelegram(TelegramError):
    """Not delivered: something on the way refused the request, a proxy or a firewall."""


class OutcomeUnknown(TelegramError):
    """Ambiguous: the request left, and no clear answer came back."""


_local = threading.local()


def send_message(
    chat_id: int, html: str, buttons: Keyboard = (), *, is_secret: bool = False
) -> Sent:
    """Sends `html`, 1 to 4,096 characters of Telegram's HTML, to a chat, with `buttons` below it.

    Without `TELEGRAM_BOT_TOKEN` the message goes to the log, a secret one in development only.
    Raises the `TelegramError` that says what became of it.
    """
    if not settings.TELEGRAM_BOT_TOKEN:
        if is_secret and not settings.DEBUG:
            logger.warning("telegram_secret_unsent chat=%s: set TELEGRAM_BOT_TOKEN", chat_id)
        else:
            logger.info("telegram_message chat=%s text=%r", chat_id, html)
        return Sent(message_id=None)
    payload: dict[str, Any] = {"chat_id": chat_id, "text": html, "parse_mode": "HTML"}
    if buttons:
        rows = [
            [{"text": each.text, "callback_data": each.data} for each in row] for row in buttons
        ]
        payload["reply_markup"] = {"inline_keyboard": rows}
    answer = _post("sendMessage", payload)
    return Sent(message_id=_id(answer.get("message_id")))


def _post(method: str, payload: dict[str, Any]) -> dict[str, Any]:
    url = f"{settings.TELEGRAM_API_URL}/bot{settings.TELEGRAM_BOT_TOKEN}/{method}"
    # No chained exception: requests' texts hold the address, and so the bot's token.
    try:
        response = _session().post(url, json=payload, timeout=TIMEOUTS, allow_redirects=False)
    except requests.exceptions.ConnectTimeout:
        raise NotConnected("no connection within the time-out") from None
    except NO_ADDRESS:
        raise NotConnected("TELEGRAM_API_URL is not an address") from None
    except requests.exceptions.ConnectionError as error:
        if _was_never_connected(error):
            raise NotConnected("no connection") from None
        raise OutcomeUnknown("the connection broke") from None
    except requests.exceptions.RequestException as error:
        raise OutcomeUnknown(type(error).__name__) from None
    return _result(response)


def _session() -> requests.Session:
    """One for each thread, as sessions are not made to be shared; connections stay open."""
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
        session.trust_env = False  # looking for proxies and .netrc costs more than the request
    return session


def _was_never_connected(error: requests.exceptions.ConnectionError) -> bool:
    """Whether `error` came before a byte of the request had left."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    refused_certificate = isinstance(reason, SSLError) and isinstance(
        reason.args[0], ssl.SSLCertVerificationError
    )
    return isinstance(reason, NewConnectionError) or refused_certificate


def _result(response: requests.Response) -> dict[str, Any]:
    """The `result` of a successful call, or the error that the answer stands for."""
    body = _json_object(response)
    if response.status_code == HTTPStatus.OK and body.get("ok") is True:
        result = body.get("result")
        return result if isinstance(result, dict) else {}
    raise _error(response.status_code, body)


def _json_object(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except requests.exceptions.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _error(status: int, body: dict[str, Any]) -> TelegramError:
    description = str(body.get("description", ""))[:255] or f"HTTP status {status}"
    parameters = body.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TooManyRequests(_number(parameters.get("retry_after"), default=1))
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
        return BotUnauthorized(description)
    refuses = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if refuses and body.get("ok") is not False:
        # Not said by a Bot API, so it says nothing of the chat or of the message.
        return NotTelegram(description)
    if status == HTTPStatus.FORBIDDEN:
        return ChatUnreachable(description)
    new_chat_id = _id(parameters.get("migrate_to_chat_id"))
    if status == HTTPStatus.BAD_REQUEST and new_chat_id is not None:
        return ChatMigrated(new_chat_id)
    if refuses:
        gone = any(phrase in description.lower() for phrase in UNREACHABLE)
        return ChatUnreachable(description) if gone else MessageRejected(description)
    return OutcomeUnknown(description)


def _id(value: object) -> int | None:
    """One of Telegram's ids, as far as it can be one."""
    is_id = type(value) is int and value != 0 and abs(value) <= MAX_CHAT_ID
    return cast("int", value) if is_id else None


def _number(value: object, *, default: float) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else default
