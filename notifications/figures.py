"""How the reminders stand: what an operator and Prometheus look at.

`open_rows`, `lag` and `oldest_pending` cost as much as there are rows that wait; `by_state` reads
the whole ledger.
"""

import datetime
from collections import Counter

from django.db.models import Count, Min

from notifications.models import LastTick, Reminder, State
from notifications.totals import Key


def open_rows() -> dict[State, int]:
    """How many rows have not come to their end, by state."""
    # A query each, as each has an index of its own.
    return {
        state: Reminder.objects.filter(state=state).count()
        for state in (State.PENDING, State.SENDING)
    }


def lag(now: datetime.datetime) -> datetime.timedelta:
    """For how long the oldest pending row has been due; zero when none is.

    A row that waits for its chat's turn, or for another try, counts: it is late all the same.
    """
    waiting = Reminder.objects.filter(state=State.PENDING, due_at__lte=now)
    due_at: datetime.datetime | None = waiting.aggregate(oldest=Min("due_at"))["oldest"]
    return now - due_at if due_at else datetime.timedelta(0)


def oldest_pending() -> Reminder | None:
    """The pending row that was, or will be, due first."""
    return Reminder.objects.filter(state=State.PENDING).order_by("due_at", "pk").first()


def by_state() -> Counter[Key]:
    """How many rows the ledger holds, by state and reason."""
    rows = Reminder.objects.values_list("state", "reason").annotate(n=Count("pk"))
    return Counter({(state, reason): count for state, reason, count in rows})


def last_tick() -> LastTick | None:
    """None before the first tick came to its end."""
    return LastTick.objects.filter(pk=LastTick.PK).first()
