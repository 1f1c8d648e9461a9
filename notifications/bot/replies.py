"""What the bot answers a chat: texts, and pictures that are drawn as they are sent."""

from collections.abc import Callable
from dataclasses import dataclass

from notifications import telegram
from notifications.buttons import Keyboard


@dataclass(frozen=True, slots=True)
class Text:
    """A message of Telegram's HTML."""

    html: str
    buttons: Keyboard = ()

    def send(self, chat_id: int) -> None:
        telegram.send_message(chat_id, self.html, self.buttons)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture; `draw` makes the bytes of a PNG."""

    draw: Callable[[], bytes]
    caption: str

    def send(self, chat_id: int) -> None:
        telegram.send_photo(chat_id, self.draw(), self.caption)


Reply = Text | Photo
