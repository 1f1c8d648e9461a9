"""Strength: how firmly a habit stands, from 0 to 1.

The score that Loop Habit Tracker publishes, for the same history the same number as long as the
schedule never changed (github.com/iSoron/uhabits: `Score` and `ScoreList`, yes-or-no habits).
With a schedule of so many `times` in so many `days`, and f = times / days:

* s = s' * m + c * (1 - m), day by day, from 0 on, with m = 0.5 ** (sqrt(f) / 13): what a day has
  given halves every 13 / sqrt(f) days;
* c = min(1, R / N), where R is how often it was done in the D days up to that day. N is `times` and
  D is `days`, both doubled if f < 1, which smooths weeks that are done on other days than planned;
* a skipped or paused day leaves s as it was, while the D days move on over it.

It counts every date that is done, due or not; one on a paused date lies in the D days, no more.
Today while open counts as not done. Each day goes by the schedule that stood then.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt

from habits.days import WEEK, Days
from habits.history import DayState, History, Mark, Span

DAY = timedelta(days=1)

HALF_LIFE = 13
"""Days in which the weight of a day halves, when the habit is daily. Loop's."""

LOOK_BACK = timedelta(days=2 * WEEK - 2)
"""Going on after a date needs the marks from so long before it on: the day that follows looks at
two weeks at most, itself included."""


@dataclass(frozen=True, slots=True)
class Formula:
    """What the formula takes from a schedule: N (`target`), D (`window`, in days) and m."""

    target: int
    window: int
    multiplier: float

    @classmethod
    def of(cls, days: Days) -> "Formula":
        times, length = days.rate
        double = 2 if times < length else 1
        multiplier = 0.5 ** (sqrt(times / length) / HALF_LIFE)
        return cls(double * times, double * length, multiplier)

    def completion(self, done: int) -> float:
        """c, for so many done in the window."""
        return min(1.0, done / self.target)

    def next(self, strength: float, completion: float) -> float:
        """s after a day that was completed so far."""
        return strength * self.multiplier + completion * (1 - self.multiplier)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one day did to the strength, from `before` to `after`.

    `done` is R. `completion` is c; None where the day left the strength alone, skipped or paused.
    """

    date: date
    state: DayState
    formula: Formula
    done: int
    completion: float | None
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """How the strength came about: today's schedule as (times, days), its formula, the last days
    in order."""

    rate: tuple[int, int]
    formula: Formula
    days: tuple[Contribution, ...]
    strength: float


def strength(history: History) -> float:
    """The strength at the end of today; 0 when nothing was ever done."""
    return advance(0.0, history)


def advance(
    value: float, history: History, after: date | None = None, until: date | None = None
) -> float:
    """Goes on from the strength at the end of `after` to that at the end of `until`.

    Needs only the marks from `after - LOOK_BACK` on. None as `after` is the beginning, as `until`
    it is today. Costs as much as there are marks in between, changes of schedule and pauses: years
    of pause or absence add nothing.
    """
    last = history.today if until is None else until
    marked = _Marked.of(history)
    if after is not None:
        first = after + DAY
    elif marked.done:
        # Before the first that is done there is nothing to weaken.
        first = date.fromordinal(marked.done[0])
    else:
        return value
    for span in history.spans(first, last):
        if not span.paused:
            value = _over(value, span, marked)
    return value


def explain(history: History, last_days: int) -> Explanation:
    """How today's strength came about, with what each of the `last_days` up to today did to it.

    `last_days` is at least 0.
    """
    first = history.today - (last_days - 1) * DAY
    value = advance(0.0, history, until=first - DAY)
    contributions = tuple(_contributions(value, history, first, history.today))
    days = history.days_on(history.today)
    now = contributions[-1].after if contributions else value
    return Explanation(days.rate, Formula.of(days), contributions, now)


def curve(history: History, first: date, last: date) -> list[tuple[date, float]]:
    """Each date from `first` to `last`, both included, with the strength at its end.

    `last` is not after today. Costs as much as `advance` up to `first`, and then as there are
    dates.
    """
    value = advance(0.0, history, until=first - DAY)
    return [(each.date, each.after) for each in _contributions(value, history, first, last)]


def _contributions(
    value: float, history: History, first: date, last: date
) -> Iterator[Contribution]:
    """What each date from `first` to `last` did to the strength, which was `value` before them."""
    marked = _Marked.of(history)
    for span in history.spans(first, last):
        formula = Formula.of(span.days)
        for day, state in history.states(span.first, span.last):
            count = marked.done_in_window(day.toordinal(), formula)
            idle = span.paused or state is DayState.SKIPPED
            completion = None if idle else formula.completion(count)
            after = value if completion is None else formula.next(value, completion)
            yield Contribution(day, state, formula, count, completion, value, after)
            value = after


@dataclass(frozen=True, slots=True)
class _Marked:
    """The dates of the marks as ordinals, in order."""

    done: list[int]
    skipped: list[int]

    @classmethod
    def of(cls, history: History) -> "_Marked":
        done: list[int] = []
        skipped: list[int] = []
        for day, mark in history.marks.items():
            (done if mark is Mark.DONE else skipped).append(day.toordinal())
        return cls(sorted(done), sorted(skipped))

    def done_in_window(self, day: int, formula: Formula) -> int:
        """R on `day`."""
        return bisect_right(self.done, day) - bisect_right(self.done, day - formula.window)

    def next_done(self, day: int) -> int | None:
        """The first date after `day` that is done."""
        place = bisect_right(self.done, day)
        return self.done[place] if place < len(self.done) else None

    def skipped_from(self, first: int, last: int) -> int:
        """How many of the dates from `first` to `last`, both included, are skipped."""
        return bisect_right(self.skipped, last) - bisect_left(self.skipped, first)


def _over(value: float, span: Span, marked: _Marked) -> float:
    """The strength at the end of `span`, which is not paused, from that before it."""
    formula = Formula.of(span.days)
    day, last = span.first.toordinal(), span.last.toordinal()
    while day <= last:
        if done := marked.done_in_window(day, formula):
            if not marked.skipped_from(day, day):
                value = formula.next(value, formula.completion(done))
            day += 1
        else:
            # Nothing is added until it is done again, so the days up to then are taken at once.
            again = marked.next_done(day)
            end = last if again is None else min(last, again - 1)
            value *= formula.multiplier ** (end - day + 1 - marked.skipped_from(day, end))
            day = end + 1
    return value
