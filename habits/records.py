"""What is read to tell the numbers of habits: as many queries for a hundred of them as for one.

Every function takes habits whose owners are loaded, and the moment that it is.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from habits import progress
from habits.history import DayState, History
from habits.models import Habit
from habits.progress import Kept
from habits.reading import NO_PAST, Marks, Period, kept_of, marks_of, pasts_of

NO_MARKS: Marks = {}


@dataclass(frozen=True)
class Record:
    """A habit's numbers: what is kept of its history, and the tail that carries it on to today."""

    kept: Kept
    tail: History

    @cached_property
    def current_streak(self) -> int:
        """See `habits.streaks`."""
        return progress.current_streak(self.kept, self.tail)

    @cached_property
    def longest_streak(self) -> int:
        """See `habits.streaks`."""
        return progress.longest_streak(self.kept, self.tail)

    @cached_property
    def strength(self) -> float:
        """See `habits.strength`."""
        return progress.strength(self.kept, self.tail)

    @property
    def today_state(self) -> DayState:
        """What today is to the habit."""
        return self.tail.state_on(self.tail.today)


def records_of(habits: Iterable[Habit], now: datetime.datetime) -> dict[int, Record]:
    """Each habit's record, by its number; costs what was said lately, however old the habit is."""
    by_number = {habit.pk: habit for habit in habits}
    kept = kept_of(list(by_number))
    tails: defaultdict[Period, list[int]] = defaultdict(list)
    for pk, (_kept, tail_from) in kept.items():
        tails[tail_from, datetime.date.max].append(pk)
    todays = _todays(by_number.values(), now)
    # No tail has marks before it, so what has ended by then says nothing about them.
    since = min([first for first, _last in tails] + [*todays.values()], default=datetime.date.min)
    histories = _histories(by_number, todays, marks_of(tails), since)
    return {
        pk: Record(kept[pk][0] if pk in kept else Kept(), tail) for pk, tail in histories.items()
    }


def histories_of(
    habits: Iterable[Habit],
    now: datetime.datetime,
    since: datetime.date | None = None,
    until: datetime.date | None = None,
) -> dict[int, History]:
    """Each habit's history, by its number, with the marks from `since` to `until`; None: all.

    What it says of earlier dates than `since` is nothing to go by.
    """
    by_number = {habit.pk: habit for habit in habits}
    since = since or datetime.date.min
    marks = marks_of({(since, until or datetime.date.max): list(by_number)})
    return _histories(by_number, _todays(by_number.values(), now), marks, since)


def _todays(habits: Iterable[Habit], now: datetime.datetime) -> dict[int, datetime.date]:
    """The dates that the habits' owners mean by today, by the owners' numbers."""
    owners = {habit.owner_id: habit.owner for habit in habits}
    return {pk: owner.today(now) for pk, owner in owners.items()}


def _histories(
    by_number: Mapping[int, Habit],
    todays: Mapping[int, datetime.date],
    marks: Mapping[int, Marks],
    since: datetime.date,
) -> dict[int, History]:
    """With those pauses and schedules that had not ended by `since`."""
    pasts = pasts_of(list(by_number), since)
    histories = {}
    for pk, habit in by_number.items():
        past, pause = pasts.get(pk, NO_PAST), habit.pause
        pauses = (*past.pauses, pause) if pause else past.pauses
        today, said = todays[habit.owner_id], marks.get(pk, NO_MARKS)
        histories[pk] = History(habit.days, today, said, past.days, pauses)
    return histories
