"""Rows that ended long ago leave the ledger; the totals keep counting them."""

import datetime
import logging
from collections import Counter

from django.conf import settings
from django.db import transaction

from notifications.models import Reminder

logger = logging.getLogger(__name__)

BATCH = 1000
"""Rows deleted in one transaction."""

MOST_BATCHES = 20
"""In one tick, which has other things to do: that is 28.8 million rows a day."""


def prune(now: datetime.datetime) -> int:
    """Deletes rows that came to their end before the retention, however they ended; how many.

    None goes that was due within the catch-up window, or is not in the totals yet.
    """
    before = now - max(settings.REMINDER_RETENTION, settings.REMINDER_CATCH_UP)
    pruned: Counter[str] = Counter()
    for _ in range(MOST_BATCHES):
        batch = _prune_batch(before)
        pruned.update(batch)
        if batch.total() < BATCH:
            break
    if pruned:
        states = " ".join(f"{state}={count}" for state, count in sorted(pruned.items()))
        logger.info(
            "reminders_pruned rows=%s %s before=%s", pruned.total(), states, before.isoformat()
        )
    return pruned.total()


@transaction.atomic
def _prune_batch(before: datetime.datetime) -> Counter[str]:
    """What several ticks hold at once is pruned by one of them."""
    # Due before, too: a host whose clock was wrong may have written an end into the past.
    old = Reminder.objects.filter(ended_at__lt=before, due_at__lt=before, is_counted=True)
    locked = old.select_for_update(skip_locked=True).order_by("ended_at")
    rows = dict(locked.values_list("pk", "state")[:BATCH])
    Reminder.objects.filter(pk__in=rows).delete()
    return Counter(rows.values())
