"""Habits that are answered together: what one of them tells is read for all of them at once.

So a list of a hundred habits with their numbers costs as many queries as one habit does, and
nothing where no number is asked for.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import cast

from accounts.models import User
from habits.history import History
from habits.models import CheckIn, Habit
from habits.records import Record, histories_of, records_of

RELATED_HABIT = Habit._meta.get_field("related_habit")


Period = tuple[datetime.date | None, datetime.date | None]


class Batch:
    """Habits of one person with their related ones, as they are known at `now`.

    What it has read stays as it is: after a change, habits are put into a new batch.
    """

    def __init__(self, habits: Iterable[Habit], owner: User, now: datetime.datetime) -> None:
        self.owner, self.now = owner, now
        self._habits = list(_with_related(habits))
        self._histories: dict[Period, dict[int, History]] = {}
        self._check_ins: dict[Period, dict[int, list[CheckIn]]] = {}
        for habit in self._habits:
            habit.owner = owner  # no query for each of them
            habit.batch = self  # type: ignore[attr-defined]  # read by `batch_of`

    @cached_property
    def today(self) -> datetime.date:
        """The date that the person means by today."""
        return self.owner.today(self.now)

    def record(self, habit: Habit) -> Record:
        """The numbers of a habit of this batch."""
        return self._records[habit.pk]

    def history(
        self,
        habit: Habit,
        first: datetime.date | None = None,
        last: datetime.date | None = None,
    ) -> History:
        """Its history with the marks from `first` to `last`, both included; None: all of them."""
        period = first, last
        if period not in self._histories:
            self._histories[period] = histories_of(self._habits, self.now, first, last)
        return self._histories[period][habit.pk]

    def check_ins(self, habit: Habit, first: datetime.date, last: datetime.date) -> list[CheckIn]:
        """What was said about its dates from `first` to `last`, both included, in their order."""
        period = first, last
        if period not in self._check_ins:
            self._check_ins[period] = self._read_check_ins(first, last)
        found = self._check_ins[period][habit.pk]
        for check_in in found:
            check_in.habit = habit
        return found

    @cached_property
    def _records(self) -> dict[int, Record]:
        return records_of(self._habits, self.now)

    def _read_check_ins(
        self, first: datetime.date, last: datetime.date
    ) -> dict[int, list[CheckIn]]:
        found: defaultdict[int, list[CheckIn]] = defaultdict(list)
        numbers = {habit.pk for habit in self._habits}
        rows = CheckIn.objects.filter(habit__in=numbers, date__range=(first, last))
        for row in rows.order_by("date"):
            found[row.habit_id].append(row)
        return found


def batch_of(habit: Habit, now: datetime.datetime) -> Batch:
    """The batch that `habit` was put into; where it was read alone, one of its own."""
    if not hasattr(habit, "batch"):
        return Batch([habit], habit.owner, now)
    return cast("Batch", habit.batch)


def _with_related(habits: Iterable[Habit]) -> Iterable[Habit]:
    for habit in habits:
        yield habit
        if RELATED_HABIT.is_cached(habit) and habit.related_habit is not None:
            yield habit.related_habit
