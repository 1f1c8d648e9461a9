"""One call of the Telegram Bot API, and every way in which it can end."""

import json
import ssl
from http import HTTPStatus
from typing import Any, cast

import requests
from django.conf import settings
from urllib3 import Timeout, encode_multipart_formdata
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NewConnectionError,
    ProtocolError,
    SSLError,
)

from accounts.validators import MAX_CHAT_ID
from notifications import connections

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


class Conflict(TelegramError):
    """Updates are fetched by somebody else, or go to a webhook."""


class NotConnected(TelegramError):
    """Not delivered: the request never left, as no connection came about."""


class NotTelegram(TelegramError):
    """Not delivered: something on the way refused the request, a proxy or a firewall."""


class OutcomeUnknown(TelegramError):
    """Ambiguous: the request left, and no clear answer came back."""


def call(
    method: str,
    payload: dict[str, Any],
    files: dict[str, tuple[str, bytes, str]] | None = None,
    answer_seconds: float | None = None,
) -> object:
    """The `result` of a method; raises the `TelegramError` that says what became of the call.

    `files` go with the payload as a form: name, content and media type, by parameter.
    `answer_seconds`: how long to wait for an answer, where `TIMEOUTS` are not enough.
    """
    url = f"{settings.TELEGRAM_API_URL}/bot{settings.TELEGRAM_BOT_TOKEN}/{method}"
    connect, read = TIMEOUTS
    timeout = Timeout(connect=connect, read=answer_seconds or read)
    # No chained exception: the libraries' texts hold the address, and so the bot's token.
    try:
        status, answer = connections.post(url, *_body(payload, files or {}), timeout)
    except NO_ADDRESS:
        raise NotConnected("TELEGRAM_API_URL is not an address") from None
    except HTTPError as error:
        if _was_never_connected(error):
            raise NotConnected(f"no connection: {type(error).__name__}") from None
        is_cut = isinstance(error, ProtocolError)
        raise OutcomeUnknown("the connection broke" if is_cut else type(error).__name__) from None
    return _result(status, answer)


def _body(payload: dict[str, Any], files: dict[str, tuple[str, bytes, str]]) -> tuple[bytes, str]:
    """What is posted, and its media type."""
    if not files:
        return json.dumps(payload).encode(), "application/json"
    return encode_multipart_formdata({**{name: str(of) for name, of in payload.items()}, **files})


def _was_never_connected(error: HTTPError) -> bool:
    """Whether `error` came before a byte of the request had left."""
    if isinstance(error, SSLError):
        return bool(error.args) and isinstance(error.args[0], ssl.SSLCertVerificationError)
    return isinstance(error, NewConnectionError | ConnectTimeoutError)


def _result(status: int, answer: bytes) -> object:
    """What a successful call answered, or the error that the answer stands for."""
    body = _json_object(answer)
    if status == HTTPStatus.OK and body.get("ok") is True:
        return body.get("result")
    raise _error(status, body)


def _json_object(answer: bytes) -> dict[str, Any]:
    try:
        body = json.loads(answer)
    except ValueError:
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
    if status == HTTPStatus.CONFLICT:
        return Conflict(description)
    new_chat_id = as_id(parameters.get("migrate_to_chat_id"))
    if status == HTTPStatus.BAD_REQUEST and new_chat_id is not None:
        return ChatMigrated(new_chat_id)
    if refuses:
        gone = any(phrase in description.lower() for phrase in UNREACHABLE)
        return ChatUnreachable(description) if gone else MessageRejected(description)
    return OutcomeUnknown(description)


def as_id(value: object) -> int | None:
    """One of Telegram's ids, as far as it can be one."""
    is_id = type(value) is int and value != 0 and abs(value) <= MAX_CHAT_ID
    return cast("int", value) if is_id else None


def _number(value: object, *, default: float) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else default
