"""One call of the Bot API, against a real server, for every way in which it can end."""

import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from urllib3.exceptions import HTTPError, SSLError

from notifications import bot_api, telegram
from notifications.bot_api import (
    BotUnauthorized,
    ChatMigrated,
    ChatUnreachable,
    Conflict,
    MessageRejected,
    NotConnected,
    NotTelegram,
    OutcomeUnknown,
    TelegramError,
    TooManyRequests,
)
from notifications.buttons import Button
from notifications.telegram import Sent, send_message
from tests.fake_bot_api import (
    Answer,
    FakeBotApi,
    bad_request,
    broken_json,
    conflict,
    cut,
    forbidden,
    migrated,
    not_found,
    ok,
    raw,
    server_error,
    slow,
    too_many,
    unauthorized,
)
from tests.notifications.stage import TOKEN, background

CERTIFICATE = Path(__file__).parent / "self_signed.pem"
"""A key and a certificate that nobody trusts, for 127.0.0.1."""


def test_a_message_arrives_as_telegrams_html(api: FakeBotApi) -> None:
    assert send_message(1001, "I will <b>walk</b> & кофе") == Sent(message_id=1)

    (request,) = api.requests
    assert (request.token, request.chat_id, request.parse_mode) == (TOKEN, 1001, "HTML")
    assert api.texts(1001) == ["I will <b>walk</b> & кофе"]


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (too_many(7), TooManyRequests, "retry after 7 seconds"),
        (forbidden(), ChatUnreachable, "Forbidden: bot was blocked by the user"),
        (forbidden("Forbidden: user is deactivated"), ChatUnreachable, "user is deactivated"),
        (forbidden("Forbidden: bot was kicked from the group chat"), ChatUnreachable, "kicked"),
        (forbidden("Forbidden: a text of tomorrow"), ChatUnreachable, "a text of tomorrow"),
        (bad_request("Bad Request: chat not found"), ChatUnreachable, "chat not found"),
        (bad_request("Bad Request: CHAT NOT FOUND"), ChatUnreachable, "CHAT NOT FOUND"),
        (bad_request("Bad Request: group chat was deactivated"), ChatUnreachable, "deactivated"),
        (
            bad_request("Bad Request: have no rights to send a message"),
            ChatUnreachable,
            "have no rights",
        ),
        (
            bad_request("Bad Request: not enough rights to send text messages to the chat"),
            ChatUnreachable,
            "not enough rights",
        ),
        (bad_request("Bad Request: can't parse entities"), MessageRejected, "can't parse"),
        (raw(b"", status=413), NotTelegram, "HTTP status 413"),
        (raw(b"<h1>Forbidden</h1>", status=403), NotTelegram, "HTTP status 403"),
        (raw(b'{"error": "bad"}', status=400), NotTelegram, "HTTP status 400"),
        (conflict(), Conflict, "webhook is active"),
        (migrated(-1005), ChatMigrated, "upgraded to a supergroup"),
        (unauthorized(), BotUnauthorized, "Unauthorized"),
        (not_found(), BotUnauthorized, "Not Found"),
        (server_error(500), OutcomeUnknown, "Internal Server Error"),
        (server_error(502), OutcomeUnknown, "Internal Server Error"),
        (raw(b"<html>Bad Gateway</html>", status=502), OutcomeUnknown, "HTTP status 502"),
        (broken_json(), OutcomeUnknown, "HTTP status 200"),
        (raw(b"[]"), OutcomeUnknown, "HTTP status 200"),
        (raw(b'{"ok": false, "description": "odd"}'), OutcomeUnknown, "odd"),
        (raw(b'{"ok": 1, "result": {}}'), OutcomeUnknown, "HTTP status 200"),
        (cut(), OutcomeUnknown, "the connection broke"),
    ],
)
def test_every_answer_is_an_error_of_its_kind(
    api: FakeBotApi, answer: Answer, error: type[TelegramError], text: str
) -> None:
    api.next(answer)

    with pytest.raises(TelegramError) as caught:
        send_message(1001, "text")

    assert type(caught.value) is error
    assert text in str(caught.value)
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("body", "message_id"),
    [
        (b'{"ok": true, "result": {"message_id": 42}}', 42),
        (b'{"ok": true, "result": {}}', None),
        (b'{"ok": true, "result": true}', None),
        (b'{"ok": true}', None),
        (b'{"ok": true, "result": {"message_id": "42"}}', None),
        (b'{"ok": true, "result": {"message_id": true}}', None),
        (b'{"ok": true, "result": {"message_id": 99999999999999999999}}', None),
    ],
)
def test_a_good_answer_counts_whatever_it_tells_of_the_message(
    api: FakeBotApi, body: bytes, message_id: int | None
) -> None:
    api.next(raw(body))

    assert send_message(1001, "text") == Sent(message_id)


@pytest.mark.parametrize(
    ("parameters", "seconds"),
    [
        ('{"retry_after": 12}', 12),
        ('{"retry_after": 0.5}', 0.5),
        ('{"retry_after": 0}', 1),
        ('{"retry_after": -3}', 1),
        ('{"retry_after": "soon"}', 1),
        ("{}", 1),
        ("null", 1),
        ('{"retry_after": 1e300}', 1e300),
        ('{"retry_after": Infinity}', float("inf")),
        ('{"retry_after": NaN}', 1),
    ],
)
def test_a_429_says_for_how_long_or_means_a_second(
    api: FakeBotApi, parameters: str, seconds: float
) -> None:
    body = f'{{"ok": false, "description": "Too Many", "parameters": {parameters}}}'
    api.next(raw(body.encode(), status=429))

    with pytest.raises(TooManyRequests) as caught:
        send_message(1001, "text")

    assert caught.value.retry_after == seconds


def test_a_migration_says_where_to(api: FakeBotApi) -> None:
    api.next(migrated(-1001234567890))

    with pytest.raises(ChatMigrated) as caught:
        send_message(-5, "text")

    assert caught.value.chat_id == -1001234567890


@pytest.mark.parametrize("chat_id", ["0", "true", '"-1005"', str(2**52), "null"])
def test_a_migration_to_no_chat_is_a_refusal(api: FakeBotApi, chat_id: str) -> None:
    body = f'{{"ok": false, "parameters": {{"migrate_to_chat_id": {chat_id}}}}}'
    api.next(raw(body.encode(), status=400))

    with pytest.raises(MessageRejected):
        send_message(-5, "text")


def test_an_endless_description_is_cut_to_what_the_ledger_holds(api: FakeBotApi) -> None:
    api.next(forbidden("x" * 5000))

    with pytest.raises(ChatUnreachable) as caught:
        send_message(1001, "text")

    assert str(caught.value) == "x" * 255


def test_an_answer_that_takes_too_long_leaves_the_outcome_unknown(
    api: FakeBotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot_api, "TIMEOUTS", (3, 0.1))
    api.next(slow(60))

    with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
        send_message(1001, "text")

    assert api.texts(1001) == ["text"]


def test_a_redirect_is_not_followed(api: FakeBotApi) -> None:
    """It would carry the token and the message to wherever it points."""
    elsewhere = f"Location: {api.url}/bot{TOKEN}/sendMessage\r\n".encode()
    api.next(Answer(307, b"", headers=(elsewhere,)))

    with pytest.raises(OutcomeUnknown, match="HTTP status 307"):
        send_message(1001, "text")

    assert len(api.requests) == 1


def test_nothing_left_where_nobody_listens(api: FakeBotApi) -> None:
    with api.refusing(), pytest.raises(NotConnected, match="no connection"):
        send_message(1001, "text")

    assert api.requests == []


def test_nothing_left_where_no_name_is_known(api: FakeBotApi, settings: Settings) -> None:
    settings.TELEGRAM_API_URL = "http://localhost.invalid:9"

    with pytest.raises(NotConnected):
        send_message(1001, "text")


def test_nothing_left_where_no_connection_comes_about_in_time(
    settings: Settings, api: FakeBotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot_api, "TIMEOUTS", (0.1, 10))
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        settings.TELEGRAM_API_URL = f"http://127.0.0.1:{full.getsockname()[1]}"
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())

        with pytest.raises(NotConnected, match="ConnectTimeout"):
            send_message(1001, "text")

        for each in waiting:
            each.close()


def test_nothing_left_where_the_certificate_is_not_trusted(
    settings: Settings, api: FakeBotApi
) -> None:
    with FakeBotApi(certificate=CERTIFICATE) as impostor:
        settings.TELEGRAM_API_URL = impostor.url

        with pytest.raises(NotConnected):
            send_message(1001, "text")

    assert (impostor.requests, impostor.failures) == ([], [])


@pytest.mark.parametrize(
    "url", ["api.telegram.org", "htp://api.telegram.org", "http://", "http://["]
)
def test_nothing_left_where_the_address_is_none(
    settings: Settings, api: FakeBotApi, url: str
) -> None:
    settings.TELEGRAM_API_URL = url

    with pytest.raises(NotConnected):
        send_message(1001, "text")


def test_a_connection_error_without_a_cause_is_taken_for_ambiguous() -> None:
    assert not bot_api._was_never_connected(HTTPError())
    assert not bot_api._was_never_connected(SSLError())
    assert not bot_api._was_never_connected(SSLError("bad record mac"))


def test_connections_stay_open_and_each_thread_has_its_own(api: FakeBotApi) -> None:
    threads: set[int | None] = set()
    api.on_request = lambda _request: threads.add(threading.get_ident())

    for _ in range(3):
        send_message(1001, "text")
    assert len(threads) == 1  # the server has a thread for each connection

    background(lambda: send_message(1001, "text")).result(10)
    assert len(threads) == 2


def test_the_user_of_an_address_is_told_to_it(api: FakeBotApi, settings: Settings) -> None:
    """As a relay in between may want it."""
    settings.TELEGRAM_API_URL = api.url.replace("http://", "http://relay:pass@")
    send_message(1001, "text")

    assert api.requests[0].authorization == "Basic cmVsYXk6cGFzcw=="


def test_the_environment_names_no_proxy(api: FakeBotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        port = proxy.getsockname()[1]
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")

    assert send_message(1001, "text").message_id == 1


def test_without_a_token_the_message_goes_to_the_log(
    api: FakeBotApi, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TELEGRAM_BOT_TOKEN = ""

    with caplog.at_level(logging.INFO):
        assert send_message(1001, "I will <b>walk</b>\nnow") == Sent(message_id=None)

    assert "telegram_message chat=1001 text='I will <b>walk</b>\\nnow'" in caplog.text
    assert api.requests == []


# --- The token -------------------------------------------------------------------------------

MALFORMED = Answer(headers=(b"this is no header\r\n",))
"""A good answer, but for one line."""


def answered(answer: Answer) -> Callable[[FakeBotApi, Settings], None]:
    def arrange(api: FakeBotApi, settings: Settings) -> None:
        api.next(answer)

    return arrange


def at(url: str) -> Callable[[FakeBotApi, Settings], None]:
    def arrange(api: FakeBotApi, settings: Settings) -> None:
        settings.TELEGRAM_API_URL = url

    return arrange


def refused(api: FakeBotApi, settings: Settings) -> None:
    api.close()


TROUBLES: dict[str, Callable[[FakeBotApi, Settings], None]] = {
    "none": answered(ok()),
    "429": answered(too_many(1)),
    "403": answered(forbidden()),
    "400": answered(bad_request()),
    "migrated": answered(migrated(-1005)),
    "401": answered(unauthorized()),
    "404": answered(not_found()),
    "500": answered(server_error()),
    "broken": answered(broken_json()),
    "cut": answered(cut()),
    "slow": answered(slow(60)),
    "header": answered(MALFORMED),
    "status line": answered(Answer(status=-1)),
    "refused": refused,
    "no name": at("http://localhost.invalid:9"),
    "no address": at("api.telegram.org"),
    "no port": at("http://127.0.0.1:port"),
    "no host": at(f"http://{'x' * 64}.example"),
}


@pytest.fixture
def every_log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """All that the settings let pass, down to what a curious operator would turn on."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_bots_token_is_in_no_log_and_in_no_error(
    trouble: str,
    api: FakeBotApi,
    settings: Settings,
    every_log: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bot_api, "TIMEOUTS", (3, 0.1))
    TROUBLES[trouble](api, settings)

    shown: list[Any] = []
    try:
        send_message(1001, "text")
    except TelegramError as error:
        logging.getLogger("test").exception("as an operator would see it")
        shown = [str(error), repr(error), *traceback.format_exception(error)]

    assert (shown == []) == (trouble in {"none", "header"})
    assert TOKEN not in every_log.text + "".join(shown)
    assert TOKEN.partition(":")[2] not in every_log.text + "".join(shown)


# --- The other methods -----------------------------------------------------------------------

BUTTONS = ((Button("Done", "done:1"), Button("Skip", "skip:1")), (Button("Later", "later:1"),))
SHOWN = [[("Done", "done:1"), ("Skip", "skip:1")], [("Later", "later:1")]]
METHODS: dict[str, Callable[[], object]] = {
    "sendMessage": lambda: send_message(1001, "text", BUTTONS),
    "sendPhoto": lambda: telegram.send_photo(1001, b"png", "caption"),
    "editMessageText": lambda: telegram.edit_message(1001, 7, "text"),
    "answerCallbackQuery": lambda: telegram.answer_press("43", "Done!"),
    "getUpdates": lambda: telegram.get_updates(None),
    "setWebhook": lambda: telegram.set_webhook("https://x.example/", "secret"),
    "deleteWebhook": telegram.delete_webhook,
    "setMyCommands": lambda: telegram.set_commands({"today": "What is due"}),
}


def test_a_message_has_its_buttons_below(api: FakeBotApi) -> None:
    send_message(1001, "text", BUTTONS)

    assert api.requests[0].buttons == SHOWN


def test_a_message_without_buttons_has_no_markup(api: FakeBotApi) -> None:
    send_message(1001, "text")

    assert "reply_markup" not in api.requests[0].payload


def test_a_picture_arrives_as_a_form(api: FakeBotApi) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100

    assert telegram.send_photo(-1005, png, "<b>июль</b> & co") == Sent(message_id=1)

    (request,) = api.requests
    assert request.payload == {
        "chat_id": "-1005",
        "caption": "<b>июль</b> & co",
        "parse_mode": "HTML",
        "photo": png,
    }


def test_a_message_is_edited_with_its_buttons(api: FakeBotApi) -> None:
    send_message(1001, "before", BUTTONS)

    telegram.edit_message(1001, 1, "after <b>that</b>", BUTTONS[:1])
    telegram.edit_message(1001, 1, "in the end")

    _sent, edited, bared = api.requests
    assert (edited.text, edited.parse_mode, edited.buttons) == (
        "after <b>that</b>",
        "HTML",
        SHOWN[:1],
    )
    assert bared.buttons == []


def test_an_edit_that_changes_nothing_is_no_error(api: FakeBotApi) -> None:
    send_message(1001, "text")

    telegram.edit_message(1001, 1, "text")

    assert len(api.requests) == 2


@pytest.mark.parametrize(
    "description",
    [
        "Bad Request: message to edit not found",
        "Bad Request: message can't be edited",
        "Bad Request: MESSAGE_ID_INVALID",
    ],
)
def test_an_edit_of_what_is_gone_is_no_error(api: FakeBotApi, description: str) -> None:
    api.next(bad_request(description))

    telegram.edit_message(1001, 7, "text")


@pytest.mark.parametrize(
    "description",
    [
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
        "Bad Request: QUERY_ID_INVALID",
    ],
)
def test_a_press_that_nobody_waits_for_is_no_error(api: FakeBotApi, description: str) -> None:
    api.next(bad_request(description))

    telegram.answer_press("43", "Done!")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_says_what_went_wrong(api: FakeBotApi, method: str) -> None:
    for answer, error in (
        (bad_request("Bad Request: something else"), MessageRejected),
        (too_many(3), TooManyRequests),
        (server_error(), OutcomeUnknown),
    ):
        api.next(answer)
        with pytest.raises(error):
            METHODS[method]()

    assert [request.method for request in api.requests] == [method] * 3


@pytest.mark.parametrize(
    "method", ["sendMessage", "sendPhoto", "editMessageText", "answerCallbackQuery"]
)
def test_without_a_token_whatever_was_to_be_said_goes_to_the_log(
    api: FakeBotApi, settings: Settings, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    settings.TELEGRAM_BOT_TOKEN = ""

    with caplog.at_level(logging.INFO):
        METHODS[method]()

    assert "telegram_" in caplog.text
    assert api.requests == []


def test_updates_are_fetched_and_confirmed_by_the_next_call(
    api: FakeBotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram, "POLL_SECONDS", 0)
    api.happens({"update_id": 7}, {"update_id": 8})

    assert telegram.get_updates(None) == [{"update_id": 7}, {"update_id": 8}]
    assert telegram.get_updates(8) == [{"update_id": 8}]
    assert telegram.get_updates(9) == []
    assert telegram.get_updates(None) == []
    kinds = ["message", "channel_post", "callback_query", "my_chat_member"]
    assert all(request.payload["allowed_updates"] == kinds for request in api.requests)


@pytest.mark.parametrize("body", [b'{"ok": true}', b'{"ok": true, "result": {"x": 1}}'])
def test_an_odd_answer_holds_no_updates(api: FakeBotApi, body: bytes) -> None:
    api.next(raw(body))

    assert telegram.get_updates(None) == []


def test_a_webhook_is_set_with_its_secret_and_taken_back(api: FakeBotApi) -> None:
    telegram.set_webhook("https://habits.example.org/telegram/webhook", "a-secret")

    assert api.webhook == {
        "url": "https://habits.example.org/telegram/webhook",
        "secret_token": "a-secret",
        "allowed_updates": ["message", "channel_post", "callback_query", "my_chat_member"],
        "drop_pending_updates": False,
    }
    with pytest.raises(Conflict, match="webhook is active"):
        telegram.get_updates(None)

    telegram.delete_webhook()
    assert api.webhook is None


def test_commands_are_set_by_language(api: FakeBotApi) -> None:
    telegram.set_commands({"today": "What is due"})
    telegram.set_commands({"today": "Что сегодня"}, "ru")

    assert api.commands == {
        "": [{"command": "today", "description": "What is due"}],
        "ru": [{"command": "today", "description": "Что сегодня"}],
    }
