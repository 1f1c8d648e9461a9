"""What became of a habit's dates: each one judged by the schedule that stood then.

Pure values over dates: the caller says what day today is.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property
from itertools import pairwise
from operator import attrgetter

from habits.days import Days, Pause


class Mark(Enum):
    """What a person has said about a habit on one local date."""

    DONE = "done"
    SKIPPED = "skipped"


class DayState(Enum):
    """What one local date is to a habit."""

    DUE = "due"
    DONE = "done"
    SKIPPED = "skipped"
    MISSED = "missed"
    PAUSED = "paused"
    NOT_DUE = "not_due"


@dataclass(frozen=True, slots=True)
class PastDays:
    """The days that stood before `until`, which is the first date of those that came after."""

    until: date
    days: Days


@dataclass(frozen=True, slots=True)
class Span:
    """The dates from `first` to `last`, both included, under one schedule, all paused or none."""

    first: date
    last: date
    days: Days
    paused: bool


@dataclass(frozen=True)
class History:
    """A habit's days and what was marked on them, as of `today`.

    `days` stands today, `past` holds what stood before it, the oldest first. A mark belongs to its
    date whatever the schedule says about it, also before the first start and after today. Pauses
    may overlap.
    """

    days: Days
    today: date
    marks: Mapping[date, Mark]
    past: tuple[PastDays, ...] = ()
    pauses: tuple[Pause, ...] = ()

    @property
    def last(self) -> date:
        """The last date of a streak: today, or the last one marked where that is later.

        What is due at half past midnight may be done before the person's day has begun. A date from
        today on about which nothing is said is open, not missed.
        """
        return max(self.today, *self.marks) if self.marks else self.today

    def days_on(self, day: date) -> Days:
        """The schedule that stood on `day`: a change does not rewrite what was before it."""
        return self._pieces[self._place(day)].days

    def is_paused_on(self, day: date) -> bool:
        """Whether a pause covers `day`."""
        return self._pieces[self._place(day)].paused

    def state_on(self, day: date) -> DayState:
        """A mark wins; then a pause; then whether `day` is due, and was missed before today."""
        return self._state(day, self.days_on(day), self.is_paused_on(day))

    def states(self, first: date, last: date) -> Iterator[tuple[date, DayState]]:
        """Each date from `first` to `last`, both included, with its state."""
        for span in self.spans(first, last):
            for ordinal in range(span.first.toordinal(), span.last.toordinal() + 1):
                day = date.fromordinal(ordinal)
                yield day, self._state(day, span.days, span.paused)

    def occurrences(self, first: date, last: date) -> Iterator[date]:
        """The dates from `first` to `last`, both included, that are due and not paused, in order.

        Marks change nothing about that. A pause costs the same however long it is.
        """
        for span in self.spans(first, last):
            if not span.paused:
                for day in span.days.dates_from(span.first):
                    if day > span.last:
                        break
                    yield day

    def spans(self, first: date, last: date) -> Iterator[Span]:
        """The dates from `first` to `last`, both included, in order, cut wherever the schedule
        changes and a pause begins or ends. Nothing when `last` is before `first`.
        """
        for place in range(self._place(first), len(self._pieces)):
            piece = self._pieces[place]
            start, end = max(first, piece.first), min(last, piece.last)
            if start > end:
                break
            yield Span(start, end, piece.days, piece.paused)

    @cached_property
    def _pieces(self) -> list[Span]:
        """The whole calendar as `spans` cuts it, found in one pass: so many pauses and changes of
        schedule cost no more than as many times one.
        """
        if not self.past and not self.pauses:
            return [Span(date.min, date.max, self.days, paused=False)]
        # How many pauses begin on a date, less those that ended on the one before.
        begun = Counter({date.min.toordinal(): 0})
        for each in self.past:
            begun[each.until.toordinal()] += 0
        for pause in self.pauses:
            if pause.covers(pause.starts_on):
                begun[pause.starts_on.toordinal()] += 1
                if pause.ends_on is not None:
                    begun[pause.ends_on.toordinal() + 1] -= 1
        # The day after the calendar's last has no date.
        end = date.max.toordinal() + 1
        begun.pop(end, None)
        ahead, resting, pieces = 0, 0, []
        for start, until in pairwise([*sorted(begun), end]):
            first, last = date.fromordinal(start), date.fromordinal(until - 1)
            while ahead < len(self.past) and self.past[ahead].until <= first:
                ahead += 1
            resting += begun[start]
            days = self.past[ahead].days if ahead < len(self.past) else self.days
            pieces.append(Span(first, last, days, resting > 0))
        return pieces

    def _place(self, day: date) -> int:
        """Which of the pieces `day` lies in."""
        return bisect_right(self._pieces, day, key=attrgetter("first")) - 1

    def _state(self, day: date, days: Days, paused: bool) -> DayState:
        mark = self.marks.get(day)
        if mark is not None:
            return DayState(mark.value)
        if paused:
            return DayState.PAUSED
        if not days.is_due_on(day):
            return DayState.NOT_DUE
        return DayState.MISSED if day < self.today else DayState.DUE
