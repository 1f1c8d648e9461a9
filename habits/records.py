"""What is read to tell the numbers of habits: as many queries for a hundred of them as for one.

Every function takes habits whose owners are loaded, and the moment that it is.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import Q, QuerySet

from habits import progress
from habits.days import Pause
from habits.history import DayState, History, Mark, PastDays
from habits.models import CheckIn, Habit, PastPause, PastSchedule, Progress
from habits.progress import Kept

Row = TypeVar("Row", PastPause, PastSchedule)


@dataclass(frozen=True, slots=True)
class Record:
    """A habit's numbers: what is kept of its history, and the tail that carries it on to today."""

    kept: Kept
    tail: History

    @property
    def current_streak(self) -> int:
        """See `habits.streaks`."""
        return progress.current_streak(self.kept, self.tail)

    @property
    def longest_streak(self) -> int:
        """See `habits.streaks`."""
        return progress.longest_streak(self.kept, self.tail)

    @property
    def strength(self) -> float:
        """See `habits.strength`."""
        return progress.strength(self.kept, self.tail)

    @property
    def today_state(self) -> DayState:
        """What today is to the habit."""
        return self.tail.state_on(self.tail.today)


def records_of(habits: Iterable[Habit], now: datetime.datetime) -> dict[int, Record]:
    """Each habit's record, by its number; costs what was said lately, however old the habit is."""
    habits = list(habits)
    rows = list(Progress.objects.filter(pk__in=_numbers(habits)))
    kept = {row.pk: _kept(row) for row in rows}
    # No tail has marks before it, so what has ended by then says nothing about them.
    dates = [row.tail_from for row in rows] + [habit.owner.today(now) for habit in habits]
    since = min(dates, default=datetime.date.min)
    tails = _histories(habits, CheckIn.objects.filter(_in_tails(rows)), now, since)
    return {pk: Record(kept.get(pk, Kept()), tail) for pk, tail in tails.items()}


def histories_of(
    habits: Iterable[Habit],
    now: datetime.datetime,
    since: datetime.date | None = None,
    until: datetime.date | None = None,
) -> dict[int, History]:
    """Each habit's history, by its number, with the marks from `since` to `until`; None: all.

    What it says of earlier dates than `since` is nothing to go by.
    """
    check_ins = CheckIn.objects.all()
    if since is not None:
        check_ins = check_ins.filter(date__gte=since)
    if until is not None:
        check_ins = check_ins.filter(date__lte=until)
    return _histories(list(habits), check_ins, now, since or datetime.date.min)


def _in_tails(rows: Iterable[Progress]) -> Q:
    """The check-ins that the tails hold.

    Spelled out, as most habits share one date: of dates in a joined table the database cannot tell
    how few check-ins are later, and reads whole lives.
    """
    habits: defaultdict[datetime.date, list[int]] = defaultdict(list)
    for row in rows:
        habits[row.tail_from].append(row.pk)
    tails = (Q(habit__in=numbers, date__gte=first) for first, numbers in habits.items())
    return reduce(or_, tails, Q(pk__in=()))


def _kept(row: Progress) -> Kept:
    return Kept(row.streak, row.longest_streak, row.strength, row.settled_on)


def _histories(
    habits: list[Habit],
    check_ins: QuerySet[CheckIn],
    now: datetime.datetime,
    since: datetime.date,
) -> dict[int, History]:
    """With those pauses and schedules that had not ended by `since`."""
    numbers = _numbers(habits)
    marks: defaultdict[int, dict[datetime.date, Mark]] = defaultdict(dict)
    said = check_ins.filter(habit__in=numbers).values_list("habit_id", "date", "status")
    for pk, date, status in said:
        marks[pk][date] = Mark(status)
    past = PastSchedule.objects.filter(habit__in=numbers, until__gt=since)
    schedules = _by_habit(past.order_by("until"))
    pauses = _by_habit(PastPause.objects.filter(habit__in=numbers, ends_on__gte=since))
    return {
        habit.pk: History(
            days=habit.days,
            today=habit.owner.today(now),
            marks=marks[habit.pk],
            past=tuple(PastDays(row.until, row.days) for row in schedules[habit.pk]),
            pauses=(
                *(Pause(row.starts_on, row.ends_on) for row in pauses[habit.pk]),
                *([habit.pause] if habit.pause else []),
            ),
        )
        for habit in habits
    }


def _by_habit(rows: Iterable[Row]) -> Mapping[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.habit_id].append(row)
    return found


def _numbers(habits: Iterable[Habit]) -> list[int]:
    return [habit.pk for habit in habits]
