"""A change of plan moves what is not sent yet, or cancels it."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from django.db.models import QuerySet

from habits.changes import ScheduleChange
from habits.models import Habit
from habits.recurrence import Schedule, next_due
from notifications import totals
from notifications.ledger import end_unsent, move, reopen
from notifications.models import Reason, Reminder, State


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One scheduled local date of a habit, and the instant it is due at."""

    habit: Habit
    local_date: datetime.date
    due_at: datetime.datetime


def replan(changes: Iterable[ScheduleChange], now: datetime.datetime) -> None:
    """Brings the ledger in line with new schedules; the caller holds the habits' locks.

    What was overdue under an old schedule is entered first: it was promised. Then an unsent row
    whose date is still due moves to its new instant, and one whose date is not is cancelled. An
    owed row stays owed where the new instant has passed already; a row that still lay ahead goes.
    One that was put off is owed, at the moment that its person chose; it moves only where the
    instant of its date does.
    """
    by_habit = {change.habit.pk: change for change in changes}
    _enter([occurrence for change in by_habit.values() for occurrence in _overdue(change, now)])
    rows = Reminder.objects.filter(habit__in=list(by_habit), state=State.PENDING)
    for row in rows.select_for_update().order_by("pk"):
        change = by_habit[cast("int", row.habit_id)]
        due_at = _instant(change.habit.schedule, row.local_date)
        is_put_off = row.round > 0
        # New rules of a zone are no change of plan: nothing stood before.
        stands = change.previous is None or due_at == _instant(change.previous, row.local_date)
        if not (is_put_off and due_at is not None and stands):
            _move(row, due_at, now, is_owed=is_put_off or row.due_at <= now)


def _instant(schedule: Schedule | None, date: datetime.date) -> datetime.datetime | None:
    """The instant of `date`; None where it is not due."""
    if schedule is None or not schedule.is_due_on(date):
        return None
    return schedule.instant_on(date)


def _move(
    row: Reminder, due_at: datetime.datetime | None, now: datetime.datetime, *, is_owed: bool
) -> None:
    if due_at is not None and due_at > now:
        if due_at != row.due_at:
            move(row, due_at)
    elif due_at is None or not is_owed:
        end_unsent(row, State.CANCELLED, Reason.NOT_DUE, now)


def _overdue(change: ScheduleChange, now: datetime.datetime) -> Iterator[Occurrence]:
    schedule, due_at = change.previous, change.previous_due_at
    while schedule is not None and due_at is not None and due_at <= now:
        yield Occurrence(change.habit, due_at.astimezone(schedule.zone).date(), due_at)
        due_at = next_due(due_at, schedule)


def _enter(occurrences: list[Occurrence]) -> None:
    """One row each, in conflict with none: a date that has a row keeps it, and a cancelled row of
    a date that is due again opens again."""
    if not occurrences:
        return
    held = _rows_held(occurrences).count()
    Reminder.objects.bulk_create(
        [
            Reminder(
                habit=each.habit,
                user_id=each.habit.owner_id,
                local_date=each.local_date,
                due_at=each.due_at,
                not_before=each.due_at,
            )
            for each in occurrences
        ],
        ignore_conflicts=True,
    )
    # The habits are locked, so nobody else enters rows of theirs meanwhile.
    totals.add(totals.Total.PLANNED, _rows_held(occurrences).count() - held)
    due_at = {(each.habit.pk, each.local_date): each.due_at for each in occurrences}
    cancelled = _rows_held(occurrences).filter(state=State.CANCELLED)
    for row in cancelled.only("habit_id", "local_date"):
        again_at = due_at.get((cast("int", row.habit_id), row.local_date))
        if again_at is not None:
            again = Reminder.objects.filter(pk=row.pk)
            reopen(again, due_at=again_at, not_before=again_at)


def _rows_held(occurrences: list[Occurrence]) -> QuerySet[Reminder]:
    """The rows of these habits on any of these dates."""
    return Reminder.objects.filter(
        habit__in=[each.habit for each in occurrences],
        local_date__in={each.local_date for each in occurrences},
    )
