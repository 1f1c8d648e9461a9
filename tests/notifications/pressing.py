"""How the tests press the buttons of messages that reached a chat."""

from dataclasses import dataclass, replace

from django.utils import timezone

from habits.models import CheckIn
from notifications.bot.presses import Answer, Press, press
from notifications.models import Reminder
from tests.fake_bot_api import FakeBotApi

OPEN, PUT_OFF, ANSWERED = ["Done", "Skip", "Later"], ["Done", "Skip"], ["Undo"]
"""Which buttons a message has, as things stand."""


@dataclass
class Fingers:
    """Press buttons, by what they say, as Telegram would tell of it."""

    api: FakeBotApi

    def on(self, label: str, *, message: int = -1) -> Press:
        """That button of a message as it was sent: the newest, or another by its position."""
        request = self.api.delivered[message]
        ((*_, data),) = [each for row in request.buttons for each in row if each[0] == label]
        message_id = range(1, len(self.api.delivered) + 1)[message]
        return Press(request.chat_id, message_id, data)

    def press(self, label: str, *, message: int = -1) -> Answer:
        return press(self.on(label, message=message), timezone.now())

    def press_shown(self, label: str, shown: Answer, *, message: int = -1) -> Answer:
        """That button of the message as `shown` has edited it."""
        ((button,),) = [[each for each in row if each.text == label] for row in shown.buttons]
        sent = self.on("Done", message=message)
        return press(replace(sent, data=button.data), timezone.now())


def labels(answer: Answer) -> list[str]:
    """What the buttons of the edited message say."""
    return [each.text for row in answer.buttons for each in row]


def said(row: Reminder) -> list[tuple[str, str, str]]:
    """All check-ins of the row's habit: date, status and source."""
    found = CheckIn.objects.filter(habit=row.habit).order_by("date")
    return [(str(each.date), each.status, each.source) for each in found]
