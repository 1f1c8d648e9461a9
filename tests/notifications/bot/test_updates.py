"""What is read of an update, and what is left out of it."""

import hashlib
import json
from typing import Any

import pytest
from pytest_django import Settings

from notifications.bot.updates import NotAnUpdate, read
from notifications.models import Kind, Update
from tests.notifications.shapes import STRANGE, membership, message, press
from tests.notifications.stage import NOW


def told(payload: object) -> dict[str, Any]:
    """What stands in the row, without what is empty."""
    update = read(payload, NOW)
    assert update is not None
    values = {f.name: getattr(update, f.name) for f in Update._meta.concrete_fields}
    return {name: value for name, value in values.items() if value not in ("", None, 0, False)}


def test_a_command_is_kept_by_its_name() -> None:
    assert told(message(7, "/stop")) == {
        "update_id": 7,
        "kind": Kind.MESSAGE,
        "chat_id": 1001,
        "is_private": True,
        "language": "en",
        "command": "stop",
        "received_at": NOW,
    }


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/stop", "stop"),
        ("/STOP", "stop"),
        ("/Stop@habits_bot", "stop"),
        ("/stop@HABITS_BOT now", "stop"),
        ("/stop\nplease", "stop"),
        ("/stop ", "stop"),
        ("/unknown_1", "unknown_1"),
        ("stop", ""),
        (" /stop", ""),
        ("//stop", ""),
        ("/", ""),
        ("/stop@", ""),
        ("/стоп", ""),
        ("/stop@other_bot", ""),
        ("/" + "x" * 33, ""),
        ("", ""),
        ("x" * 4096, ""),
        ("/stop " + "ж" * 4090, "stop"),
    ],
)
def test_commands_are_told_from_talk(text: str, command: str, settings: Settings) -> None:
    settings.TELEGRAM_BOT_NAME = "habits_bot"

    assert told(message(1, text)).get("command", "") == command


def test_a_group_hears_commands_only() -> None:
    assert told(message(1, "/stop", -1005))["command"] == "stop"
    assert "is_private" not in told(message(1, "/stop", -1005))
    assert read(message(1, "stop it", -1005), NOW) is None


def test_a_channel_hears_commands() -> None:
    """Nobody speaks in there but its admins, as nobody."""
    post = message(1, "/stop", -1007)["message"]
    del post["from"]

    update = told({"update_id": 1, "channel_post": post})

    assert (update["chat_id"], update["command"], update["language"]) == (-1007, "stop", "en")


@pytest.mark.parametrize("speaker", ["GroupAnonymousBot", "Channel_Bot"])
def test_who_speaks_as_a_group_or_a_channel_is_heard(speaker: str) -> None:
    """Telegram names a bot of its own then."""
    said = message(1, "/stop", -1005, sender_chat={"id": -1005, "type": "supergroup"})
    said["message"]["from"] = {"id": 1087968824, "is_bot": True, "username": speaker}

    assert told(said)["command"] == "stop"


def test_a_group_that_became_a_supergroup_is_kept_with_its_new_number() -> None:
    update = told(message(1, None, -5, migrate_to_chat_id=-1005))

    assert (update["kind"], update["chat_id"], update["data"]) == (Kind.MIGRATION, -5, "-1005")


def test_what_comes_with_a_command_is_kept_as_its_digest() -> None:
    """It may be the token of a link."""
    update = told(message(1, "/start a-token_1"))

    assert update["digest"] == hashlib.sha256(b"a-token_1").hexdigest()
    assert "a-token_1" not in json.dumps(update, default=str)


@pytest.mark.parametrize("text", ["my secret is 42", "/note my secret is 42", None])
def test_no_text_of_anybody_is_kept(text: str | None) -> None:
    update = told(message(1, text, caption="my secret is 42"))

    assert "secret" not in json.dumps(update, default=str)
    assert "Liddell" not in json.dumps(update, default=str)


@pytest.mark.parametrize(
    ("code", "language"),
    [("ru", "ru"), ("RU-ru", "ru"), ("en-GB", "en"), ("pt-br", "en"), ("", "en"), (None, "en")],
)
def test_the_language_is_the_clients_where_it_is_one_of_ours(
    code: str | None, language: str
) -> None:
    assert told(message(1, "/help", language=code))["language"] == language


def test_a_press_is_kept_with_what_it_is_on() -> None:
    assert told(press(8, "done:5:abc", message_id=77, language="ru")) == {
        "update_id": 8,
        "kind": Kind.PRESS,
        "chat_id": 1001,
        "is_private": True,
        "language": "ru",
        "callback_id": "4300000000000000008",
        "message_id": 77,
        "data": "done:5:abc",
        "received_at": NOW,
    }


def test_a_press_of_a_message_that_is_out_of_reach_still_tells_its_chat() -> None:
    pressed = press(8, "x")
    told_of = pressed["callback_query"]["message"]
    pressed["callback_query"]["message"] = {
        "chat": told_of["chat"],
        "message_id": told_of["message_id"],
        "date": 0,
    }

    assert told(pressed)["chat_id"] == 1001


@pytest.mark.parametrize("missing", [{}, {"inline_message_id": "AgAAAB"}, {"message": None}])
def test_a_press_of_a_message_of_no_chat_is_kept_to_be_answered(missing: dict[str, Any]) -> None:
    pressed = press(8, "x")
    del pressed["callback_query"]["message"]
    pressed["callback_query"] |= missing

    update = told(pressed)

    assert "chat_id" not in update
    assert update["callback_id"] == "4300000000000000008"


@pytest.mark.parametrize("data", ["x" * 65, "ж" * 33, "a\0b", "a\nb", "\ud83d", 5, None, ["x"]])
def test_data_that_no_button_can_have_is_none(data: Any) -> None:
    pressed = press(8, "x")
    pressed["callback_query"]["data"] = data

    assert "data" not in told(pressed)


@pytest.mark.parametrize(
    ("status", "more", "kept"),
    [
        ("kicked", {}, "kicked"),
        ("left", {}, "left"),
        ("member", {}, "member"),
        ("administrator", {}, "administrator"),
        ("restricted", {"is_member": True}, "restricted"),
        ("restricted", {"is_member": False}, "left"),
    ],
)
def test_the_bots_coming_and_going_is_kept(status: str, more: dict[str, Any], kept: str) -> None:
    update = told(membership(9, status, -1005, **more))

    assert (update["kind"], update["chat_id"], update["status"]) == (Kind.MEMBERSHIP, -1005, kept)


@pytest.mark.parametrize("what", STRANGE)
def test_what_asks_for_nothing_is_passed_over(what: str, settings: Settings) -> None:
    settings.TELEGRAM_BOT_NAME = "habits_bot"

    assert read({"update_id": 1, **STRANGE[what]}, NOW) is None


@pytest.mark.parametrize(
    "payload",
    [
        *(None, 5, "update", [], {}),
        *({"update_id": each} for each in ("7", 7.0, True, None, -1, 2**63)),
    ],
)
def test_what_has_no_number_is_no_update(payload: object) -> None:
    with pytest.raises(NotAnUpdate):
        read(payload, NOW)
