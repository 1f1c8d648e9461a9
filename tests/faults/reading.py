"""What a run left behind: the ledger's rows and the Bot API's messages, judged."""

from collections import Counter
from collections.abc import Iterable

from notifications.models import Reminder
from tests.fake_bot_api import FakeBotApi
from tests.faults.people import action_in
from tests.faults.verdict import Expected, Row, Verdict, judge


def judged(expected: Iterable[Expected], bot: FakeBotApi) -> Verdict:
    """The verdict on the ledger as it stands now."""
    rows = Reminder.objects.values_list("habit_id", "local_date", "state", "reason", "ambiguities")
    delivered = Counter(action_in(message.text) for message in bot.delivered)
    return judge(expected, (Row(*row) for row in rows), delivered)
