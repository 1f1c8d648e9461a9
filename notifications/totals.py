"""How many reminders were planned, sent, failed, ..., since the beginning: totals that never fall.

They stand in the table of tallies and outlive the rows. Whoever reads them adds the ends that no
tick has counted yet, so they are up to date, too.

Exact, whatever is killed and whatever the hosts' clocks say:

* An end is counted by a mark on its row, in the transaction that adds it to a tally. A row that
  moves on or vanishes (a date that is due again, a requeued row, a deleted account) is counted
  before that, in the same transaction. So each end counts once, and a requeued row twice: it
  failed, and then came to its second end.
* Rows planned and ambiguous sends are added in the transaction that writes them.

Not exact: a tick that dies before it comes to its end is missing among the ticks. A row that is
under way or waits when its account is deleted was planned and has no end.

Adding inserts rows, so nobody waits for anybody; a tick folds those of one name into one.
"""

import datetime
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from notifications.models import LastTick, Reminder, Tally

BATCH = 1000
"""Rows counted in one transaction."""

MOST_BATCHES = 200
"""In one tick, which has other things to do; the next one goes on."""


class Total(StrEnum):
    """What is counted beside the ends of rows, whose totals have the names of their states."""

    PLANNED = "planned"
    AMBIGUOUS = "ambiguous"
    TICKS = "ticks"
    TICK_MICROSECONDS = "tick_us"


Key = tuple[str, str]
"""A total's name and, for ends, the reason."""


def add(total: Total, value: int) -> None:
    """Adds to a total; to be called in the transaction that makes it true."""
    if value:
        Tally.objects.create(name=total, value=value)


def count_ended() -> int:
    """Counts the rows that came to their end, and folds the tallies; answers how many rows.

    Several ticks share the work, as each passes over what another one holds.
    """
    counted = 0
    for _ in range(MOST_BATCHES):
        batch = _count_batch()
        counted += batch
        if batch < BATCH:
            break
    _fold()
    return counted


@transaction.atomic
def count_first(rows: QuerySet[Reminder]) -> None:
    """Counts those of `rows` that ended, before they vanish or open again in this transaction.

    Those that are still open are locked, too, so that none ends meanwhile.
    """
    locked = rows.filter(is_counted=False).select_for_update().order_by("pk")
    found = locked.values_list("pk", "state", "reason", "ended_at")
    _count([(pk, state, reason) for pk, state, reason, ended_at in found if ended_at])


def read() -> Counter[Key]:
    """All totals as they stand; each is at least what it was at any earlier call.

    One statement, so that no end is seen twice, or not at all, while a tick counts it.
    """
    counted = Tally.objects.values_list("name", "reason").annotate(n=Sum("value"))
    fresh = _uncounted().values_list("state", "reason").annotate(n=Count("pk"))
    totals: Counter[Key] = Counter()
    for name, reason, value in counted.union(fresh, all=True):
        totals[name, reason] += int(value)
    return totals


@transaction.atomic
def note_tick(ended_at: datetime.datetime, seconds: float) -> None:
    """Adds a tick that came to its end, and took `seconds`."""
    add(Total.TICKS, 1)
    add(Total.TICK_MICROSECONDS, round(seconds * 1_000_000))
    LastTick.objects.update_or_create(
        pk=LastTick.PK, defaults={"ended_at": ended_at, "seconds": seconds}
    )


def _uncounted() -> QuerySet[Reminder]:
    return Reminder.objects.filter(ended_at__isnull=False, is_counted=False)


@transaction.atomic
def _count_batch() -> int:
    locked = _uncounted().select_for_update(skip_locked=True, no_key=True).order_by("pk")
    rows = list(locked.values_list("pk", "state", "reason")[:BATCH])
    _count(rows)
    return len(rows)


def _count(rows: Iterable[tuple[int, str, str]]) -> None:
    """Marks locked rows, given by number, state and reason, and adds them to the totals."""
    ends = {pk: (state, reason) for pk, state, reason in rows}
    Reminder.objects.filter(pk__in=ends).update(is_counted=True)
    _write(Counter(ends.values()))


@transaction.atomic
def _fold() -> None:
    parts = list(Tally.objects.select_for_update(skip_locked=True))
    sums: Counter[Key] = Counter()
    for part in parts:
        sums[part.name, part.reason] += part.value
    if len(sums) < len(parts):
        Tally.objects.filter(pk__in=[part.pk for part in parts]).delete()
        _write(sums)


def _write(sums: Counter[Key]) -> None:
    Tally.objects.bulk_create(
        Tally(name=name, reason=reason, value=value) for (name, reason), value in sums.items()
    )
