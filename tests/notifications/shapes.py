"""Updates as Telegram sends them: the shapes of the Bot API's examples, whole."""

from typing import Any

from tests.notifications.stage import NOW

BOT = {"id": 123456, "is_bot": True, "first_name": "Habits", "username": "habits_bot"}
SENT_AT = int(NOW.timestamp())


def somebody(chat_id: int, language: str | None = "en") -> dict[str, Any]:
    """A person whose private chat has their own number, as all have."""
    person: dict[str, Any] = {
        "id": abs(chat_id),
        "is_bot": False,
        "first_name": "Alice",
        "last_name": "Liddell",
        "username": "alice_liddell",
    }
    return person if language is None else {**person, "language_code": language}


def chat(chat_id: int) -> dict[str, Any]:
    """A private one where the number is positive, else a group."""
    if chat_id > 0:
        return {"id": chat_id, "first_name": "Alice", "type": "private"}
    return {"id": chat_id, "title": "The family", "type": "supergroup"}


def message(
    update_id: int, text: str | None, chat_id: int = 1001, language: str | None = "en", **more: Any
) -> dict[str, Any]:
    """What somebody wrote; `more` stands in the message, too."""
    told: dict[str, Any] = {
        "message_id": update_id + 500,
        "from": somebody(chat_id, language),
        "chat": chat(chat_id),
        "date": SENT_AT,
        **more,
    }
    if text is not None:
        told["text"] = text
    if text is not None and text.startswith("/"):
        length = len(text.split()[0])
        told["entities"] = [{"offset": 0, "length": length, "type": "bot_command"}]
    return {"update_id": update_id, "message": told}


def press(
    update_id: int, data: str, chat_id: int = 1001, message_id: int = 1, language: str = "en"
) -> dict[str, Any]:
    """Somebody pressed a button below a message of the bot."""
    below = {
        "message_id": message_id,
        "from": BOT,
        "chat": chat(chat_id),
        "date": SENT_AT,
        "text": "I will walk at 07:30 in the park.",
        "reply_markup": {"inline_keyboard": [[{"text": "Done", "callback_data": data}]]},
    }
    return {
        "update_id": update_id,
        "callback_query": {
            "id": f"43{update_id:017}",
            "from": somebody(chat_id, language),
            "message": below,
            "chat_instance": "-3141592653589793238",
            "data": data,
        },
    }


def membership(
    update_id: int, status: str, chat_id: int = 1001, before: str = "member", **more: Any
) -> dict[str, Any]:
    """The bot was blocked (`kicked`), let in (`member`) and so on."""
    return {
        "update_id": update_id,
        "my_chat_member": {
            "chat": chat(chat_id),
            "from": somebody(chat_id),
            "date": SENT_AT,
            "old_chat_member": {"user": BOT, "status": before},
            "new_chat_member": {"user": BOT, "status": status, "until_date": 0, **more},
        },
    }


STRANGE: dict[str, dict[str, Any]] = {
    "an edited message": {"edited_message": message(1, "/stop")["message"]},
    "a channel's talk": {"channel_post": {"message_id": 7, "chat": chat(-1007), "text": "stop"}},
    "a channel's edited post": {"edited_channel_post": {"chat": chat(-1007), "text": "/stop"}},
    "a group that has its own number": {"message": {"chat": chat(-5), "migrate_to_chat_id": -5}},
    "a group that moved nowhere": {"message": {"chat": chat(-5), "migrate_to_chat_id": "-1005"}},
    "an inline query": {
        "inline_query": {"id": "1", "from": somebody(1), "query": "/stop", "offset": ""}
    },
    "another's membership": {"chat_member": membership(1, "kicked")["my_chat_member"]},
    "a kind of tomorrow": {"teleportation": {"chat": chat(1001)}},
    "no kind at all": {},
    "a kind that is no object": {"message": "/stop"},
    "a kind that is nothing": {"message": None},
    "a message without a chat": {"message": {"message_id": 1, "text": "/stop"}},
    "a chat without a number": {"message": {"chat": {"type": "private"}, "text": "/stop"}},
    "a chat that is true": {"message": {"chat": {"id": True, "type": "private"}, "text": "/stop"}},
    "a chat beyond all": {"message": {"chat": {"id": 2**52, "type": "private"}, "text": "/stop"}},
    "a chat of another type": {"message": {"chat": {"id": "1001", "type": "private"}}},
    "a bot's message": {
        "message": {**message(1, "/stop")["message"], "from": {**BOT, "id": 99}}  # another bot
    },
    "a group's talk": {"message": message(1, "let us stop", -1005)["message"]},
    "a command for another bot": {"message": message(1, "/stop@other_bot", -1005)["message"]},
    "a press without a number": {"callback_query": {"from": somebody(1), "data": "x"}},
    "a press with an absurd number": {"callback_query": {"id": "1" * 65, "data": "x"}},
    "a press with a broken number": {"callback_query": {"id": "1\n", "data": "x"}},
    "a membership of no known kind": {"my_chat_member": {"chat": chat(1), "new_chat_member": {}}},
    "a membership that is a list": {"my_chat_member": {"chat": chat(1), "new_chat_member": []}},
}
"""What asks for nothing, by what it is; each lacks only its number."""
