"""The data of a button: small, and worth nothing in any other chat or in any other form."""

import datetime

import pytest
from pytest_django import Settings

from accounts.validators import MAX_CHAT_ID
from notifications.buttons import (
    MAX_DATA,
    Action,
    OnDate,
    OnReminder,
    Target,
    below_reminder,
    data,
    read,
)

CHAT = -1001
LARGEST = 2**63 - 1
DATE = datetime.date(2026, 7, 1)

TARGETS = [
    target
    for action in Action
    for number in (1, LARGEST)
    for target in (OnReminder(number, action), OnDate(number, DATE, action))
]


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("chat_id", [1, -MAX_CHAT_ID])
def test_what_a_button_carries_is_read_in_its_chat_alone(target: Target, chat_id: int) -> None:
    carried = data(target, chat_id)

    assert len(carried.encode()) <= MAX_DATA
    assert read(carried, chat_id) == target
    assert read(carried, -chat_id) is None
    assert read(carried, chat_id + 1) is None


@pytest.mark.parametrize("target", [OnReminder(12, Action.DONE), OnDate(12, DATE, Action.DONE)])
def test_data_with_any_character_changed_is_nobodys(target: Target) -> None:
    carried = data(target, CHAT)
    changed = {
        carried[:position] + other + carried[position + 1 :]
        for position in range(len(carried))
        for other in "0aZ:-_"
    } - {carried}

    assert len(changed) > 4 * len(carried)
    assert {read(each, CHAT) for each in changed} == {None}
    assert {read(carried[:length], CHAT) for length in range(len(carried))} == {None}
    assert read(carried + "=", CHAT) is None


@pytest.mark.parametrize(
    "garbage",
    ["", ":", "::", "done:1:", "done:1", "later", "\x00", "готово:1:ю", "\ud800", "a" * 10**6],
    ids=range(10),
)
def test_garbage_is_nobodys(garbage: str) -> None:
    assert read(garbage, CHAT) is None


def test_a_signature_takes_no_guessing_and_hangs_on_the_secret(settings: Settings) -> None:
    carried = data(OnReminder(1, Action.DONE), CHAT)
    signature = carried.rpartition(":")[2]
    # Six bits a character.
    assert len(signature) * 6 >= 80

    settings.SECRET_KEY = "another-key-that-is-long-enough-for-it"

    assert read(carried, CHAT) is None


def test_labels_come_in_the_persons_language() -> None:
    texts = {
        language: [
            button.text for button in below_reminder(1, Action, chat_id=CHAT, language=language)[0]
        ]
        for language in ("en", "ru")
    }

    assert texts == {
        "en": ["Done", "Skip", "Later", "Undo"],
        "ru": ["Сделано", "Пропустить", "Позже", "Отменить"],
    }
