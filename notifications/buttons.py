"""Buttons below a message, and the data that a press of one brings back.

The data says what is pressed and is signed together with the chat it is sent to: clients can send
data that no message of that chat had, and such data is nobody's.
"""

import datetime
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from django.conf import settings
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

MAX_DATA = 64
"""Bytes of a button's data: Telegram's Bot API, `callback_data`."""

SIGNATURE = 12
"""Bytes of the signature, which are 16 characters: 96 bits leave nothing to guess."""

SALT = "notifications.buttons"


class Action(StrEnum):
    """What a press asks for."""

    DONE = "done"
    SKIP = "skip"
    LATER = "later"
    UNDO = "undo"


UNANSWERED = (Action.DONE, Action.SKIP, Action.LATER)
"""What a reminder asks when it arrives."""

LABELS = {
    Action.DONE: _("Done"),
    Action.SKIP: _("Skip"),
    Action.LATER: _("Later"),
    Action.UNDO: _("Undo"),
}


@dataclass(frozen=True, slots=True)
class Button:
    """`text` is what it shows, `data` what a press of it brings back."""

    text: str
    data: str


Row = tuple[Button, ...]
Keyboard = tuple[Row, ...]
"""Rows of buttons, from the top."""


@dataclass(frozen=True, slots=True)
class OnReminder:
    """An action on the ledger row of that number."""

    reminder: int
    action: Action


@dataclass(frozen=True, slots=True)
class OnDate:
    """An action on the habit of that number, on a local date."""

    habit: int
    date: datetime.date
    action: Action


Target = OnReminder | OnDate


def row(targets: Iterable[Target], chat_id: int, language: str) -> Row:
    """A button for each of `targets`, below a message to that chat."""
    labels = _labels(language)
    return tuple(Button(labels[each.action], data(each, chat_id)) for each in targets)


@lru_cache
def _labels(language: str) -> dict[Action, str]:
    with translation.override(language):
        return {action: str(label) for action, label in LABELS.items()}


def below_reminder(
    reminder: int, actions: Iterable[Action], *, chat_id: int, language: str
) -> Keyboard:
    """The buttons for `actions` on that ledger row, in one row."""
    return (row((OnReminder(reminder, each) for each in actions), chat_id, language),)


def data(target: Target, chat_id: int) -> str:
    """What a button carries in a message to that chat; at most `MAX_DATA` bytes of ASCII."""
    if isinstance(target, OnReminder):
        text = f"{target.action}:{target.reminder}"
    else:
        text = f"{target.action}:{target.habit}:{target.date}"
    return f"{text}:{_signature(text, chat_id)}"


def read(pressed: str, chat_id: int) -> Target | None:
    """What a press in that chat is on; None for data that no message to it had."""
    if len(pressed) > MAX_DATA or not pressed.isascii():
        return None
    text, _, signature = pressed.rpartition(":")
    if not constant_time_compare(signature, _signature(text, chat_id)):
        return None
    action, number, *date = text.split(":")
    if date:
        return OnDate(int(number), datetime.date.fromisoformat(date[0]), Action(action))
    return OnReminder(int(number), Action(action))


def _signature(text: str, chat_id: int) -> str:
    mac = _mac(settings.SECRET_KEY).copy()
    mac.update(f"{chat_id}:{text}".encode())
    return urlsafe_b64encode(mac.digest()[:SIGNATURE]).decode()


@lru_cache(maxsize=1)
def _mac(secret_key: str) -> hmac.HMAC:
    """Keyed and still empty: to derive the key takes longer than to sign."""
    return salted_hmac(SALT, "", secret_key, algorithm="sha256")
