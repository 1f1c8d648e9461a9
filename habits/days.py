"""Which local dates a habit falls on: its schedule without a time, and its pauses.

Pure values over dates: no time zone, no clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

LAST_DATE = date.max - timedelta(days=7)
"""No occurrence is looked for beyond it; Python's calendar ends a week later."""

WEEK = 7
EVERY_DAY = 1


@dataclass(frozen=True, slots=True)
class Days:
    """Every `every` days from `starts_on` on, or on `weekdays` (0 is Monday) from then on.

    Exactly one of both is given: `every` from 1 to 7, or at least one weekday from 0 to 6; else
    ValueError.
    """

    starts_on: date
    every: int | None
    weekdays: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if (self.every is None) == (not self.weekdays):
            raise ValueError("a schedule is either every few days or a set of weekdays")
        if self.every is not None and not 1 <= self.every <= WEEK:
            raise ValueError(f"not a number of days from 1 to {WEEK}: {self.every}")
        if not self.weekdays <= set(range(WEEK)):
            raise ValueError(f"not weekdays from 0 to 6: {sorted(self.weekdays)}")

    @property
    def rate(self) -> tuple[int, int]:
        """So many times in so many days: (1, `every`) or (weekdays, 7).

        All seven weekdays are every day, (1, 1): the strength of both has to be the same.
        """
        if self.every is not None:
            return 1, self.every
        if len(self.weekdays) == WEEK:
            return 1, 1
        return len(self.weekdays), WEEK

    def is_due_on(self, day: date) -> bool:
        """Whether `day` is one of the schedule's local dates."""
        if day < self.starts_on:
            return False
        if self.every is not None:
            return (day - self.starts_on).days % self.every == 0
        return day.weekday() in self.weekdays

    def dates_from(self, day: date) -> Iterator[date]:
        """The schedule's local dates from `day` on, in order, up to LAST_DATE."""
        # The start is due when the schedule counts days; with weekdays every date is tried.
        start, step = self.starts_on.toordinal(), self.every or 1
        late = max(0, day.toordinal() - start)
        first = start + -(-late // step) * step
        for ordinal in range(first, LAST_DATE.toordinal() + 1, step):
            each = date.fromordinal(ordinal)
            if self.every is not None or each.weekday() in self.weekdays:
                yield each


@dataclass(frozen=True, slots=True)
class Pause:
    """The dates from `starts_on` to `ends_on`, both included; None as the end leaves it open."""

    starts_on: date
    ends_on: date | None

    def covers(self, day: date) -> bool:
        """Whether `day` lies in the pause. One that ends before it starts covers nothing."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)
