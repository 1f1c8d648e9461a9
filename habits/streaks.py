"""Streaks: occurrences done one after the other.

Only occurrences count, the dates that are due and not paused. One done lengthens the streak, one
missed ends it, one skipped does neither, and neither does one that is open, from today on. So a
date that is done but was not due, or was paused, is no part of a streak.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from habits.history import History, Mark

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Streaks:
    """So many occurrences done in a row up to some date, and at most so many until then."""

    current: int = 0
    longest: int = 0


def current_streak(history: History) -> int:
    """How many occurrences up to today, or later, were done in a row."""
    return advance(Streaks(), history).current


def longest_streak(history: History) -> int:
    """How many occurrences up to today, or later, were done in a row, at most."""
    return advance(Streaks(), history).longest


def advance(
    streaks: Streaks, history: History, after: date | None = None, until: date | None = None
) -> Streaks:
    """Goes on from the streaks at the end of `after` to those at the end of `until`.

    Needs only the marks later than `after`; None is the beginning, and as `until` the last date.
    Costs as much as there are marks in between: years of pause or absence add nothing.
    """
    last = history.last if until is None else until
    done = sorted(day for day, mark in history.marks.items() if mark is Mark.DONE)
    # Before the first one that is done, only a streak brought along can change.
    if after is not None:
        start = after + DAY
    elif done:
        start = done[0]
    else:
        return streaks
    current, longest = streaks.current, streaks.longest
    while True:
        run, missed = _run(history, start, last)
        current += run
        longest = max(longest, current)
        if missed is None:
            return Streaks(current, longest)
        current = 0
        ahead = bisect_right(done, missed)
        if ahead == len(done):
            return Streaks(current, longest)
        start = done[ahead]


def _run(history: History, first: date, last: date) -> tuple[int, date | None]:
    """How many occurrences from `first` on were done until one was missed, and that one."""
    length = 0
    for day in history.occurrences(first, last):
        mark = history.marks.get(day)
        if mark is Mark.DONE:
            length += 1
        elif mark is None and day < history.today:
            return length, day
    return length, None
