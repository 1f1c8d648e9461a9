"""One log line for everything that a reminder comes to, in `key=value` pairs.

The event comes first: `reminder_` and a state, or what happened on the way. A line is written once
what it says is committed.
"""

import logging

from django.db import transaction

from notifications.models import Reminder

logger = logging.getLogger(__name__)


def tell(event: str, reminder: Reminder, *, level: int = logging.INFO, **fields: object) -> None:
    """Logs `reminder_<event>`, which row it is, and `fields`; empty values are left out."""
    pairs = {
        "reminder": reminder.pk,
        "habit": reminder.habit_id,
        "user": reminder.user_id,
        "date": reminder.local_date,
        **fields,
    }
    line = " ".join(f"{key}={value}" for key, value in pairs.items() if value not in (None, ""))
    transaction.on_commit(lambda: logger.log(level, "reminder_%s %s", event, line))
