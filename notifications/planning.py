"""Due occurrences become rows of the ledger."""

import datetime
import functools
import time
from collections import defaultdict
from collections.abc import Callable

from django.db import connection, transaction
from django.db.models import BooleanField, OuterRef, Subquery
from django.db.models.expressions import RawSQL

from accounts.models import zone_named
from habits.models import Habit, days_of, pause_of
from habits.recurrence import Schedule, next_due
from notifications import totals
from notifications.ledger import reopen
from notifications.models import Reminder, State

BATCH = 5000
"""Habits planned in one transaction: a tenth of a second for those who wait for one of them."""

PASSES = 5
PAUSE = 0.05
"""Seconds between two looks at habits that somebody held: such locks last for milliseconds."""

Step = tuple[datetime.date | None, datetime.datetime | None]

SCHEDULE_COLUMNS = ("starts_on", "periodicity", "weekdays", "paused_from", "paused_until")

ENTER = """
    INSERT INTO notifications_reminder
        (habit_id, user_id, local_date, due_at, not_before, created_at)
    SELECT id, owner_id, %s, next_due_at, next_due_at, %s FROM habits_habit WHERE id {}
    ON CONFLICT (habit_id, local_date) DO NOTHING
"""
"""One row for each habit that is waiting for this date; a tenth of what the ORM costs a row."""


def plan_due(now: datetime.datetime) -> int:
    """Enters all occurrences due by `now` into the ledger; answers how many habits it moved on.

    Several planners share the work: each skips what another one has locked. So it skips a habit
    that is just being edited or sent, too, and comes back to it before it ends.
    """
    planned = 0
    # Most habits of a minute differ in nothing that matters here.
    step = functools.cache(_step)
    for _ in range(PASSES):
        while batch := _plan_batch(now, step):
            planned += batch
        if not Habit.objects.filter(next_due_at__lte=now).exists():
            break
        time.sleep(PAUSE)
    return planned


@transaction.atomic
def _plan_batch(now: datetime.datetime, step: Callable[..., Step]) -> int:
    locked = list(
        Habit.objects.filter(next_due_at__lte=now)
        .select_for_update(skip_locked=True, no_key=True)
        .order_by("next_due_at")
        .values_list("pk", flat=True)[:BATCH]
    )
    if not locked:
        return 0
    # Read once the locks are held: the locking statement itself may see an owner's zone of before
    # beside a habit that has just moved to the new one.
    habits = Habit.objects.filter(_one_of(locked)).values_list(
        "pk", "next_due_at", "owner__time_zone", "time", *SCHEDULE_COLUMNS
    )
    waiting_for: defaultdict[datetime.date | None, list[int]] = defaultdict(list)
    going_to: defaultdict[datetime.datetime | None, list[int]] = defaultdict(list)
    for pk, *columns in habits:
        local_date, following = step(*columns)
        waiting_for[local_date].append(pk)
        going_to[following].append(pk)
    for local_date, pks in waiting_for.items():
        if local_date is not None:
            _enter(local_date, pks, now)
    # Habits of one minute have few next instants, so this is a handful of statements.
    for following, pks in going_to.items():
        Habit.objects.filter(_one_of(pks)).update(next_due_at=following)
    return len(locked)


def _one_of(habits: list[int]) -> RawSQL:
    """`pk__in` with all numbers as one parameter, which nobody has to take apart one by one."""
    is_one_of, numbers = _among(habits)
    return RawSQL(f"habits_habit.id {is_one_of}", [numbers], output_field=BooleanField())  # noqa: S611  # no data


def _among(numbers: list[int]) -> tuple[str, str]:
    """A condition on a column, and its one parameter, in the words of the database."""
    listed = ",".join(map(str, numbers))
    if connection.vendor == "postgresql":
        return "= ANY (%s::bigint[])", f"{{{listed}}}"
    return "IN (SELECT value FROM json_each(%s))", f"[{listed}]"


def _step(
    due_at: datetime.datetime | None,
    time_zone: str,
    wall_clock: datetime.time | None,
    starts_on: datetime.date,
    periodicity: int | None,
    weekdays: int | None,
    paused_from: datetime.date | None,
    paused_until: datetime.date | None,
) -> Step:
    """The local date of the occurrence at `due_at`, and the instant of the next one."""
    if due_at is None or wall_clock is None:
        return None, None
    days = days_of(starts_on, periodicity, weekdays)
    pause = pause_of(paused_from, paused_until)
    schedule = Schedule(zone_named(time_zone), wall_clock, days, pause)
    return due_at.astimezone(schedule.zone).date(), next_due(due_at, schedule)


def _enter(local_date: datetime.date, habits: list[int], now: datetime.datetime) -> None:
    """One row each, in conflict with none: a date that has a row keeps it, and a cancelled row of
    a date that is due again opens again."""
    is_one_of, numbers = _among(habits)
    with connection.cursor() as cursor:
        cursor.execute(ENTER.format(is_one_of), [local_date, now, numbers])
        entered = cursor.rowcount
    totals.add(totals.Total.PLANNED, entered)
    if entered < len(habits):
        waits = Habit.objects.filter(pk=OuterRef("habit")).values("next_due_at")
        cancelled = Reminder.objects.filter(
            state=State.CANCELLED, habit__in=habits, local_date=local_date
        )
        reopen(cancelled, due_at=Subquery(waits), not_before=Subquery(waits))
